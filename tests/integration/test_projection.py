"""Catch-up projections: what is kept and how far it goes are one commit."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg2
import pytest

from libs.errors import Refusal
from libs.eventlog.follow import Tail
from libs.eventlog.pool import Pool
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Recorded
from libs.projection import PAGE, Projection, ProjectionRunner
from tests.contract.log_cases import new_port

pytestmark = pytest.mark.postgres


@pytest.fixture
def pool(database: Any) -> Iterator[Pool]:
    database.fresh()
    with psycopg2.connect(database.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists counted; create table counted (position bigint primary key)")
    connection.close()
    yield Pool(database.url)
    with psycopg2.connect(database.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("drop table counted; delete from projection")
    connection.close()


def count(cursor: Any, events: Sequence[Recorded]) -> None:
    """Each position once; a second time would violate the primary key."""
    cursor.execute("insert into counted select unnest(%s)", ([one.position for one in events],))


COUNT = Projection("count", count)


def counted(pool: Pool) -> int:
    return int(pool.query("select count(*) from counted")[0][0])


def test_it_catches_up_page_by_page_and_goes_on_where_it_was(pool: Pool) -> None:
    log = PostgresLog(pool.url)
    log.append([new_port(str(number)) for number in range(PAGE + 5)])
    assert ProjectionRunner(pool, COUNT).position() == 0
    assert ProjectionRunner(pool, COUNT).catch_up() == PAGE + 5
    log.append([new_port("more")])
    assert ProjectionRunner(pool, COUNT).catch_up() == PAGE + 6
    assert counted(pool) == PAGE + 6


def test_a_page_that_fails_is_wholly_undone(pool: Pool) -> None:
    def fail(cursor: Any, events: Sequence[Recorded]) -> None:
        count(cursor, events)
        raise ValueError("cannot fold")

    PostgresLog(pool.url).append([new_port("a")])
    with pytest.raises(ValueError, match="cannot fold"):
        ProjectionRunner(pool, Projection("count", fail)).catch_up()
    assert (ProjectionRunner(pool, COUNT).position(), counted(pool)) == (0, 0)
    assert ProjectionRunner(pool, COUNT).catch_up() == 1


def test_replicas_fold_every_event_once_between_them(pool: Pool) -> None:
    log = PostgresLog(pool.url)
    errors: list[Exception] = []

    def run() -> None:
        runner = ProjectionRunner(Pool(pool.url), COUNT)
        try:
            for _ in range(20):
                runner.catch_up()
        except (psycopg2.Error, Refusal) as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(50):
        log.append([new_port(str(number))])
    for thread in threads:
        thread.join()
    assert errors == []
    assert ProjectionRunner(pool, COUNT).catch_up() == 50
    assert counted(pool) == 50


def test_it_follows_and_can_start_again(pool: Pool) -> None:
    log = PostgresLog(pool.url)
    runner, tail = ProjectionRunner(pool, COUNT), Tail(log, 0)
    threading.Timer(0.1, log.append, ([new_port("a")],)).start()
    assert runner.follow(tail, 5) == 1
    tail.close()
    runner.reset(lambda cursor: cursor.execute("delete from counted"))
    assert (runner.position(), counted(pool)) == (0, 0)
    assert runner.catch_up() == 1
