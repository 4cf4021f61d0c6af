"""The shape of a resource: how events fold into its state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

S = TypeVar("S")
E = TypeVar("E")


def fold(evolve: Callable[[S, E], S], state: S, events: Iterable[E]) -> S:
    """`state` after `events` in order."""
    for event in events:
        state = evolve(state, event)
    return state
