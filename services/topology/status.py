"""What an agent's report means for ports' status. Pure; the decider has the last word about host and binding."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from libs.commands import ReportWired
from libs.feed import Wiring
from libs.model import ACTIVE, DOWN
from libs.network.port_bindings import PortBinding


@dataclass(frozen=True, slots=True)
class Bound:
    """A port of the host as the read model has it; of an inactive binding ACTIVE means ready."""

    status: str
    generation: int


def bound_on(host: str, rows: Iterable[tuple[str, str, str, str]]) -> dict[str, Bound]:
    """{port_id: Bound} of rows (id, host, status, hidden) that have an active binding on `host`, or an inactive one, where
    the tap is to be ready."""
    return {id: bound for id, *row in rows if (bound := _bound(host, *row)) is not None}


def _bound(host: str, active: str, status: str, hidden: str) -> Bound | None:
    told = json.loads(hidden) if hidden else {}
    if active == host:
        return Bound(status, told.get("generation", 0))
    for other in told.get("others", ()):
        one = PortBinding(*other)
        if one.host == host:
            return Bound(ACTIVE if one.is_wired else DOWN, one.generation)
    return None


def reports(message: Wiring, host: str, bound: Mapping[str, Bound]) -> list[ReportWired]:
    """The commands that a message comes to.

    bound: {port_id: Bound} of the ports bound on the host that the message is about: all in its range when it is complete, else
    those that it names. What is not of this host, or of an older binding, or known already, comes to nothing, and costs nothing.
    Complete: what is ACTIVE and not named is unwired, so that no lost message leaves a status that is not true.
    """
    return _of_all(message, host, bound) if message.complete else _of_some(message, host, bound)


def _of_some(message: Wiring, host: str, bound: Mapping[str, Bound]) -> list[ReportWired]:
    last = {one.port_id: one for one in message.ports}
    return [
        ReportWired(one.port_id, host, one.generation, one.wired, one.reason)
        for one in last.values()
        if (found := bound.get(one.port_id)) is not None
        and one.generation == found.generation
        and one.wired != (found.status == ACTIVE)
    ]


def _of_all(message: Wiring, host: str, bound: Mapping[str, Bound]) -> list[ReportWired]:
    wired = {one.port_id: one for one in message.ports if one.wired}
    news = [
        ReportWired(one.port_id, host, one.generation, True)
        for one in wired.values()
        if one.port_id in bound and bound[one.port_id].status != ACTIVE
    ]
    gone = [
        ReportWired(port_id, host, port.generation, False)
        for port_id, port in bound.items()
        if port.status == ACTIVE and port_id not in wired
    ]
    return news + gone
