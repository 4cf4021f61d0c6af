"""Notices and what Nova's answer means for them. Pure. Source: nova.api.openstack.compute.server_external_events of Nova 34."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLUGGED, UNPLUGGED = "network-vif-plugged", "network-vif-unplugged"
CHANGED, DELETED = "network-changed", "network-vif-deleted"
_TAKEN, _UNKNOWN, _UNFIT = (200, 207), 404, (400, 413, 422)


@dataclass(frozen=True, slots=True)
class Notice:
    """One event about a server's port; status `completed`, empty for a name that has none."""

    name: str
    server_id: str
    port_id: str
    status: str = ""

    def body(self) -> dict[str, str]:
        """As Nova reads it."""
        told = {"name": self.name, "server_uuid": self.server_id, "tag": self.port_id}
        return {**told, "status": self.status} if self.status else told


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some notices. done: those that need no further try. again: those that do. split: Nova will not have them
    together, or not this one. unheard: it answered as if it had taken none."""

    done: tuple[Notice, ...] = ()
    again: tuple[Notice, ...] = ()
    split: bool = False
    unheard: str = ""


def outcome_of(notices: Sequence[Notice], status: int, body: Any) -> Outcome:
    """What an answer says. 404: Nova knows none of these servers any more, nothing is to be told."""
    every = tuple(notices)
    if status in _TAKEN:
        again = tuple(one for one, code in zip(every, _codes(body, len(every)), strict=True) if code >= 500)
        return Outcome(tuple(one for one in every if one not in again), again)
    if status == _UNKNOWN:
        return Outcome(every)
    if status in _UNFIT:
        return Outcome(again=every, split=True)
    return Outcome(again=every, unheard=f"Nova answers with status {status}")


def _codes(body: Any, count: int) -> list[int]:
    """Each notice's own code; what cannot be read says that it was taken."""
    events = body.get("events") if isinstance(body, Mapping) else None
    told = events if isinstance(events, list) and len(events) == count else [None] * count
    codes = [one.get("code") if isinstance(one, Mapping) else None for one in told]
    return [code if isinstance(code, int) else 200 for code in codes]
