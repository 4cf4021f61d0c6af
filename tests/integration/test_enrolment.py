"""How an agent gets its broker user: from an operator, or by a bootstrap token, once; and how it loses it."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import amqp
import pytest
import requests
from amqp.exceptions import AMQPError
from hypothesis import given
from hypothesis import strategies as st

from cli.places import ROOT, free_ports
from cli.servers import PrivateRabbitMQ, await_true
from libs import bootstrap
from libs.bus import Wire
from libs.bus.names import agent_user
from libs.model import DHCP_AGENT, L3_AGENT, OVS_AGENT
from tests.fakes.launched import Launched
from tests.whole import run_cli

pytestmark = pytest.mark.broker
KEY = "key-of-this-test"


def dial(url: str) -> amqp.Connection:
    address = Wire(url, lambda channel: None)._address
    connection = amqp.Connection(**address, login_method="PLAIN")
    connection.connect()
    return connection


def host() -> str:
    return f"c-{uuid.uuid4().hex[:8]}"


class Operator:
    """Somebody at the command line."""

    def __init__(self, broker: PrivateRabbitMQ, run: Path) -> None:
        self.run = run
        self._settings = {
            "NETLEDGER_RUN_DIR": str(run),
            "NETLEDGER_AMQP_URL": broker.url,
            "NETLEDGER_AMQP_ADMIN_URL": broker.admin_url,
            "NETLEDGER_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "NETLEDGER_DATABASE_ADMIN_URL": "postgresql://nobody@127.0.0.1/none",
        }

    def enrol(self, *arguments: str) -> str:
        done = run_cli(self._settings, "enrol", *arguments, seconds=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def operator(broker: PrivateRabbitMQ, tmp_path: Path) -> Operator:
    return Operator(broker, tmp_path / "run")


def test_an_operator_enrols_renews_and_revokes(operator: Operator, tmp_path: Path) -> None:
    name, folder = host(), tmp_path / "for-the-host"
    shown = operator.enrol(name, "--out", str(folder))
    files = {path.name: path for path in folder.iterdir()}
    assert set(files) == {f"{agent_user(kind, name)}.url" for kind in (OVS_AGENT, DHCP_AGENT, L3_AGENT)}
    for path in files.values():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert path.read_text().strip().partition("@")[0] not in shown
    path = files[f"{agent_user(OVS_AGENT, name)}.url"]
    old, connection = path.read_text().strip(), dial(path.read_text().strip())
    operator.enrol(name, "--out", str(folder), "--agent", "ovs")
    with pytest.raises(AMQPError):
        dial(old)
    connection.collect()
    connection = dial(path.read_text().strip())
    operator.enrol(name, "--revoke")
    with pytest.raises((AMQPError, OSError)):
        connection.drain_events(timeout=10)
    with pytest.raises(AMQPError):
        dial(path.read_text().strip())


@pytest.mark.parametrize(
    "arguments", [("a b",), ("",), ("h", "--agent", "admin"), ("*", "--token"), ("a|9*", "--token")]
)
def test_what_is_no_host_is_refused_in_a_line(operator: Operator, arguments: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError) as refused:
        operator.enrol(*arguments)
    assert "Traceback" not in str(refused.value)


@pytest.fixture(scope="module")
def desk(broker: PrivateRabbitMQ) -> Iterator[str]:
    (port,) = free_ports(1)
    settings = {"amqp_url": broker.url, "amqp_admin_url": broker.admin_url, "enrol_key": KEY, "api_port": str(port)}
    service = Launched("services.enrolment.service", settings=settings)
    url = f"http://127.0.0.1:{port}"
    await_true("the desk", lambda: answers(url), 20)
    yield url
    assert KEY not in service.log() and "amqp://agent" not in service.log()
    service.stop()


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).status_code == 404
    except requests.RequestException:
        return False


def ask(desk: str, token: str, name: str, agent: str = "ovs") -> requests.Response:
    return requests.post(f"{desk}/v1/enrol", json={"token": token, "host": name, "agent": agent}, timeout=10)


def later() -> int:
    return int(time.time()) + 60


def test_one_token_gives_each_host_and_agent_a_user_of_its_own_once(desk: str) -> None:
    token, one, two = bootstrap.sign(KEY, "c-*", later()), host(), host()
    replies = [ask(desk, token, name, agent) for name in (one, two) for agent in ("ovs", "dhcp", "l3")]
    urls = [reply.json()["amqp_url"] for reply in replies]
    users = [dial(url).connect and url.partition("://")[2].partition(":")[0] for url in urls]
    assert users == [agent_user(kind, name) for name in (one, two) for kind in (OVS_AGENT, DHCP_AGENT, L3_AGENT)]
    assert len({url.partition("@")[0].rpartition(":")[2] for url in urls}) == 6, "each has a password of its own"
    again = ask(desk, token, one)
    assert again.status_code == 409
    dial(urls[0]).close()


def test_who_was_revoked_does_not_come_back_by_its_token(desk: str, operator: Operator) -> None:
    token, name = bootstrap.sign(KEY, "c-*", later()), host()
    assert ask(desk, token, name).status_code == 201
    operator.enrol(name, "--revoke", "--agent", "ovs")
    assert ask(desk, token, name).status_code == 409
    operator.enrol(name, "--agent", "ovs")
    assert ask(desk, token, name).status_code == 409


@pytest.mark.parametrize(
    "token",
    [
        "",
        "c-*",
        "c-*|9999999999|",
        "c-*|9999999999|" + "0" * 64,
        bootstrap.sign("another key", "c-*", later()),
        bootstrap.sign("", "c-*", later()),
        bootstrap.sign(KEY, "c-*", int(time.time()) - 1),
        bootstrap.sign(KEY, "d-*", later()),
        bootstrap.sign(KEY, "c-", later()),
        bootstrap.sign(KEY, "c-*", later()).replace("c-*", "*"),
        "x" * 1000,
        "é|1|2",
    ],
)
def test_no_other_token_is_good(desk: str, token: str) -> None:
    assert ask(desk, token, host()).status_code == 403


@pytest.mark.parametrize(
    "body", [None, [], {}, {"token": 1, "host": [], "agent": {}}, {"token": "", "host": "a/b", "agent": "ovs"}]
)
def test_nonsense_is_a_400(desk: str, body: object) -> None:
    assert requests.post(f"{desk}/v1/enrol", json=body, timeout=10).status_code == 400


@given(st.text(), st.text(max_size=20))
def test_a_token_that_was_not_made_is_never_good(token: str, name: str) -> None:
    assert not bootstrap.allows(KEY, token, name, 0.0)


def test_a_host_asks_before_its_agent_starts(desk: str, tmp_path: Path) -> None:
    name, file = host(), tmp_path / "state" / "amqp_url"
    secret = tmp_path / "token"
    secret.write_text(bootstrap.sign(KEY, "c-*", later()) + "\n")
    environ = {"NETLEDGER_HOST": name, "NETLEDGER_ENROL_URL": desk, "NETLEDGER_ENROL_TOKEN_FILE": str(secret)}
    command = [sys.executable, "-m", "libs.ask_user", "ovs", str(file)]
    for _ in range(2):  # a second start changes nothing
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout == done.stderr == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    dial(file.read_text().strip()).close()
    file.unlink()
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "409" in done.stderr and "Traceback" not in done.stderr
