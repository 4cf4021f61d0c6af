"""The pure functions that a commit decides with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from libs.eventlog.shapes import Kind
from libs.events import Event
from libs.network import decisions
from libs.network.claims import Claims, claims_of
from libs.network.kinds import KINDS
from libs.network.world import Decision, Need, Question, World


@dataclass(frozen=True, slots=True)
class Domain:
    """The pure functions that decide; `libs.network` unless a test brings its own."""

    needs: Callable[[Any, World], tuple[Need, ...]]
    questions: Callable[[Any, World], tuple[Question, ...]]
    decide: Callable[[Any, World], Decision]
    claims_of: Callable[[Event], Claims]
    kinds: Mapping[str, Kind]


NETWORK_DOMAIN = Domain(decisions.needs, decisions.questions, decisions.decide, claims_of, KINDS)
"""The domain of this product."""
