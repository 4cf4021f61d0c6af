"""Rebuilding a read model from position 0 beside the live one, while the service writes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from libs.commands import DeleteNetwork, DeletePort, RegisterAgent, UpdatePort
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.rebuild import rebuild
from tests.unit.commit_cases import Site, a_port, by, create, new_id

pytestmark = pytest.mark.postgres
ODD_NAME = "tab\t newline\n backslash \\ quote ' \" snowman ☃ \\N"


@pytest.fixture
def site(database: Any) -> Site:
    return Site(PostgresLog(database.fresh().url), forgetful=False)


def live(site: Site) -> None:
    """Some weeks of a small cloud: ports come, change and go, a network is deleted."""
    network, empty = site.network(name="blue"), site.network(name="gone")
    site.subnet(network)
    site.subnet(empty, "10.9.0.0/24")
    ports = [a_port(network, name=f"vm{number}", host="compute1" if number % 2 else "") for number in range(30)]
    for port in ports:
        site.ledger.commit(create(port), by())
    for port in ports[:10]:
        site.ledger.commit(UpdatePort(port.port_id, {"name": "", "profile": {"x": [1, {"y": None}]}}), by())
    for port in ports[5:15]:
        site.ledger.commit(DeletePort(port.port_id), by())
    site.ledger.commit(UpdatePort(ports[20].port_id, {"description": ODD_NAME, "device_id": ODD_NAME}), by())
    site.ledger.commit(DeleteNetwork(empty), by())
    agent = RegisterAgent(
        new_id(), "compute1", "Open vSwitch agent", "netledger-agent-ovs", "nova", {"tunneling_ip": "1.2.3.4"}
    )
    site.ledger.commit(agent, by())


def table(site: Site, kind: str) -> list[tuple[Any, ...]]:
    return list(site.log.pool.query(f'select * from "{kind}" order by id'))


@pytest.mark.parametrize(("kind", "rows"), [("network", 1), ("subnet", 1), ("port", 20), ("agent", 1)])
def test_a_rebuilt_table_is_equal_to_the_live_one(database: Any, site: Site, kind: str, rows: int) -> None:
    live(site)
    before = table(site, kind)
    report = rebuild(database.admin_url, kind)
    assert (report.kind, report.rows, report.equal, report.position) == (kind, rows, True, site.log.head())
    assert table(site, kind) == before


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_several_processes_rebuild_the_same_table_together(database: Any, site: Site, processes: int) -> None:
    live(site)
    before = table(site, "port")
    report = rebuild(database.admin_url, "port", processes=processes)
    assert (report.rows, report.equal) == (20, True)
    assert table(site, "port") == before


def test_what_was_wrong_in_the_live_table_is_told_and_repaired(database: Any, site: Site) -> None:
    live(site)
    before = table(site, "port")
    site.log.pool.execute("update port set body = replace(body, 'vm2', 'vmX') where body like '%%vm2%%'")
    site.log.pool.execute("delete from port where id = %s", (before[0][0],))
    assert not rebuild(database.admin_url, "port").equal
    assert table(site, "port") == before
    assert len(site.log.pool.query("select id from port_old")) == len(before) - 1
    assert rebuild(database.admin_url, "port").equal


def test_indexes_settings_and_rights_survive_any_number_of_swaps(database: Any, site: Site) -> None:
    live(site)
    shape = "select indexname, indexdef from pg_indexes where tablename = 'port' order by 1"
    settings = "select reloptions from pg_class where relname = 'port' and relkind = 'r'"
    rights = (
        "select grantee, privilege_type from information_schema.role_table_grants where table_name = 'port'"
        " and grantee = current_user order by 2"
    )
    before = [site.log.pool.query(question) for question in (shape, settings, rights)]
    assert len(before[2]) == 4
    for _ in range(3):
        rebuild(database.admin_url, "port")
    assert [site.log.pool.query(question) for question in (shape, settings, rights)] == before
    site.ledger.commit(create(a_port(site.network())), by())


def test_writes_go_on_meanwhile_and_none_is_lost(database: Any, site: Site) -> None:
    live(site)
    network = site.network()
    stop, written, failed = threading.Event(), [], []

    def write() -> None:
        while not stop.is_set():
            try:
                port = a_port(network, fixed_ips=())
                site.ledger.commit(create(port), by())
                site.ledger.commit(UpdatePort(port.port_id, {"name": "meanwhile"}), by())
                written.append(port.port_id)
            except Exception as error:
                failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        reports = [rebuild(database.admin_url, "port") for _ in range(4)]
    finally:
        stop.set()
        thread.join()
    assert failed == []
    assert len(written) > 5
    assert all(report.equal for report in reports)
    names = {id: json.loads(body)["name"] for id, body in site.log.pool.query("select id, body from port")}
    assert {names[id] for id in written} == {"meanwhile"}
    assert rebuild(database.admin_url, "port").equal
    site.log.verify()


def test_a_long_reader_delays_the_swap_but_not_the_writers(database: Any, site: Site) -> None:
    live(site)
    network = site.network()
    reader = psycopg2.connect(database.url)
    with reader.cursor() as cursor:
        cursor.execute("select count(*) from port")
    leave = threading.Timer(2.5, reader.close)
    leave.start()
    done: list[Any] = []
    rebuilding = threading.Thread(target=lambda: done.append(rebuild(database.admin_url, "port")))
    rebuilding.start()
    for _ in range(3):
        site.ledger.commit(create(a_port(network, name="during")), by())
    assert not done, "the swap did not wait for the reader"
    rebuilding.join()
    leave.join()
    assert done[0].equal
    assert rebuild(database.admin_url, "port").equal
    assert sum('"during"' in body for (body,) in site.log.pool.query("select body from port")) == 3


def test_a_rebuild_that_dies_leaves_the_live_table_alone(database: Any, site: Site) -> None:
    live(site)
    before = table(site, "port")

    def die(position: int, head: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(database.admin_url, "port", die)
    assert table(site, "port") == before
    assert rebuild(database.admin_url, "port").equal


def test_progress_is_told_up_to_the_head(database: Any, site: Site) -> None:
    live(site)
    told: list[tuple[int, int]] = []
    progress: Callable[[int, int], None] = lambda position, head: told.append((position, head))  # noqa: E731
    report = rebuild(database.admin_url, "port", progress)
    assert told[-1] == (report.position, report.position)


def test_an_empty_log_gives_an_empty_table(database: Any, site: Site) -> None:
    report = rebuild(database.admin_url, "port")
    assert (report.rows, report.position, report.equal) == (0, 0, True)


def test_an_unknown_kind_is_refused_before_anything_happens(database: Any) -> None:
    with pytest.raises(KeyError):
        rebuild(database.admin_url, "event")
    with psycopg2.connect(database.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('event_v2')")
        assert cursor.fetchall() == [(None,)]
    connection.close()
