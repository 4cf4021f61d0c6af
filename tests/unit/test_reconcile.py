"""A plan, carried out, makes the kernel what is wanted, and a second plan is empty."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from libs.reconcile import Plan, diff

objects = st.dictionaries(st.integers(0, 20), st.text("ab", max_size=2))


def test_what_is_missing_differs_or_is_too_much() -> None:
    plan = diff({"a": 1, "b": 2, "c": 3}, {"b": 2, "c": 9, "d": 4})
    assert plan == Plan(create={"a": 1}, change={"c": 3}, remove={"d": 4})
    assert len(plan) == 3


def test_equal_sides_need_nothing() -> None:
    assert not diff({"a": 1}, {"a": 1})


def test_only_the_asked_keys_are_looked_at() -> None:
    assert diff({"a": 1, "b": 1}, {"c": 1, "d": 1}, only=["a", "c", "x"]) == Plan(create={"a": 1}, remove={"c": 1})


def test_what_means_the_same_is_left_alone() -> None:
    assert not diff({"a": "X"}, {"a": "x"}, same=lambda one, other: one.lower() == other.lower())


@given(objects, objects)
def test_a_plan_carried_out_makes_actual_wanted(wanted: dict[int, str], actual: dict[int, str]) -> None:
    plan = diff(wanted, actual)
    after = (
        {key: value for key, value in actual.items() if key not in plan.remove} | dict(plan.create) | dict(plan.change)
    )
    assert after == wanted
    assert not diff(wanted, after)
    assert not plan.create.keys() & actual.keys() and plan.change.keys() <= actual.keys() & wanted.keys()
