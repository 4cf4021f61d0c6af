"""Many callers, few calls: what the group commit and the coalesced RPC stand on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from libs.gather import Gather


class Clerk:
    """Answers lists of numbers with their doubles; holds each call until told, and remembers them."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.free = threading.Event()
        self.busy = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def __call__(self, items: list[int]) -> list[int | Exception]:
        with self._lock:
            self.calls.append(items)
            self.busy += 1
            self.most_at_once = max(self.most_at_once, self.busy)
        assert self.free.wait(10)
        with self._lock:
            self.busy -= 1
        return [ValueError(f"{item} is odd") if item % 2 else item * 2 for item in items]


def ask_in_threads(ask: Callable[[int], object], items: list[int]) -> tuple[list[threading.Thread], dict[int, object]]:
    """One thread per item; what each got or met."""
    got: dict[int, object] = {}

    def run(item: int) -> None:
        try:
            got[item] = ask(item)
        except BaseException as error:
            got[item] = error

    threads = [threading.Thread(target=run, args=(item,), daemon=True) for item in items]
    for thread in threads:
        thread.start()
    return threads, got


def finish(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive(), "a caller hangs"


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_those_who_come_during_a_call_go_together_in_the_next() -> None:
    clerk = Clerk()
    gather = Gather(clerk)
    first, got_first = ask_in_threads(gather.ask, [0])
    until(lambda: len(clerk.calls) == 1)
    rest, got = ask_in_threads(gather.ask, [2, 4, 6, 8])
    until(lambda: len(gather._waiting) == 4)
    clerk.free.set()
    finish(first + rest)
    assert {**got_first, **got} == {0: 0, 2: 4, 4: 8, 6: 12, 8: 16}
    assert [sorted(call) for call in clerk.calls] == [[0], [2, 4, 6, 8]]


def test_a_refused_question_is_the_asker_s_own_matter() -> None:
    clerk = Clerk()
    clerk.free.set()
    gather = Gather(clerk)
    assert gather.ask(2) == 4
    with pytest.raises(ValueError, match="3 is odd"):
        gather.ask(3)
    answers = gather.ask_all([2, 3])
    assert answers[0] == 4
    assert isinstance(answers[1], ValueError)


def test_a_call_that_fails_fails_for_all_in_it_and_for_nobody_later() -> None:
    fail = True

    def call(items: list[int]) -> list[int]:
        if fail:
            raise ConnectionError("gone")
        return items

    gather = Gather(call)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            gather.ask(1)
    fail = False
    assert gather.ask(1) == 1


def test_too_few_answers_are_an_error_not_a_mix_up() -> None:
    gather: Gather[int, int] = Gather(lambda items: items[:-1])
    with pytest.raises(RuntimeError, match="0 answers to 1 questions"):
        gather.ask(1)


def test_lanes_and_limit_hold_and_nobody_is_left_out() -> None:
    clerk = Clerk()
    gather = Gather(clerk, lanes=2, limit=3)
    threads, got = ask_in_threads(gather.ask, list(range(0, 80, 2)))
    until(lambda: clerk.busy == 2)
    clerk.free.set()
    finish(threads)
    assert got == {item: item * 2 for item in range(0, 80, 2)}
    assert clerk.most_at_once == 2
    assert max(map(len, clerk.calls)) <= 3


def test_many_questions_of_one_asker_go_in_one_call_in_order() -> None:
    clerk = Clerk()
    clerk.free.set()
    gather = Gather(clerk)
    assert gather.ask_all(range(0, 10, 2)) == [0, 4, 8, 12, 16]
    assert clerk.calls == [[0, 2, 4, 6, 8]]
    assert gather.ask_all([]) == []


def test_who_waits_too_long_goes_away_and_is_not_asked_for() -> None:
    clerk = Clerk()
    gather = Gather(clerk)
    leader, _ = ask_in_threads(gather.ask, [0])
    until(lambda: len(clerk.calls) == 1)
    with pytest.raises(TimeoutError):
        gather.ask(2, timeout_seconds=0.05)
    clerk.free.set()
    finish(leader)
    assert gather.ask(4) == 8
    assert clerk.calls == [[0], [4]], "the question that was given up was asked all the same"


def test_a_killed_leader_leaves_its_lane_to_the_others() -> None:
    class Killed(BaseException):
        """As GreenletExit: no Exception."""

    kill = [True]
    entered, go_on = threading.Event(), threading.Event()

    def call(items: list[int]) -> list[int]:
        if kill.pop() if kill else False:
            entered.set()
            go_on.wait(5)
            raise Killed
        return items

    gather = Gather(call)
    leader, met = ask_in_threads(gather.ask, [1])
    entered.wait(5)
    rest, got = ask_in_threads(gather.ask, [2, 3])
    until(lambda: len(gather._waiting) == 2)
    go_on.set()
    finish(leader + rest)
    assert isinstance(met[1], Killed)
    assert got == {2: 2, 3: 3}
    assert gather.ask(4) == 4


def test_under_load_everyone_gets_their_own_answer() -> None:
    def call(items: list[int]) -> list[int]:
        time.sleep(0.001)
        return [item + 1 for item in items]

    gather = Gather(call, lanes=2, limit=7)
    wrong: list[int] = []

    def worker(start: int) -> None:
        wrong.extend(item for item in range(start, start + 50) if gather.ask(item) != item + 1)

    threads = [threading.Thread(target=worker, args=(index * 1000,), daemon=True) for index in range(24)]
    for thread in threads:
        thread.start()
    finish(threads)
    assert wrong == []
    until(lambda: gather._free == 2)  # a lane that was handed on ends a moment after its last answer
