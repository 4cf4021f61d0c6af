"""The deployment of docker-compose.yml, its very commands and environments as local processes: two of each service, and the proxy."""

from __future__ import annotations

import concurrent.futures
import itertools
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests

from lab.client import Client, Refused
from libs.bus import agent_user
from libs.config import load as load_settings
from libs.model import OVS_AGENT
from tests.compose_load import Load
from tests.compose_servers import FreshServers
from tests.compose_stack import HOST, Replica, Stack
from tests.fakes.keystone import with_people
from tests.fakes.raw_client import Held, conversation
from tests.fakes.recording_brain import FakeAgent
from tests.whole import eventually

pytestmark = [pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]
SCALED = ("ipam", "topology", "api")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Set up as docs/operations/compose.md says, in the order that depends_on gives."""
    one = Stack(tmp_path_factory.mktemp("compose"))
    made = one.job("secrets").run()
    assert made.returncode == 0, made.stderr
    admin = urlsplit(one.secret("amqp_admin_url")).password or ""
    servers = FreshServers(one.secret("postgres_password"), admin)
    try:
        one.bring_secrets_here(servers.addresses)
        prepared = one.job("prepare").run()
        assert prepared.returncode == 0, prepared.stderr
        for service in SCALED:
            one.scale(service, 2)
        one.scale("proxy", 1)
        yield one
    finally:
        one.close()
        servers.stop()


@pytest.fixture
def url(stack: Stack) -> str:
    """The API as the world sees it: the proxy."""
    return f"http://{stack.of('proxy')[0].address}:9696"


@pytest.fixture
def api(url: str) -> Client:
    """A client of the proxy."""
    return Client(url)


@pytest.fixture
def replicas(stack: Stack) -> list[Client]:
    """A client of each api, past the proxy."""
    return [Client(f"http://{one.address}:9696") for one in stack.of("api")]


@pytest.fixture
def network(api: Client) -> dict[str, Any]:
    """A network with a /20 of IPv4 and a /64 of IPv6."""
    made = api.create("network", name="blue")
    api.create("subnet", network_id=made["id"], ip_version=4, cidr="10.16.0.0/20")
    api.create("subnet", network_id=made["id"], ip_version=6, cidr="fd00:16::/64")
    return made


def addresses_of(ports: list[dict[str, Any]]) -> list[str]:
    """Every address of these ports."""
    return [one["ip_address"] for port in ports for one in port["fixed_ips"]]


def test_everything_is_well_by_its_own_health_check(stack: Stack) -> None:
    assert [one.name for one in stack.replicas if not one.is_well()] == []
    assert len(stack.replicas) == 7


def test_no_secret_is_in_any_command_line_environment_or_log(stack: Stack) -> None:
    passwords = {urlsplit(stack.secret(name)).password for name in ("database_url", "amqp_url", "amqp_admin_url")}
    passwords |= {stack.secret("postgres_password")}
    for replica in stack.replicas:
        assert replica.process is not None
        shown = [Path(f"/proc/{replica.process.pid}/{part}").read_text() for part in ("cmdline", "environ")]
        for text in (*shown, replica.log.read_text()):
            assert not any(str(password) in text for password in passwords), replica.name


def test_the_jobs_change_nothing_when_they_run_again(stack: Stack, api: Client, network: dict[str, Any]) -> None:
    secret, before = stack.secret("database_url"), api.get(f"networks/{network['id']}")
    assert stack.job("secrets").run().returncode == 0
    assert stack.job("prepare").run().returncode == 0
    assert stack.secret("database_url") == secret and api.get(f"networks/{network['id']}") == before


def test_the_services_role_cannot_change_the_log(stack: Stack, network: dict[str, Any]) -> None:
    url = (stack.folder / "secrets" / "database_url").read_text().strip()
    with psycopg2.connect(url) as connection:
        for statement in ("delete from event", "update event set type = ''", "create table mine (id int)"):
            with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
            connection.rollback()
    connection.close()


def test_a_host_that_comes_later_is_enrolled_by_the_same_two_jobs(stack: Stack) -> None:
    assert stack.job("secrets").run("compute7").returncode == 0
    for made in (stack.folder / "made" / "agents" / "compute7").iterdir():
        target = stack.folder / "secrets" / "agents" / "compute7" / made.name
        target.parent.mkdir(exist_ok=True)
        target.write_text(made.read_text())
    said = stack.job("prepare").run().stdout
    assert "agent_ovs of compute7 is enrolled" in said and f"agent_dhcp of {HOST} is enrolled" in said


def test_versions_are_told_with_the_address_that_the_client_used(url: str) -> None:
    version = requests.get(url, timeout=10).json()["versions"][0]
    assert version["links"][0]["href"] == f"{url}/v2.0/"


def test_networks_subnets_and_ports_live_and_end(api: Client, network: dict[str, Any]) -> None:
    port = api.create("port", network_id=network["id"], name="one", device_owner="compute:nova")
    assert len(port["fixed_ips"]) == 2 and port["mac_address"].startswith("fa:16:3e")
    assert api.get("ports?name=one&network_id=" + network["id"])["ports"] == [port]
    renamed = api.send("PUT", f"ports/{port['id']}", {"port": {"name": "two"}})["port"]
    assert renamed["name"] == "two" and renamed["revision_number"] > port["revision_number"]
    with pytest.raises(Refused) as in_use:
        api.delete("network", network["id"])
    assert in_use.value.status == 409
    api.delete("port", port["id"])
    api.delete("network", network["id"])
    with pytest.raises(Refused) as gone:
        api.get(f"networks/{network['id']}")
    assert gone.value.status == 404


def test_bulk_is_all_or_nothing(api: Client, network: dict[str, Any]) -> None:
    many = [{"network_id": network["id"], "name": f"bulk{number}"} for number in range(100)]
    made = api.send("POST", "ports", {"ports": many})["ports"]
    assert [port["name"] for port in made] == [one["name"] for one in many]
    assert len(set(addresses_of(made))) == 200
    taken = {"ip_address": made[0]["fixed_ips"][0]["ip_address"]}
    with pytest.raises(Refused) as refused:
        api.send("POST", "ports", {"ports": [many[0], {**many[1], "fixed_ips": [taken]}]})
    assert refused.value.status == 409
    assert len(api.get(f"ports?network_id={network['id']}")["ports"]) == 100


def test_32_clients_get_addresses_that_differ(url: str, network: dict[str, Any]) -> None:
    def create(_: int) -> list[dict[str, Any]]:
        client = Client(url)
        return [client.create("port", network_id=network["id"]) for _ in range(6)]

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        ports = [port for some in pool.map(create, range(32)) for port in some]
    assert len(set(addresses_of(ports))) == 2 * 32 * 6
    assert len({port["mac_address"] for port in ports}) == 32 * 6


def test_a_write_is_read_at_once_on_every_replica(replicas: list[Client], network: dict[str, Any]) -> None:
    for writer, reader in itertools.permutations(replicas):
        for _ in range(10):
            port = writer.create("port", network_id=network["id"])
            path = f"ports/{port['id']}"
            assert reader.get(path)["port"] == port
            changed = reader.send("PUT", path, {"port": {"name": "read me"}})["port"]
            assert writer.get(path)["port"] == changed
            assert [one["id"] for one in writer.get(f"ports?name=read me&id={port['id']}".replace(" ", "%20"))["ports"]]
            reader.delete("port", port["id"])
            with pytest.raises(Refused) as gone:
                writer.get(path)
            assert gone.value.status == 404


def test_a_revision_that_another_replica_passed_is_refused(
    stack: Stack, replicas: list[Client], network: dict[str, Any]
) -> None:
    one, other = replicas
    port = one.create("port", network_id=network["id"])
    other.send("PUT", f"ports/{port['id']}", {"port": {"name": "newer"}})
    answer = requests.put(
        f"http://{stack.of('api')[0].address}:9696/v2.0/ports/{port['id']}",
        json={"port": {"name": "older"}},
        headers={"If-Match": f"revision_number={port['revision_number']}"},
        timeout=10,
    )
    assert answer.status_code == 412
    assert one.get(f"ports/{port['id']}")["port"]["name"] == "newer"


BAD = [
    ("POST", "/v2.0/networks", b"{", 400),
    ("POST", "/v2.0/networks", b"[]", 400),
    ("POST", "/v2.0/networks", b'{"network": {"nmae": "x"}}', 400),
    ("POST", "/v2.0/ports", b'{"port": {}}', 400),
    ("POST", "/v2.0/ports", b'{"port": {"network_id": "no-uuid"}}', 400),
    ("POST", "/v2.0/ports", b'{"port": {"network_id": "' + str(uuid.uuid4()).encode() + b'"}}', 404),
    ("POST", "/v2.0/networks", b"[" * 60, 400),
    ("POST", "/v2.0/networks", b" " * (5 << 20), 413),
    ("GET", f"/v2.0/ports/{uuid.uuid4()}", b"", 404),
    ("GET", "/v2.0/nothing", b"", 404),
    ("GET", "/v2.0/ports?limit=x", b"", 400),
    ("DELETE", "/v2.0/networks/..%2f..%2f", b"", 404),
    ("PATCH", "/v2.0/networks", b"{}", 405),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), BAD, ids=[f"{one[0]}-{one[3]}" for one in BAD])
def test_bad_input_is_refused_in_neutrons_words(url: str, method: str, path: str, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = requests.request(method, url + path, data=body, headers=headers, timeout=20)
    assert answer.status_code == status, answer.text
    assert set(answer.json()["NeutronError"]) == {"type", "message", "detail"}


NO_REQUESTS = {
    "two lengths": b"POST /v2.0/networks HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "a nul": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    "a line feed in a name": b"GET / HTTP/1.1\r\nHost: a\r\nX\n: b\r\n\r\n",
    "an odd encoding": b"GET /v2.0/ports HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01",
}


@pytest.mark.parametrize("raw", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_refused_once_and_cut(url: str, raw: bytes) -> None:
    answer = conversation(url, raw)
    assert answer.count(b"HTTP/1.1 ") == 1 and answer.startswith(b"HTTP/1.1 400")


def test_no_request_hides_in_another_ones_body(url: str) -> None:
    hidden = b"DELETE /v2.0/networks/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = b"POST /v2.0/networks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    answer = conversation(url, head + hidden)
    assert answer.count(b"HTTP/1.1 ") == 1 and answer.startswith(b"HTTP/1.1 400")


def test_one_address_cannot_take_all_connections(url: str) -> None:
    with Held(url, 80) as held:
        eventually("the rest is cut", lambda: held.open() <= 64)
        assert held.open() >= 60
    eventually("room again", lambda: requests.get(url, timeout=10).ok)


def test_without_any_api_the_proxy_says_so_in_neutrons_words(stack: Stack, url: str) -> None:
    for replica in stack.of("api"):
        replica.end(signal.SIGTERM)
    answer = requests.post(f"{url}/v2.0/networks", json={"network": {}}, timeout=20)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "1"
    assert answer.json()["NeutronError"]["type"] == "ServiceUnavailable"
    for replica in stack.of("api"):
        replica.start()
    eventually("the API", lambda: requests.get(url, timeout=10).ok, 30)
    for replica in stack.of("api"):
        replica.await_well()


def test_readers_do_not_wait_for_a_replica_that_hangs(stack: Stack, url: str, network: dict[str, Any]) -> None:
    def read(_: int) -> int:
        return requests.get(f"{url}/v2.0/networks/{network['id']}", timeout=40).status_code

    hanging = stack.of("api")[0].process
    assert hanging is not None
    hanging.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert set(pool.map(read, range(16))) == {200}
        print(f"16 reads beside a hanging replica: {time.monotonic() - begun:.1f} s")
    finally:
        hanging.send_signal(signal.SIGCONT)
    stack.of("api")[0].await_well()


def test_an_agent_of_an_enrolled_host_is_fed_and_its_ports_become_active(
    stack: Stack, api: Client, network: dict[str, Any]
) -> None:
    agent = FakeAgent(load_settings(stack.job("agent_ovs").env()), agent_user(OVS_AGENT, HOST))
    threading.Thread(target=agent.runtime.run, daemon=True).start()
    try:
        eventually("the agent", lambda: any(one["host"] == HOST for one in api.get("agents")["agents"]))
        owner = {"device_id": str(uuid.uuid4()), "device_owner": "compute:nova", "binding:host_id": HOST}
        port = api.create("port", network_id=network["id"], **owner)
        assert port["binding:vif_type"] == "ovs"
        eventually("its facts", lambda: f"port-{port['id']}" in agent.brain.holds.streams)
        agent.plug(port["id"])
        eventually("ACTIVE", lambda: api.get(f"ports/{port['id']}")["port"]["status"] == "ACTIVE")
    finally:
        agent.runtime.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["restarted", "killed"])
def test_every_replica_ends_in_turn_under_load_and_nothing_is_lost_or_wrong(
    stack: Stack, url: str, api: Client, replicas: list[Client], how: int
) -> None:
    network = api.create("network", name="load")
    api.create("subnet", network_id=network["id"], ip_version=4, cidr="10.32.0.0/16")
    with Load(url, network["id"], f"load{how}") as load:
        for replica in (one for service in SCALED for one in stack.of(service)):
            load.must_go_on(10)
            assert replica.end(how) == (0 if how == signal.SIGTERM else -how)
            load.must_go_on(10)
            replica.start()
            replica.await_well()
        load.must_go_on(10)
    print(dict(load.counts))
    assert load.wrong == []
    if how == signal.SIGTERM:
        assert load.cut <= 4, "who is asked to end answers first, but for what arrives in that very instant"
    for reader in replicas:
        load.check(reader.get(f"ports?network_id={network['id']}")["ports"])


def test_with_keystones_settings_callers_are_whom_their_tokens_say(stack: Stack) -> None:
    """As docs/operations/keystone.md has it: settings in the environment, the password in a file that was made empty."""
    keystone, password = with_people(), "canary-of-our-own-user"
    keystone.person("ledger", password, "service", "service")
    secret = stack.folder / "secrets" / "keystone_password"
    assert (stack.folder / "made" / "keystone_password").read_text() == secret.read_text() == ""
    url = keystone.url.replace("127.0.0.1", "localhost")  # 127.0.0.1 is the container itself
    asked = {"URL": url, "USERNAME": "ledger", "PROJECT": "service"}
    chosen = {"NETLEDGER_AUTH": "keystone", **{f"NETLEDGER_KEYSTONE_{name}": text for name, text in asked.items()}}
    secret.write_text(password)
    replica = Replica(stack, "api", 9, chosen)
    replica.start()
    try:
        replica.await_well()
        path = f"http://{replica.address}:9696/v2.0/networks"
        token = {"X-Auth-Token": keystone.token("demo", "project", "demo")}
        made = requests.post(path, json={"network": {"name": "n"}}, headers=token, timeout=30)
        assert made.status_code == 201 and made.json()["network"]["project_id"] == keystone.projects["demo"]
        assert requests.get(path, headers={"X-Roles": "admin"}, timeout=30).status_code == 401
        assert password not in f"{replica.env()}{replica.log.read_text()}"
    finally:
        replica.end(signal.SIGTERM)
        secret.write_text("")
        keystone.stop()
