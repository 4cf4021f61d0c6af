"""api, ipam and topology under Keystone: canaries (tokens, netledger's own password) are looked for wherever they must not be, and
tenants are who their tokens say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import amqp
import psycopg2
import pytest
import requests

from cli.places import free_ports
from cli.servers import PrivateRabbitMQ, await_true
from libs.bus import Wire
from tests.fakes.keystone import FakeKeystone, with_people
from tests.fakes.launched import Launched
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker]
OWN_PASSWORD = "canary-of-our-own-user"
MODULES = tuple(f"services.{name}.service" for name in ("ipam", "topology", "api"))


class Tap:
    """Reads along what services say to each other and to hosts."""

    def __init__(self, url: str) -> None:
        self._connection = amqp.Connection(**Wire(url, lambda channel: None)._address, login_method="PLAIN")
        self._connection.connect()
        self._channel = self._connection.channel()
        self._queue = self._channel.queue_declare(exclusive=True).queue
        for exchange in ("nameko-rpc", "nl.events"):
            self._channel.queue_bind(self._queue, exchange, "#")

    def read(self) -> list[str]:
        """All messages so far: headers and bodies."""
        found = []
        while (message := self._channel.basic_get(self._queue, no_ack=True)) is not None:
            found.append(f"{message.properties} {message.headers} {message.body!r}")
        return found

    def close(self) -> None:
        self._connection.close()


@dataclass
class System:
    """A running one; `answers`: all that was ever answered, headers too."""

    keystone: FakeKeystone
    services: Launched
    url: str
    answers: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, token: str = "", body: Any = None, **headers: str) -> requests.Response:
        sent = {"X-Auth-Token": token, **{name.replace("_", "-"): value for name, value in headers.items()}}
        reply = requests.request(method, f"{self.url}{path}", headers=sent, json=body, timeout=30)
        self.answers.append(f"{reply.headers} {reply.text}")
        return reply

    def made(self, kind: str, token: str, **values: Any) -> dict[str, Any]:
        reply = self.call("POST", f"/v2.0/{kind}s", token, {kind: values})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()[kind]
        return made


@pytest.fixture
def system(database: Database, broker: PrivateRabbitMQ) -> Iterator[System]:
    keystone = with_people()
    keystone.person("ledger", OWN_PASSWORD, "service", "service")
    (port,) = free_ports(1)
    settings = {
        "database_url": database.fresh().url,
        "amqp_url": broker.url,
        "api_port": str(port),
        "log_level": "DEBUG",
        "auth": "keystone",
        "keystone_url": keystone.url,
        "keystone_username": "ledger",
        "keystone_password": OWN_PASSWORD,
        "keystone_project": "service",
        "keystone_cache_seconds": "1",
        "keystone_seconds": "1",
    }
    services = Launched(*MODULES, settings=settings)
    running = System(keystone, services, f"http://127.0.0.1:{port}")
    try:
        await_true("the API", lambda: _listens(running), 30)
        yield running
    finally:
        services.stop()
        keystone.stop()


def _listens(system: System) -> bool:
    assert system.services.process.poll() is None, system.services.log()
    try:
        return system.call("GET", "/").ok
    except requests.ConnectionError:
        return False


def test_no_token_and_no_password_is_told_to_anybody(
    system: System, database: Database, broker: PrivateRabbitMQ
) -> None:
    keystone, tap = system.keystone, Tap(broker.url)
    demo, admin, nova = (
        keystone.token(*one)
        for one in (("demo", "project", "demo"), ("admin", "project", "admin"), ("nova", "project", "service"))
    )
    made_up, unscoped = "gAAAAmade-up-canary-token", keystone.token("demo", "unscoped")
    network = system.made("network", demo, name="n")["id"]
    system.made("subnet", demo, network_id=network, ip_version=4, cidr="10.0.0.0/24")
    port = system.made("port", demo, network_id=network, device_owner="compute:nova")["id"]
    statuses = [
        system.call("PUT", f"/v2.0/ports/{port}", nova, {"port": {"binding:host_id": "compute1"}}).status_code,
        system.call("DELETE", f"/v2.0/ports/{port}", demo).status_code,
        system.call("GET", "/v2.0/agents", admin).status_code,
        system.call("GET", "/v2.0/networks", made_up).status_code,
        system.call("GET", "/v2.0/networks", unscoped).status_code,
        system.call("GET", "/v2.0/networks", demo, X_Service_Token=made_up).status_code,
        system.call("POST", "/v2.0/networks", demo, {"network": {"nonsense": 1}}).status_code,
        system.call("DELETE", f"/v2.0/ports/{port}", demo, X_Service_Token=nova).status_code,
    ]
    assert statuses == [200, 403, 200, 401, 403, 401, 400, 204]
    keystone.status = 500
    assert system.call("GET", "/v2.0/networks", keystone.token("demo", "project", "demo")).status_code == 503
    keystone.status = 0
    keystone.stop()
    late = keystone.token("alt_demo", "project", "alt_demo")
    assert system.call("GET", "/v2.0/networks", late).status_code == 503
    canaries = [OWN_PASSWORD, made_up, *keystone.tokens]
    assert len(canaries) >= 8
    messages, rows, log = tap.read(), _rows(database), system.services.log()
    tap.close()
    assert len(messages) >= 3 and len(rows) > 10 and "Keystone does not answer" in log and "keystoneauth" not in log
    for text in (*messages, *rows, *system.answers, log):
        assert not [one for one in canaries if one in text or one[:40] in text], text
    assert any(keystone.users["demo"].id in row for row in rows), "events say who it was"


def test_tenants_are_who_their_tokens_say_and_a_revoked_token_ends_within_the_stated_second(system: System) -> None:
    keystone = system.keystone
    demo, other = keystone.token("demo", "project", "demo"), keystone.token("alt_demo", "project", "alt_demo")
    reader = keystone.token("demo_reader", "project", "demo")
    network = system.made("network", demo, name="blue")
    assert network["project_id"] == keystone.projects["demo"]
    assert [system.call("GET", f"/v2.0/networks/{network['id']}", one).status_code for one in (demo, reader, other, "")] == [
        200, 200, 404, 401,
    ]  # fmt: skip
    assert system.call("POST", "/v2.0/networks", reader, {"network": {}}).status_code == 403
    headers = {"X_Roles": "admin", "X_Project_Id": keystone.projects["demo"]}
    assert system.call("GET", f"/v2.0/networks/{network['id']}", other, **headers).status_code == 404
    del keystone.tokens[demo]
    revoked = time.monotonic()
    while system.call("GET", "/v2.0/networks", demo).status_code == 200:
        assert time.monotonic() < revoked + 10
        time.sleep(0.02)
    assert time.monotonic() < revoked + 1.0 + 1.0
    seen = system.call("GET", "/v2.0/networks", demo)
    assert seen.headers["WWW-Authenticate"] == f'Keystone uri="{keystone.url}"'


def test_the_api_does_not_start_with_settings_that_cannot_work(database: Database, broker: PrivateRabbitMQ) -> None:
    settings = {
        "database_url": database.url,
        "amqp_url": broker.url,
        "auth": "keystone",
        "keystone_url": "http://127.0.0.1:9",
    }
    service = Launched("services.api.service", settings=settings)
    assert service.wait(20) == 2
    assert "netledger: NETLEDGER_AUTH=keystone needs NETLEDGER_KEYSTONE_USERNAME," in service.log()
    service.stop()


def _rows(database: Database) -> list[str]:
    """Every row of every table, as text."""
    found = []
    with psycopg2.connect(database.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
        for (table,) in cursor.fetchall():
            cursor.execute(f'select t::text from "{table}" t')  # names from the catalogue
            found += [row[0] for row in cursor.fetchall()]
    connection.close()
    return found
