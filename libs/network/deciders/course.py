"""Several decisions as one: each is made on the world as those before left it, and all are committed or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from libs.eventlog.protocol import Change, Guard, NoneRefers
from libs.network.resources import apply_events, kind_and_id
from libs.network.world import Decision, World


@dataclass(slots=True)
class Course:
    """Decisions one after the other, as one."""

    world: World
    changes: tuple[Change, ...] = ()
    guards: tuple[Guard, ...] = ()

    def goes_on(self, decide: Callable[[World], Decision]) -> None:
        """One more, on the world as it is by now."""
        decision = decide(self.world)
        resources = dict(self.world.resources)
        for one in decision.changes:
            before = resources.get(one.stream)
            resources[one.stream] = apply_events(before, one.stream, one.events, self.world.context.at)
        self.world = replace(self.world, resources=resources)
        self.changes, self.guards = (*self.changes, *decision.changes), (*self.guards, *decision.guards)

    def decision(self, *touched: str) -> Decision:
        """All of them; what ends by one of them is in no other's way."""
        ended = [kind_and_id(one.stream) for one in self.changes if one.ends]
        return Decision(self.changes, tuple(_besides(one, ended) for one in self.guards), touched)


def _besides(guard: Guard, ended: list[tuple[str, str]]) -> Guard:
    if not isinstance(guard, NoneRefers):
        return guard
    return replace(guard, besides=(*guard.besides, *(id for kind, id in ended if kind == guard.kind)))
