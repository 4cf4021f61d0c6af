"""Servers that the operator gives, several processes of each service, and a clone that PostgreSQL's user cannot enter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from cli.places import Places
from cli.servers import PrivatePostgres, PrivateRabbitMQ, remove
from tests.servers import Database, scratch_places
from tests.whole import Whole

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]


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


def test_given_servers_are_used_and_replicas_are_numbered(whole: Whole, database: Database) -> None:
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
    whole.must("down")
    psycopg2.connect(database.url).close()


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
