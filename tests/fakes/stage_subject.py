"""Things that are to be served, on a pretended cloud: what a `services.topology.process.Process` needs, without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.commands import Command, ScheduleRouter
from libs.errors import Refusal, unavailable
from libs.eventlog.memory import MemoryLog
from libs.eventlog.protocol import Recorded
from libs.events import AgentEvent, AgentRegistered, Event, RouterCreated, RouterScheduled, RouterUnscheduled
from libs.model import L3_AGENT
from services.topology.agents import Agents
from services.topology.failover import Failover
from services.topology.loads import Loads
from services.topology.process import Process


@dataclass
class Thing:
    """One that needs a server; `agent_id` is empty while nobody serves it."""

    id: str
    agent_id: str = ""


@dataclass
class StageSubject:
    """Serves each thing by the live agent with the fewest; `away`: the database refuses the next commits; `dies`: how many commits
    there are before the process dies."""

    things: dict[str, Thing]
    agents: Agents
    log: list[Recorded] = field(default_factory=list)
    refused: Refusal | None = None
    dies: int = 1_000_000
    looked: list[str] = field(default_factory=list)
    name: str = "stage"
    called: str = "thing"
    loads: Loads = field(default_factory=Loads)

    def say(self, event: Event, stream: str = "stage") -> Recorded:
        """A fact."""
        if isinstance(event, AgentEvent):
            self.agents.take(event)
        self.log.append(Recorded(len(self.log) + 1, stream, len(self.log) + 1, event, {}, ""))
        return self.log[-1]

    def start(self) -> dict[str, Recorded]:
        self.loads = Loads((one.agent_id, id) for id, one in self.things.items() if one.agent_id)
        cause = Recorded(0, "stage", 0, RouterCreated("", "", "", "", True), {}, "")
        return {id: cause for id, one in self.things.items() if not self.agents.is_alive(one.agent_id)}

    def touched(self, event: Event) -> Iterable[str]:
        return (event.router_id,) if isinstance(event, RouterCreated | RouterUnscheduled) else ()

    def taken_away(self, event: Event) -> str:
        return event.router_id if isinstance(event, RouterUnscheduled) and event.reason == "asked" else ""

    def views(self, ids: Sequence[str]) -> Mapping[str, Thing]:
        self.looked += ids
        return {id: self.things[id] for id in ids if id in self.things}

    def commands(self, view: Thing, is_lost: Callable[[str], bool], cause: Recorded) -> list[Command]:
        if view.agent_id and not is_lost(view.agent_id):
            return []
        able = [one for one in self.agents.all() if one.alive]
        chosen = min(able, key=lambda one: (self.loads.number(one.host), one.id), default=None)
        return [ScheduleRouter(view.id, chosen.id, chosen.host, "")] if chosen else []

    def carry_out(self, command: Any, cause: Recorded, view: Thing) -> Refusal | None:
        if self.refused is not None:
            raise self.refused
        if self.dies <= 0:
            raise SystemExit("the process died here")
        self.dies -= 1
        self.loads.put(command.host, view.id)
        self.things[view.id].agent_id = command.agent_id
        self.say(RouterScheduled(view.id, command.agent_id, command.host, ""))
        return None

    def is_lacking(self, view: Thing) -> bool:
        return not self.agents.is_alive(view.agent_id)


class NoPool:
    """Keeps the stored position."""

    def __init__(self) -> None:
        self.position: int | None = None

    def query(self, statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return [] if self.position is None else [(self.position,)]

    def execute(self, statement: str, params: Sequence[Any]) -> None:
        self.position = params[1]


class Stage:
    """A cloud with hosts a, b, ... and things, and the process that serves them; it may die and start anew."""

    def __init__(self, hosts: str, things: int) -> None:
        self.now, self.pool = 1000.0, NoPool()
        self.subject = StageSubject({f"t{number}": Thing(f"t{number}") for number in range(things)}, Agents())
        for host in hosts:
            self.subject.say(AgentRegistered(host, host, L3_AGENT, "l3", "", {}))
        self.begin()

    def begin(self, patience: float = 15.0) -> None:
        """A process that knows nothing but what is stored."""
        judge = Failover(self.subject.agents, L3_AGENT, patience, lambda: self.now)
        self.process = Process(MemoryLog(), self.pool, self.subject, judge)  # type: ignore[arg-type]
        self.process.start()

    def hears(self) -> None:
        """It takes in what happened."""
        batch = self.subject.log[self.process.position :]
        if batch:
            self.process.take(batch)

    def goes_on(self) -> None:
        """It hears of what happened, and of what it did, and works off what is due."""
        for _ in range(3):
            self.hears()
            self.process.tend()

    def later(self, seconds: float) -> None:
        """The clock goes on, that of the failover and that of what waits."""
        self.now += seconds
        self.process._tended -= seconds
        self.process._resting = {id: (until - seconds, at) for id, (until, at) in self.process._resting.items()}

    def served(self) -> dict[str, int]:
        """{agent: number of things that it serves}."""
        found: dict[str, int] = {}
        for one in self.subject.things.values():
            found[one.agent_id] = found.get(one.agent_id, 0) + 1
        return found


AWAY = unavailable("the database is away")
