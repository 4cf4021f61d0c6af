"""Canaries: the secrets that set-up made are looked for wherever they must not be, on a whole running system."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import psycopg2
import pytest
import requests

from tests.fakes.tap import Tap
from tests.whole import Whole, eventually

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]


def secrets_of(whole: Whole) -> dict[str, str]:
    """{name: secret} of all that set-up made."""
    found = {path.name: path.read_text().strip() for path in whole.places.secrets.iterdir() if path.is_file()}
    assert len(found) >= 9 and all(len(text) >= 20 for text in found.values()), sorted(found)
    return found


def leaks(text: str, secrets: dict[str, str]) -> list[str]:
    """Names of secrets that `text` holds, plain or as they stand in a URL."""
    return [name for name, secret in secrets.items() if secret in text or quote(secret, safe="") in text]


def children(pid: int) -> set[int]:
    """The process and all that descend from it."""
    found, left = set(), [pid]
    while left:
        one = left.pop()
        found.add(one)
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            left += [int(child) for child in path.read_text().split()]
    return found


def test_secrets_lie_in_files_that_their_owner_alone_reads(lab: Whole) -> None:
    secrets = secrets_of(lab)
    found = 0
    for folder in (lab.places.run, lab.places.beside):
        files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        for path in files:
            if path.stat().st_size < 4 << 20 and leaks(path.read_text(errors="replace"), secrets):
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
                found += 1
    assert found > len(secrets), "they are where they must be"


def test_no_command_line_holds_a_secret(lab: Whole) -> None:
    secrets, seen = secrets_of(lab), 0
    for pid in set().union(*(children(pid) for pid in lab.pids().values())):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        except OSError:
            continue
        seen += 1
        assert leaks(line, secrets) == [], line
    assert seen > 15


def test_environments_are_closed_and_hold_what_their_process_needs(lab: Whole) -> None:
    """A process's environment is its owner's alone to read (proc(5)); an agent's has nothing but its own broker user."""
    secrets = secrets_of(lab)
    for name, pid in lab.pids().items():
        path = Path(f"/proc/{pid}/environ")
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        if not name.startswith("agent_"):
            assert "rabbitmq-netledger-admin" not in leaks(path.read_text(), secrets)
            continue
        text = path.read_text()
        program, _, host = name.partition("@")
        short = program.removeprefix("agent_")
        assert leaks(text, secrets) == [one for one in secrets if one.startswith(f"rabbitmq-agent-{short}.{host}")]
        values = dict(item.partition("=")[::2] for item in text.split("\0"))
        assert not values.get("NETLEDGER_DATABASE_URL") and "NETLEDGER_DATABASE_ADMIN_URL" not in values


def test_no_log_holds_a_secret(lab: Whole) -> None:
    secrets = secrets_of(lab)
    lab.kill_and_await("ipam")  # restarts talk about connections
    for path in lab.places.log.rglob("*"):
        assert not path.is_file() or leaks(path.read_text(errors="replace"), secrets) == [], path


def test_no_event_row_or_answer_holds_a_secret(lab: Whole) -> None:
    secrets = secrets_of(lab)
    client = lab.client()
    made = client.create("network", name="canary")
    client.create("subnet", network_id=made["id"], ip_version=4, cidr="10.9.0.0/24")
    with psycopg2.connect(database_url(lab)) as connection, connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
        for (table,) in cursor.fetchall():
            cursor.execute(f'select t::text from "{table}" t')  # names from the catalogue
            for (row,) in cursor:
                assert leaks(row, secrets) == [], table
    connection.close()
    bad = [
        requests.post(f"{lab.url}/v2.0/networks", data="{", timeout=5),
        requests.get(f"{lab.url}/v2.0/networks/' or 1=1", timeout=5),
        requests.get(f"{lab.url}/v2.0/networks?limit=x&fields=%00", timeout=5),
        requests.post(f"{lab.url}/v2.0/ports", json={"port": {"network_id": "x" * 300}}, timeout=5),
        requests.get(f"{lab.url}/v2.0/agents", timeout=5),
    ]
    for reply in bad:
        assert leaks(reply.text + str(reply.headers), secrets) == []
        assert "Traceback" not in reply.text and "psycopg2" not in reply.text


def test_no_message_holds_a_secret(lab: Whole) -> None:
    """What services say to each other, hosts to services and services to hosts while a server is booted and an agent comes anew."""
    secrets, client, tap = secrets_of(lab), lab.client(), Tap(setting(lab, "AMQP_URL"))
    assert "metadata" in secrets, "which the agents share with Nova"
    made = client.create("network", name="canary")
    client.create("subnet", network_id=made["id"], ip_version=4, cidr="10.9.0.0/24")
    client.create("port", network_id=made["id"], **{"binding:host_id": "compute1", "device_owner": "compute:nova"})
    lab.kill_and_await("agent_dhcp@compute1")
    told = list[str]()

    def is_enough() -> bool:
        told.extend(tap.read())
        return len(told) >= 6 and any('"Hello"' in one for one in told) and any(made["id"] in one for one in told)

    eventually("messages of all sorts", is_enough, 20)
    tap.close()
    for text in told:
        assert leaks(text, secrets) == [], text


def database_url(whole: Whole) -> str:
    """As the API has it."""
    url = setting(whole, "DATABASE_URL")
    assert unquote(urlsplit(url).password or "")
    return url


def setting(whole: Whole, name: str) -> str:
    """A setting of the API's process."""
    values = Path(f"/proc/{whole.pids()['api']}/environ").read_text().split("\0")
    return next(one.partition("=")[2] for one in values if one.startswith(f"NETLEDGER_{name}="))
