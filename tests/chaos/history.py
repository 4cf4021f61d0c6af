"""What clients did and what they were told: the history that the checker judges. Pure but for the recorder's lock."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.naming import plural_of

DONE, REFUSED, UNKNOWN = "done", "refused", "unknown"
"""Fates of a call: acknowledged; surely without effect; nobody told the client (time-out, cut connection, a 503 that says so)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One resource as an answer showed it; revision 0: its kind shows none."""

    kind: str
    id: str
    revision: int
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request from its sending to its answer. verb: create, update, delete, show or list.

    tag: unique text that a write puts into the name (a bulk's items `<tag>.0`, `<tag>.1`, ..) and, when it updates, into the
    description too; so that it can be found in the log. target: id of what is updated, deleted, shown, or of the listed network.
    size: how many a create makes. begun, ended: seconds of one clock.
    """

    client: int
    verb: str
    kind: str
    begun: float
    ended: float
    fate: str
    status: int = 0
    tag: str = ""
    target: str = ""
    size: int = 1
    seen: tuple[Seen, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that this create gives."""
        return (self.tag,) if self.size == 1 else tuple(f"{self.tag}.{number}" for number in range(self.size))


@dataclass(slots=True)
class History:
    """Calls as they end; safe to share between threads."""

    calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: Call) -> None:
        """Note a call that ended."""
        with self._lock:
            self.calls.append(call)


def seen_in(kind: str, answer: Any) -> tuple[Seen, ...]:
    """The resources in an answer's body, of one or of many."""
    if not isinstance(answer, Mapping):
        return ()
    one = answer.get(kind)
    bodies = [one] if isinstance(one, Mapping) else answer.get(plural_of(kind), [])
    return tuple(Seen(kind, body["id"], body.get("revision_number", 0), body.get("name", "")) for body in bodies)
