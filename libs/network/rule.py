"""How one kind of command is decided: three pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from libs.network.resources import stream_of
from libs.network.world import Decision, Need, Question, World


def nothing(command: Any, world: World) -> tuple[()]:
    """Nothing is needed, nothing is asked."""
    return ()


def own_stream(kind: str, attribute: str) -> Callable[[Any, World], tuple[str, ...]]:
    """The one stream that the command names in `attribute` is needed."""
    return lambda command, world: (stream_of(kind, getattr(command, attribute)),)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of command is decided."""

    decide: Callable[[Any, World], Decision]
    needs: Callable[[Any, World], tuple[Need, ...]]
    questions: Callable[[Any, World], tuple[Question, ...]] = nothing
