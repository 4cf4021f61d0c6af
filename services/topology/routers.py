"""What keeps routers running on live hosts: the subject of a `process.Process`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from libs.commands import Command, ScheduleRouter
from libs.errors import Refusal
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import EventLog, Recorded
from libs.events import (
    Event,
    RouterDeleted,
    RouterGatewaySet,
    RouterInterfaceAttached,
    RouterScheduled,
    RouterUnscheduled,
)
from services.topology import routing
from services.topology.agents import Agents
from services.topology.commits import Commits
from services.topology.loads import Loads
from services.topology.routing import Routed
from services.topology.served import births, routed_views

_LOADS = "select host, id from router where host <> ''"
_LACKING = """
    select id from router where agent_id = '' and (external_network_id <> '' or subnet_ids <> '{}')
    union select r.id from router r left join agent a on a.id = r.agent_id
    where r.agent_id <> '' and not coalesce(a.alive, false)
    union select device_id from port where device_owner in ('network:router_interface', 'network:router_gateway')
    and host <> '' and body like '%"binding_failed"%'"""


class RoutersRun:
    """A `process.Subject`. agents: the model that follows the log in this process."""

    name, called = "l3", "router"

    def __init__(self, log: EventLog, pool: Pool, commits: Commits, agents: Agents) -> None:
        self._log, self._pool, self._commits, self._agents = log, pool, commits, agents
        self.loads = Loads()

    def start(self) -> dict[str, Recorded]:
        """As `Subject.start`; a port that could not be bound is a lack, too."""
        self.loads = Loads(self._pool.query(_LOADS))
        return births(self._log, "router", [id for (id,) in self._pool.query(_LACKING)])

    def touched(self, event: Event) -> Iterable[str]:
        """As `Subject.touched`."""
        if isinstance(event, RouterGatewaySet | RouterInterfaceAttached):
            return (event.router_id,)
        if isinstance(event, RouterScheduled):
            self.loads.put(event.host, event.router_id)
        elif isinstance(event, RouterUnscheduled | RouterDeleted):
            self.loads.drop(event.host, event.router_id)
            is_move = isinstance(event, RouterUnscheduled) and event.reason in routing.MOVES
            return () if is_move else (event.router_id,)
        return ()

    def taken_away(self, event: Event) -> str:
        """As `Subject.taken_away`."""
        return event.router_id if isinstance(event, RouterUnscheduled) and event.reason == routing.ASKED else ""

    def views(self, ids: Sequence[str]) -> dict[str, Routed]:
        """As `Subject.views`."""
        return routed_views(self._log, ids)

    def commands(self, view: Routed, is_lost: Callable[[str], bool], cause: Recorded) -> list[Command]:
        """As `Subject.commands`."""
        return routing.commands(view, self._agents, self.loads, is_lost)

    def is_lacking(self, view: Routed) -> bool:
        """As `Subject.is_lacking`."""
        return routing.is_lacking(view, self._agents)

    def carry_out(self, command: Command, cause: Recorded, view: Routed) -> Refusal | None:
        """As `Subject.carry_out`. Raises every Refusal."""
        if isinstance(command, ScheduleRouter):  # counted at once: the next choice is made before its event is back
            self.loads.put(command.host, command.router_id)
        try:
            self._commits.because(command, cause, f"l3 {command} {view.version}")
        except Refusal:
            if isinstance(command, ScheduleRouter):
                self.loads.drop(command.host, command.router_id)
            raise
        return None
