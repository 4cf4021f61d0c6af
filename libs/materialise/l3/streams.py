"""Streams of a feed folded into what they tell of, by the scope they come with. Pure.

Versions may have gaps (a host is not sent what it need not know), so each stream's last one is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from libs.chain import is_foreign
from libs.eventlog.protocol import Recorded
from libs.network import floatingip, network, port, router, subnet
from libs.network.resources import kind_and_id

_EVOLVE: Mapping[str, Callable[[Any, Any], Any]] = {
    "network": network.evolve,
    "subnet": subnet.evolve,
    "port": port.evolve,
    "router": router.evolve,
    "floatingip": floatingip.evolve,
}
_ENDED_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one thing; None before it was there, and after it went."""

    kind: str
    id: str
    before: Any
    after: Any


class Streams:
    """things {kind: {id: state}}."""

    def __init__(self) -> None:
        self.things: dict[str, dict[str, Any]] = {kind: {} for kind in _EVOLVE}
        self._versions: dict[str, int] = {}
        self._scopes: dict[str, set[str]] = {}  # {scope: streams}
        self._held: frozenset[str] | None = None
        self._ended: dict[str, None] = {}  # the last streams that ended: a late copy must not revive them

    def held(self, scopes: frozenset[str]) -> None:
        """The host is in these scopes; ports of other networks, known by their groups, are ignored from now on."""
        self._held = scopes

    def take(self, recorded: Recorded) -> Change | None:
        """Take in one event; None when it changes nothing here."""
        stream = recorded.stream
        kind, id = kind_and_id(stream)
        if kind not in _EVOLVE or stream in self._ended or recorded.version <= self._versions.get(stream, 0):
            return None
        if self._held is not None and is_foreign(recorded, self._held):
            return None
        before = self.things[kind].get(id)
        after = _EVOLVE[kind](before, recorded.event)
        if before is after:  # about nothing that is known here
            return None
        self._put(stream, before, after)
        if after is not None:
            self._versions[stream] = recorded.version
        else:
            self._end(stream)
        return Change(kind, id, before, after) if before != after else None

    def forget(self, scopes: Iterable[str] | None) -> list[Change]:
        """Drop what came with these scopes (None: everything); their events will come anew."""
        gone = []
        for scope in list(self._scopes) if scopes is None else scopes:
            for stream in sorted(self._scopes.get(scope, ())):
                kind, id = kind_and_id(stream)
                gone.append(Change(kind, id, self.things[kind][id], None))
                self._put(stream, self.things[kind][id], None)
        self._ended.clear()
        return gone

    def _put(self, stream: str, before: Any, after: Any) -> None:
        kind, id = kind_and_id(stream)
        scope = _scope(kind, before if after is None else after)
        if after is not None:
            self.things[kind][id] = after
            self._scopes.setdefault(scope, set()).add(stream)
            return
        del self.things[kind][id]
        self._versions.pop(stream, None)
        self._scopes[scope].discard(stream)
        if not self._scopes[scope]:
            del self._scopes[scope]

    def _end(self, stream: str) -> None:
        self._ended[stream] = None
        if len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]


def _scope(kind: str, state: Any) -> str:
    """As `libs.network.resources.scope_of`."""
    if kind in ("network", "router"):
        return str(state.id)
    return str(state.floating_network_id if kind == "floatingip" else state.network_id)
