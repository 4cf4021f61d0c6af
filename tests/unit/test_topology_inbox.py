"""Inboxes: every loop gets every event in order, whether it keeps up, lags, or the log goes away or back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.errors import unavailable
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.events import PortRenamed
from services.topology.inbox import Inbox, LogReader
from services.topology.past import LogTurnedBack, Past


class ListLog:
    """The part of a log that is read, over a list; `gone` makes it answer 503."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.epoch, self.gone, self.reads = 1, False, 0

    def grow(self, number: int) -> None:
        for _ in range(number):
            at = len(self.events) + 1
            self.events.append(Recorded(at, "port-a", at, PortRenamed("a", "x", "y"), {}, ""))

    def read(self, after: int, limit: int) -> list[Recorded]:
        self.reads += 1
        if self.gone:
            raise unavailable("gone")
        return self.events[after : after + limit]

    def head(self) -> int:
        return len(self.events)

    def identity(self) -> LogIdentity:
        return LogIdentity("log", self.epoch)


class ScriptedTail:
    """Gives one prepared batch after the other; an Exception stands for an outage, a function is called. Ends by setting `stop`."""

    def __init__(self, log: ListLog, stop: threading.Event, *steps: int | str) -> None:
        self._log, self._stop, self._steps = log, stop, list(steps)
        self.away, self.closed, self._at = False, False, 0

    def wait(self, seconds: float) -> list[Recorded]:
        if not self._steps:
            self._stop.set()
            return []
        step = self._steps.pop(0)
        self.away = step == "away"
        if step == "restored":
            self._log.events, self._log.epoch = self._log.events[:1], 2
        if step == "another past":  # at the same length, and nobody raised the epoch
            self._log.events[1:] = [replace(one, recorded_at="later") for one in self._log.events[1:]]
        if not isinstance(step, int):
            return []
        self._log.grow(step)
        batch, self._at = self._log.events[self._at :], len(self._log.events)
        return batch

    def close(self) -> None:
        self.closed = True


def positions(batch: Sequence[Recorded]) -> list[int]:
    return [one.position for one in batch]


def past_of(log: ListLog, told: list[LogIdentity] | None = None) -> Past:
    return Past(log, log.identity(), 0, [].append if told is None else told.append)  # type: ignore[arg-type]


def reader(log: ListLog, stop: threading.Event, *steps: int | str) -> tuple[LogReader, list[int]]:
    seen: list[int] = []
    tail = ScriptedTail(log, stop, *steps)
    return LogReader(log, tail, log.identity(), 0, lambda batch: seen.extend(positions(batch))), seen  # type: ignore[arg-type]


def test_a_late_opener_reads_the_log_first_and_memory_then() -> None:
    log, stop = ListLog(), threading.Event()
    log.grow(5)
    box = Inbox(log, 2, past_of(log))  # type: ignore[arg-type]
    assert positions(box.take(0)) == [3, 4, 5]
    box.done(5)
    assert box.take(0) == []
    before, at = log.reads, len(log.events)
    log.grow(2)
    box.put(log.events[at:])
    assert positions(box.take(0)) == [6, 7]
    assert log.reads == before
    assert not stop.is_set()


def test_what_is_not_done_comes_again() -> None:
    log = ListLog()
    log.grow(3)
    box = Inbox(log, 0, past_of(log))  # type: ignore[arg-type]
    assert positions(box.take(0)) == positions(box.take(0)) == [1, 2, 3]
    box.done(2)
    assert positions(box.take(0)) == [3]


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_nothing_is_skipped_or_doubled_however_slow_the_taker_is(seed: int) -> None:
    random, log, got = Random(seed), ListLog(), list[int]()
    box, offered = Inbox(log, 0, past_of(log), held=6), 0  # type: ignore[arg-type]
    for _ in range(40):
        if random.random() < 0.6:
            log.grow(random.randint(1, 4))
            box.put(log.events[offered:])
            offered = len(log.events)
        else:
            batch = box.take(0)
            part = positions(batch)[: random.randint(0, len(batch))]
            got += part
            if part:
                box.done(part[-1])
    while batch := box.take(0):
        got += positions(batch)
        box.done(batch[-1].position)
    assert got == list(range(1, len(log.events) + 1))


