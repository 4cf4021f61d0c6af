"""Servers that the operator gives, several processes of each service, and a clone that PostgreSQL's user cannot enter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests

from cli.given import check_database
from cli.places import Places
from cli.servers import PrivatePostgres, PrivateRabbitMQ, remove
from libs import enrol
from libs.config import BadSetting
from libs.model import OVS_AGENT
from tests.servers import Database, scratch_places
from tests.whole import Whole

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]
AGENTS = {f"agent-{agent}.compute{number}" for agent in ("ovs", "dhcp") for number in (1, 2, 3)}


@pytest.fixture
def whole(database: Database, broker: PrivateRabbitMQ) -> Iterator[Whole]:
    """A system that is told which servers to use, with two processes of each service; down at first."""
    system = Whole(scratch_places(), f"g{os.getpid()}-")
    database.fresh()
    system.settings |= {
        "NETLEDGER_DATABASE_URL": database.url,
        "NETLEDGER_DATABASE_ADMIN_URL": database.admin_url,
        "NETLEDGER_AMQP_URL": broker.url,
        "NETLEDGER_AMQP_ADMIN_URL": broker.admin_url,
        **{f"NETLEDGER_REPLICAS_{name}": "2" for name in ("API", "IPAM", "TOPOLOGY")},
    }
    yield system
    system.command("down")
    remove(system.places)
    database.fresh()


def test_given_servers_are_used_and_replicas_are_numbered(
    whole: Whole, database: Database, broker: PrivateRabbitMQ
) -> None:
    whole.must("up")
    names = set(whole.pids())
    assert {"api.1", "api.2", "ipam.1", "ipam.2", "topology.1", "topology.2"} <= names
    assert not names & {"postgres", "rabbitmq", "epmd", "api"}
    made = whole.client().create("network", name="through the first")
    whole.url = f"http://127.0.0.1:{whole.port + 1}"
    assert whole.client().get(f"networks/{made['id']}")["network"]["name"] == "through the first"
    with psycopg2.connect(database.url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from network where id = %s", (made["id"],))
        assert cursor.fetchone() == (1,)
    connection.close()
    assert "It works." in whole.must("demo")
    assert lab_agents(broker) == AGENTS
    whole.must("down")
    assert lab_agents(broker) == set(), "the broker is left as it was"
    with psycopg2.connect(database.url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from network where id = %s", (made["id"],))
        assert cursor.fetchone() == (1,), "the given database's tables are the operator's"
    connection.close()


def lab_agents(broker: PrivateRabbitMQ) -> set[str]:
    """Those of the lab's agents that are users, queues or exchanges of the broker."""
    lists = [
        requests.get(f"{broker.admin_url}/api/{kind}", timeout=10).json() for kind in ("users", "queues", "exchanges")
    ]
    return AGENTS & {one["name"].removeprefix("ask.") for found in lists for one in found}


def test_what_services_share_in_a_broker_goes_with_the_last_agent(broker: PrivateRabbitMQ) -> None:
    place, vhost = f"{broker.admin_url}/api", f"given-{os.getpid()}"
    requests.put(f"{place}/vhosts/{vhost}", timeout=10).raise_for_status()
    admin = urlsplit(broker.admin_url).username
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    requests.put(f"{place}/permissions/{vhost}/{admin}", json=everything, timeout=10).raise_for_status()
    try:
        enrol.agent(broker.admin_url, OVS_AGENT, "given1", "secret", vhost)
        assert not enrol.dissolve(broker.admin_url, vhost)
        assert "nl.requests" in names(f"{place}/exchanges/{vhost}")
        enrol.dismiss(broker.admin_url, OVS_AGENT, "given1", vhost)
        assert enrol.dissolve(broker.admin_url, vhost) and enrol.dissolve(broker.admin_url, vhost)
        assert not [name for name in names(f"{place}/exchanges/{vhost}") if name.startswith("nl.")]
    finally:
        requests.delete(f"{place}/vhosts/{vhost}", timeout=10)


def names(url: str) -> list[str]:
    return [one["name"] for one in requests.get(url, timeout=10).json()]


WRONG = {
    "an unknown role": ("NETLEDGER_DATABASE_ADMIN_URL", lambda url: url.replace("//netledger_owner:", "//nobody:")),
    "an unknown database": ("NETLEDGER_DATABASE_ADMIN_URL", lambda url: url.replace("@/netledger?", "@/nowhere?")),
    "another database": ("NETLEDGER_DATABASE_URL", lambda url: url.replace("@/netledger?", "@/nowhere?")),
    "a bare password": (
        "NETLEDGER_DATABASE_ADMIN_URL",
        lambda url: "postgresql://owner:hidden@hidden@localhost/netledger",
    ),
    "no URL": ("NETLEDGER_DATABASE_ADMIN_URL", lambda url: "owner:hidden localhost"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_given_database_that_cannot_be_used_is_told_without_its_password(database: Database, wrong: str) -> None:
    name, change = WRONG[wrong]
    check_database(name, database.admin_url)
    with pytest.raises(BadSetting) as refused:
        check_database(name, change(database.admin_url))
    told = str(refused.value)
    assert told.startswith(name) and "\n" not in told
    assert "hidden" not in told and (urlsplit(database.admin_url).password or "") not in told


def test_a_given_database_that_cannot_be_used_is_refused_in_one_line_before_anything_starts(whole: Whole) -> None:
    whole.settings["NETLEDGER_DATABASE_ADMIN_URL"] = whole.settings["NETLEDGER_DATABASE_URL"].replace("//", "//nobody-")
    done = whole.command("up")
    assert done.returncode == 1 and "NETLEDGER_DATABASE_ADMIN_URL" in done.stderr and done.stderr.count("\n") == 1
    assert not (whole.places.run / "pids").exists() and not whole.lab.namespaces.names()


def test_one_url_without_its_admin_url_is_refused_in_one_line(whole: Whole) -> None:
    del whole.settings["NETLEDGER_AMQP_ADMIN_URL"]
    done = whole.command("up")
    assert done.returncode == 1 and "NETLEDGER_AMQP_ADMIN_URL" in done.stderr and "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_refused_in_one_line(whole: Whole, broker: PrivateRabbitMQ) -> None:
    whole.settings["NETLEDGER_API_PORT"] = str(broker.server.amqp)
    done = whole.command("up")
    assert done.returncode == 1 and "is in use by another program" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["NETLEDGER_API_PORT", "NETLEDGER_REPLICAS_IPAM", "NETLEDGER_REPORT_SECONDS"])
def test_a_setting_that_makes_no_sense_is_refused_in_one_line(whole: Whole, name: str) -> None:
    whole.settings[name] = "many"
    done = whole.command("up")
    assert done.returncode == 1 and name in done.stderr and "Traceback" not in done.stderr
    assert not (whole.places.run / "pids").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_postgresql_lives_beside_a_clone_that_its_user_cannot_enter(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    places = Places.of(closed / "clone" / ".run")
    server = PrivatePostgres(places, durable=False)
    try:
        assert (places.beside / "postgres" / "data" / "PG_VERSION").exists()
        psycopg2.connect(server.url).close()
    finally:
        server.stop()
        remove(places)
    assert not places.beside.exists()
