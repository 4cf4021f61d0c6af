"""How long a fact may be, and what becomes of one that is longer: over the log in memory and the log in PostgreSQL."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from libs.commands import UpdateNetwork
from libs.errors import Refusal
from libs.eventlog.chain import MAX_EVENT_BYTES, EventTooLarge
from libs.eventlog.memory import MemoryLog
from libs.eventlog.postgres import PostgresLog
from tests.contract.log_cases import new_port, rename
from tests.unit.commit_cases import Site, by

Log = MemoryLog | PostgresLog


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def log(request: pytest.FixtureRequest) -> Log:
    if request.param == "memory":
        return MemoryLog()
    database: Any = request.getfixturevalue("database")
    return PostgresLog(database.fresh().url)


def test_a_fact_that_is_too_long_is_not_stored_and_nothing_beside_it(log: Log) -> None:
    with pytest.raises(EventTooLarge, match="PortRenamed.v1 of 6"):
        log.append([new_port("a"), rename("a", 1, "x" * MAX_EVENT_BYTES)])
    assert log.head() == 0 and log.append([new_port("a")])[0].last == 1  # type: ignore[union-attr]


def test_the_longest_fact_fits(log: Log) -> None:
    log.append([new_port("a")])
    room = MAX_EVENT_BYTES - len('{"after":"","before":"a","port_id":"a"}')
    log.append([rename("a", 1, "x" * room)])
    with pytest.raises(EventTooLarge):
        log.append([rename("a", 2, "x" * (room + 1))])
    with pytest.raises(EventTooLarge):
        log.append([rename("a", 2, "\U0001f6f0" * (room // 12 + 1))])
    assert log.head() == 2


def test_too_much_from_one_fails_for_him_alone(log: Log) -> None:
    """Twelve at once, which share appends; every third says too much."""
    site = Site(log, forgetful=False)
    networks, came = [site.network() for _ in range(12)], dict[int, int]()
    barrier = threading.Barrier(12)

    def describe(number: int) -> None:
        barrier.wait()
        try:
            text = "\U0001f6f0" * 10_000 if number % 3 == 0 else "fine"
            site.ledger.commit(UpdateNetwork(networks[number], {"description": text}), by())
            came[number] = 200
        except Refusal as refusal:
            came[number] = refusal.status

    threads = [threading.Thread(target=describe, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came == {number: 400 if number % 3 == 0 else 200 for number in range(12)}
    assert log.verify()
