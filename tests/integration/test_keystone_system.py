"""api, ipam and topology under Keystone: canaries (tokens, netledger's own password, the database's and the broker's, the secret that
agents share with Nova) are looked for wherever they must not be, and tenants are who their tokens say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psycopg2
import pytest
import requests

from cli.places import free_ports
from cli.servers import PrivateRabbitMQ, await_true
from tests.fakes.keystone import FakeKeystone, with_people
from tests.fakes.launched import Launched
from tests.fakes.tap import Tap
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker]
OWN_PASSWORD, METADATA_SECRET = "canary-of-our-own-user", "canary-of-the-metadata-agents"
MODULES = tuple(f"services.{name}.service" for name in ("ipam", "topology", "api"))


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
        "metadata_secret": METADATA_SECRET,
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
    servers = [unquote(urlsplit(url).password or "") for url in (database.url, database.admin_url, broker.url)]
    canaries = [OWN_PASSWORD, METADATA_SECRET, made_up, *servers, *keystone.tokens]
    assert len(canaries) >= 12 and all(len(one) > 15 for one in canaries)
    messages, rows, log = tap.read(), _rows(database), system.services.log()
    tap.close()
    assert len(messages) >= 3 and len(rows) > 10 and "Keystone does not answer" in log and "keystoneauth" not in log
    for text in (*messages, *rows, *system.answers, log):
        assert not [one for one in canaries if one in text or one[:40] in text or quote(one, safe="") in text], text
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
