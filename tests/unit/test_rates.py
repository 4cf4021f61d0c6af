"""How much of one sender is taken: tokens, lanes, and how little is logged."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.bus.lanes import Lanes
from libs.rates import Drops, Rates


def test_what_costs_more_needs_more_time() -> None:
    rates = Rates(burst=10, per_second=1.0)
    assert rates.allow("big", 0.0, cost=8) and not rates.allow("big", 0.0, cost=8)
    assert rates.allow("big", 6.0, cost=8)
    assert rates.allow("other", 6.0, cost=10)


def test_a_part_is_granted_when_all_is_too_much() -> None:
    rates = Rates(burst=5, per_second=2.0)
    assert [rates.grant("h", at, 4) for at in (0.0, 0.0, 0.0, 1.0)] == [4, 1, 0, 2]


def test_a_flood_is_one_line_a_minute_and_every_message_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    drops = Drops(logging.getLogger("flood"), lambda: now[0])
    for _ in range(10_000):
        drops.note("too many", "agent-ovs.red")
    drops.note("too many", "agent-ovs.other")
    assert drops["too many"] == 10_001 and len(caplog.records) == 2
    now[0] = 61.0
    drops.note("too many", "agent-ovs.red")
    assert len(caplog.records) == 3


def test_one_who_sends_much_holds_up_nobody() -> None:
    lanes: Lanes[int] = Lanes(workers=2, depth=3, size=100)
    for number in range(3):
        lanes.put("red", number, 1)
    assert not lanes.has_room("red", 1)
    lanes.put("blue", 10, 1)
    lanes.put("green", 20, 1)
    assert [lanes.next(), lanes.next(), lanes.next()] == [("red", 0), ("blue", 10), None]
    lanes.done("red")
    assert lanes.next() == ("green", 20), "red has to wait for its turn"


def test_few_large_messages_of_one_user_wait() -> None:
    lanes: Lanes[int] = Lanes(workers=1, depth=9, size=100)
    assert lanes.has_room("red", 500), "one alone always may"
    lanes.put("red", 1, 60)
    assert lanes.has_room("red", 40) and not lanes.has_room("red", 41)


@given(st.lists(st.sampled_from(["a", "b", "c", "take", "done"])))
def test_each_user_s_messages_come_once_in_order_and_alone(steps: list[str]) -> None:
    lanes: Lanes[int] = Lanes(workers=2, depth=99, size=99)
    put: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    taken: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    busy: list[str] = []
    for number, step in enumerate([*steps, *["done", "take"] * (len(steps) + 2)]):
        if step in put:
            lanes.put(step, number, 1)
            put[step].append(number)
        elif step == "done" and busy:
            lanes.done(busy.pop(0))
        elif step == "take" and (found := lanes.next()):
            assert found[0] not in busy and len(busy) < 2
            busy.append(found[0])
            taken[found[0]].append(found[1])
    assert taken == put
