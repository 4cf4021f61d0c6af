"""Free addresses of one subnet: cheap at any size, never given twice, released ones last."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.ipam.pools import Pool


class CountingSet(set[int]):
    """A set that counts how often it is looked into."""

    looks = 0

    def __contains__(self, value: object) -> bool:
        self.looks += 1
        return super().__contains__(value)


def take(pool: Pool, port: str, avoid: Iterable[int] = ()) -> int | None:
    return pool.promise(port, 10.0, set(avoid))


@pytest.mark.parametrize("size", [10, 10**4, 2**24, 2**64])
def test_a_choice_costs_the_same_in_any_size_of_subnet(size: int) -> None:
    taken = CountingSet()
    pool = Pool([(1, size)], taken)
    for number in range(8):
        assert take(pool, f"p{number}") == number + 1
    assert taken.looks == 8, "one look per choice"


@pytest.mark.parametrize("ports", [100, 20_000])
def test_a_choice_costs_the_same_however_many_ports_there_are(ports: int) -> None:
    taken = CountingSet(range(1, ports))
    pool = Pool([(1, 2**24)], taken)
    taken.looks = 0
    assert take(pool, "p") == ports
    assert taken.looks == 1


def test_addresses_asked_for_by_name_are_skipped_once_each() -> None:
    taken = CountingSet()
    pool = Pool([(1, 1000)], taken)
    for value in range(1, 501):
        pool.allocate(value, "holder")
    taken.looks = 0
    assert [take(pool, f"p{number}") for number in range(3)] == [501, 502, 503]
    assert taken.looks == 503


def test_what_is_released_is_used_last_and_oldest_first() -> None:
    pool = Pool([(1, 5)], set())
    for value in (1, 2):
        pool.allocate(value, "holder")
    pool.release(2)
    pool.release(1)
    assert [take(pool, f"p{number}") for number in range(6)] == [3, 4, 5, 2, 1, None]


def test_a_full_pool_has_room_again_after_a_release() -> None:
    pool = Pool([(1, 2)], {1, 2})
    assert take(pool, "p") is None
    pool.release(1)
    assert take(pool, "p") == 1


def test_addresses_outside_the_pools_are_never_chosen() -> None:
    pool = Pool([(10, 11), (20, 20)], {5, 10})
    pool.release(5)
    pool.release(15)
    pool.allocate(30, "holder")
    pool.release(30)
    assert [take(pool, f"p{number}") for number in range(3)] == [11, 20, None]


def test_a_promise_that_nobody_keeps_is_free_again_and_a_kept_one_is_not() -> None:
    pool = Pool([(1, 2)], set())
    assert take(pool, "lost") == 1
    assert take(pool, "kept") == 2
    pool.allocate(2, "kept")
    for value in (1, 2):
        pool.expire(value, now=10.0)
    assert take(pool, "next") == 1
    assert take(pool, "one more") is None


def test_a_port_that_asks_again_gets_what_it_was_promised() -> None:
    pool = Pool([(1, 3)], set())
    assert take(pool, "p") == 1
    assert pool.promise("p", 20.0) == 1
    pool.expire(1, now=10.0)
    assert [take(pool, "q"), take(pool, "r"), take(pool, "s")] == [2, 3, None], "the promise was renewed"


def test_a_port_whose_promise_was_lost_gets_another_one() -> None:
    pool = Pool([(1, 1000)], set())
    assert take(pool, "p") == 1
    again = take(pool, "p", avoid=[1])
    assert again not in (None, 1)
    assert take(pool, "p") == again


def test_avoided_addresses_are_set_aside_and_offered_to_others_later() -> None:
    pool = Pool([(1, 3)], set())
    assert take(pool, "p", avoid=[1, 2]) == 3
    assert [take(pool, "q"), take(pool, "r")] == [1, 2]


def test_a_collision_with_another_ipam_moves_the_place_and_loses_no_address() -> None:
    pool = Pool([(1, 40), (100, 139)], set(), random.Random(1).randrange)
    got, order = set(), []
    for number in range(80):
        value = take(pool, f"p{number}")
        assert value is not None
        got.add(value)
        order.append(value)
        if number % 9 == 0:
            pool.allocate(value, "somebody else's port")
    assert got == set(range(1, 41)) | set(range(100, 140))
    assert sum(abs(one - other) > 1 for one, other in itertools.pairwise(order)) >= 5
    assert take(pool, "more") is None


def test_other_pools_leave_the_taken_ones_taken() -> None:
    pool = Pool([(1, 4)], {2})
    assert take(pool, "p") == 1
    pool.set_ranges([(1, 2), (6, 7)])
    assert [take(pool, f"q{number}") for number in range(3)] == [6, 7, None]


class PoolLife(RuleBasedStateMachine):
    """Any life of a small pool against the plainest model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.pool, self.held, self.promised, self.port = Pool([(3, 9), (12, 14)], set()), set[int](), set[int](), 0
        self.inside = {*range(3, 10), *range(12, 15)}

    @rule()
    def choose(self) -> None:
        self.port += 1
        value = take(self.pool, f"p{self.port}")
        free = self.inside - self.held - self.promised
        assert (value in free) if free else (value is None)
        if value is not None:
            self.promised.add(value)

    @rule(value=st.integers(1, 16), port=st.sampled_from(["p1", "p2", "p3", "other"]))
    def allocate(self, value: int, port: str) -> None:
        self.pool.allocate(value, port)
        self.held.add(value)
        self.promised.discard(value)

    @rule(value=st.integers(1, 16))
    def release(self, value: int) -> None:
        if value in self.held:
            self.pool.release(value)
            self.held.discard(value)

    @rule(value=st.integers(1, 16))
    def expire(self, value: int) -> None:
        self.pool.expire(value, now=10.0)
        self.promised.discard(value)

    @invariant()
    def memory_is_bounded(self) -> None:
        assert len(self.pool._released) <= len(self.inside)
        assert set(self.pool._promised) == self.promised
        assert {value for mine in self.pool._by_port.values() for value in mine} == self.promised


TestPoolLife = PoolLife.TestCase
TestPoolLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
