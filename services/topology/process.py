"""The shape of a process that keeps things served: events in, commands out. Only the leader runs one.

Its whole state follows from the log and the read model: what to look at comes from the events after its stored position and from
what its subject finds at the start. Everything it does may be done twice, and it may be killed at any step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Generic, Protocol, TypeVar

from libs.commands import Command
from libs.errors import Refusal
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import EventLog, Recorded
from libs.events import (
    AgentAdminStateChanged,
    AgentCameUp,
    AgentDeleted,
    AgentReconfigured,
    AgentRegistered,
    AgentWentDown,
    Event,
)
from services.topology.commits import side_by_side
from services.topology.failover import Failover
from services.topology.loads import Loads

CHUNK = 50
AGAIN_SECONDS = 5.0
BUSY_SECONDS = 0.4
"""How long it goes on with what has time before it looks for news again: a dead host's thousand routers keep nobody waiting."""
HANDS_OFF_SECONDS = 30.0
"""How long what an operator took from an agent is left alone; as a rule it is given to another one next."""
_STORE = "insert into projection (name, position) values (%s, %s) on conflict (name) do update set position = excluded.position"
_log = logging.getLogger(__name__)

Changed = AgentRegistered | AgentReconfigured | AgentCameUp | AgentAdminStateChanged
Gone = AgentWentDown | AgentDeleted
AGENT_NEWS = (AgentRegistered, AgentReconfigured, AgentCameUp, AgentAdminStateChanged, AgentWentDown, AgentDeleted)
View = TypeVar("View")


class Subject(Protocol[View]):
    """What is kept served. `name`: of the stored position; `called`: in the log's lines. `loads`: who serves what."""

    name: str
    called: str
    loads: Loads

    def start(self) -> dict[str, Recorded]:
        """Count the loads; {id: a cause} of what lacks a server now, or has one that is down. Raises Refusal 503."""
        ...

    def touched(self, event: Event) -> Iterable[str]:
        """Ids to look at because of this fact; keeps the loads."""
        ...

    def taken_away(self, event: Event) -> str:
        """The id of what an operator took its server from by this fact, else empty."""
        ...

    def views(self, ids: Sequence[str]) -> Mapping[str, View]:
        """{id: what must be known of it} of those that still exist. Raises Refusal 503."""
        ...

    def commands(self, view: View, is_lost: Callable[[str], bool], cause: Recorded) -> list[Command]:
        """What must be done; is_lost(agent_id): whether its work is to be given away."""
        ...

    def carry_out(self, command: Command, cause: Recorded, view: View) -> Refusal | None:
        """Commit it; a refusal that may pass, though all else goes on. Raises any other Refusal."""
        ...

    def is_lacking(self, view: View) -> bool:
        """Whether something was wrong that a later look might find cured."""
        ...


class Process(Generic[View]):
    """`take` events in order; `tend` now and then."""

    def __init__(self, log: EventLog, pool: Pool, subject: Subject[View], failover: Failover) -> None:
        self._log, self._pool, self._subject, self._failover = log, pool, subject, failover
        self._due: dict[str, Recorded] = {}
        self._waiting: dict[str, Recorded] = {}
        self._resting: dict[str, tuple[float, Recorded]] = {}
        self._complaints: dict[str, str] = {}
        self._stored, self._tended = 0, monotonic()
        self.position = 0

    def start(self) -> int:
        """Find out where to go on, and what lacks a server. Raises Refusal 503."""
        found = self._pool.query("select position from projection where name = %s", (self._subject.name,))
        self.position = self._stored = int(found[0][0]) if found else self._log.head()
        self._due = self._subject.start()
        return self.position

    def take(self, batch: Sequence[Recorded]) -> None:
        """Do what the events call for. Raises Refusal 503; then the same events must come again."""
        dirty: dict[str, Recorded] = {}
        for one in batch:
            if isinstance(one.event, AGENT_NEWS):
                self._agent_changed(one, one.event)
                continue
            dirty.update(dict.fromkeys(self._subject.touched(one.event), one))
            taken = self._subject.taken_away(one.event)
            if taken:
                self._resting[taken] = (monotonic() + HANDS_OFF_SECONDS, one)
        self._look_at(dirty)
        self.position = batch[-1].position
        self._store(force=bool(dirty))

    def tend(self) -> None:
        """Go on with what has time, and try again every few seconds what could not be done. Raises Refusal 503."""
        until = monotonic() + BUSY_SECONDS
        self._wake(monotonic())
        while self._due and monotonic() < until:
            some = dict(list(self._due.items())[:CHUNK])
            self._look_at(some)
            for id in some:
                self._due.pop(id, None)
            self._store(force=not self._due)

    def _wake(self, now: float) -> None:
        for id, (until, cause) in list(self._resting.items()):
            if now >= until:
                del self._resting[id]
                self._due[id] = cause
        if now - self._tended >= AGAIN_SECONDS:
            self._tended = now
            for id in list(self._waiting)[: 4 * CHUNK]:  # those that wait still go to the end of the queue
                self._due.setdefault(id, self._waiting.pop(id))

    def _agent_changed(self, one: Recorded, event: Changed | Gone) -> None:
        """What it serves has time, so that a host's whole fall or return keeps no other thing waiting."""
        concerned: Collection[str] = self._subject.loads.on([event.host])
        if isinstance(event, AgentWentDown):
            if not self._failover.fell(event.agent_id):
                return
        elif not isinstance(event, AgentDeleted):
            self._failover.rose(event.agent_id)
            concerned = [*self._waiting, *concerned]
        self._due.update(dict.fromkeys(concerned, one))

    def _look_at(self, dirty: Mapping[str, Recorded]) -> None:
        ids = [id for id in dirty if id not in self._resting]
        for start in range(0, len(ids), CHUNK):
            some = ids[start : start + CHUNK]
            found = self._subject.views(some)
            for id in some:
                if id not in found:
                    self._forget(id)
            side_by_side([partial(self._tend_to, id, view, dirty[id]) for id, view in found.items()])

    def _tend_to(self, id: str, view: View, cause: Recorded) -> None:
        """Bring one in order. Raises Refusal 503; what else is refused waits for a better moment."""
        lack: Refusal | None = None
        try:
            for command in self._subject.commands(view, self._failover.is_lost, cause):
                lack = self._subject.carry_out(command, cause, view) or lack
        except Refusal as refusal:
            self._waiting[id] = cause
            if refusal.status == 503:
                raise
            return self._complain(id, refusal)
        except Exception:  # one that cannot be served must not keep the others waiting
            _log.exception("%s %s", self._subject.called, id)
        if lack is not None:
            self._complain(id, lack)
        if lack is not None or self._subject.is_lacking(view):
            self._waiting[id] = cause
        else:
            self._forget(id)

    def _complain(self, id: str, refusal: Refusal) -> None:
        """Once, not with every try."""
        if self._complaints.get(id) != refusal.message:
            _log.warning("%s %s: %s", self._subject.called, id, refusal.message)
            self._complaints[id] = refusal.message

    def _forget(self, id: str) -> None:
        self._waiting.pop(id, None)
        self._complaints.pop(id, None)

    def _store(self, force: bool) -> None:
        """Remember how far it is, not with every event: what is done again does no harm. What is still due would be forgotten."""
        if self.position > self._stored and not self._due and (force or self.position - self._stored >= 1000):
            self._pool.execute(_STORE, (self._subject.name, self.position))
            self._stored = self.position
