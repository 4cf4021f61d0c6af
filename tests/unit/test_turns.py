"""Turns at a stream: one at a time, in order, given up when they take too long; nobody waits for ever and nothing is left."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest

from libs.commands import UpdateNetwork
from libs.eventlog.memory import MemoryLog
from libs.eventlog.protocol import Append, Outcome, StaleVersion
from libs.eventlog.turns import Turns
from tests.unit.commit_cases import Site, by


def test_one_has_the_turn_at_a_time():
    turns, inside, most = Turns(10), [], []

    def work(number: int) -> None:
        with turns.taken("network-1"):
            inside.append(number)
            most.append(len(inside))
            sleep(0.002)
            inside.remove(number)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert most == [1] * 16
    assert len(turns) == 0, "nothing is remembered of turns that are over"


def test_other_streams_and_no_stream_have_nothing_to_wait_for():
    turns = Turns(10)
    with turns.taken("network-1"), turns.taken("network-2"), turns.taken(""), turns.taken(""):
        assert len(turns) == 2
    assert len(turns) == 0


def test_who_comes_later_is_told_where_others_stand_in_line():
    turns = Turns(10)
    assert turns.awaited(("network-1",)) == ""
    with turns.taken("network-1"):
        assert turns.awaited(("port-1", "network-1")) == "network-1"
        assert turns.awaited(("port-1",)) == ""
    assert turns.awaited(("network-1",)) == ""


def test_a_turn_that_takes_too_long_is_not_waited_for():
    turns, began, over = Turns(0.05), threading.Event(), threading.Event()

    def stuck() -> None:
        with turns.taken("network-1"):
            began.set()
            over.wait(10)

    holder = threading.Thread(target=stuck)
    holder.start()
    began.wait(10)
    at = monotonic()
    with turns.taken("network-1"):
        assert 0.04 < monotonic() - at < 5
    over.set()
    holder.join()
    assert len(turns) == 0
    with turns.taken("network-1"):
        assert len(turns) == 1


def test_a_turn_is_given_back_by_who_fails():
    turns = Turns(10)
    with pytest.raises(ValueError), turns.taken("network-1"):
        raise ValueError
    at = monotonic()
    with turns.taken("network-1"):
        assert monotonic() - at < 5


class Refereed(MemoryLog):
    """A log that takes as long as a real one, and counts who came too late."""

    def __init__(self) -> None:
        super().__init__()
        self.late = 0

    def append(self, batch: Sequence[Append]) -> list[Outcome]:
        sleep(0.002)
        outcomes = super().append(batch)
        self.late += sum(isinstance(one, StaleVersion) for one in outcomes)
        return outcomes


def test_a_race_of_many_for_one_stream_is_run_once():
    log, racers = Refereed(), 24
    site = Site(log)
    network = site.network()

    def change(number: int) -> None:
        site.ledger.commit(UpdateNetwork(network, {"description": f"by {number}"}), by())

    with ThreadPoolExecutor(racers) as threads:
        list(threads.map(change, range(racers)))
    [row] = log.rows([("network", network)]).values()
    assert row.version == 1 + racers, "everybody got through"
    assert log.late < 2 * racers, "each comes too late once or so; without turns it is some ten times"