def test_an_outage_is_sat_out() -> None:
    log, stop = ListLog(), threading.Event()
    follower, seen = reader(log, stop, 2, "away", "away", 3, "away", "away", 0, 1)
    follower.run(stop)
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_log_that_came_back_as_it_was_before_ends_the_process() -> None:
    log, stop = ListLog(), threading.Event()
    follower, _ = reader(log, stop, 3, "away", "restored", 1)
    with pytest.raises(LogTurnedBack):
        follower.run(stop)


def test_a_log_that_went_back_and_grew_again_is_noticed_and_told() -> None:
    log, stop, told = ListLog(), threading.Event(), list[LogIdentity]()
    tail = ScriptedTail(log, stop, 3, "away", "another past", 1)
    follower = LogReader(log, tail, log.identity(), 0, lambda batch: None, told.append)  # type: ignore[arg-type]
    with pytest.raises(LogTurnedBack):
        follower.run(stop)
    assert told == [LogIdentity("log", 1)]


def test_nothing_of_another_past_is_taken_in_before_it_was_told() -> None:
    log, stop, told, seen = ListLog(), threading.Event(), list[LogIdentity](), list[int]()

    def tell(identity: LogIdentity) -> None:
        told.append(identity)
        if len(told) == 1:
            raise unavailable("gone again")

    tail = ScriptedTail(log, stop, 3, "away", "another past", 1)
    follower = LogReader(log, tail, log.identity(), 0, lambda batch: seen.extend(positions(batch)), tell)  # type: ignore[arg-type]
    with pytest.raises(LogTurnedBack):
        follower.run(stop)
    assert len(told) == 2 and seen == [1, 2, 3]


def test_a_database_that_goes_away_while_another_past_is_found_out_is_sat_out() -> None:
    log, stop, told, seen = ListLog(), threading.Event(), list[LogIdentity](), list[int]()

    def tell(identity: LogIdentity) -> None:
        told.append(identity)
        if len(told) == 1:
            raise unavailable("gone again")

    log.grow(3)
    changed = replace(log.events[2], recorded_at="later")
    batches = iter([log.events, [changed]])

    class Tail:
        away = False

        def wait(self, seconds: float) -> list[Recorded]:
            return next(batches)

        def close(self) -> None:
            pass

    follower = LogReader(log, Tail(), log.identity(), 0, lambda batch: seen.extend(positions(batch)), tell)  # type: ignore[arg-type]
    with pytest.raises(LogTurnedBack):
        follower.run(stop)
    assert len(told) == 2 and seen == [1, 2, 3]


def test_a_restore_that_was_told_already_is_not_told_again() -> None:
    log, stop, told = ListLog(), threading.Event(), list[LogIdentity]()
    tail = ScriptedTail(log, stop, 3, "away", "restored", 1)
    follower = LogReader(log, tail, log.identity(), 0, lambda batch: None, told.append)  # type: ignore[arg-type]
    with pytest.raises(LogTurnedBack):
        follower.run(stop)
    assert told == []


def test_what_only_the_leader_had_read_is_missed_as_well() -> None:
    log, told = ListLog(), list[LogIdentity]()
    past = past_of(log, told)
    log.grow(5)
    leaders = Inbox(log, 3, past)  # type: ignore[arg-type]
    leaders.done(leaders.take(0.0)[-1].position)
    log.events[
        3:
    ] = []  # the database is an older one, and by the time that anybody looks it has grown past where it was
    log.grow(4)
    log.events[3:] = [replace(one, recorded_at="later") for one in log.events[3:]]
    follower = Inbox(log, 2, past)  # type: ignore[arg-type]
    with pytest.raises(LogTurnedBack):
        follower.take(0.0)
    assert told == [LogIdentity("log", 1)]
