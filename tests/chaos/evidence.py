"""Everything that the checker judges, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from libs.eventlog.chain import Stored, open_stored
from libs.eventlog.protocol import Recorded
from libs.events import (
    FloatingIpReleased,
    NetworkCreated,
    NetworkDeleted,
    NetworkDescribed,
    NetworkRenamed,
    PortCreated,
    PortDeleted,
    PortDescribed,
    PortRenamed,
    RbacPolicyDeleted,
    RouterCreated,
    RouterDeleted,
    RouterDescribed,
    RouterRenamed,
    SecurityGroupCreated,
    SecurityGroupDeleted,
    SecurityGroupRuleDeleted,
    SubnetCreated,
    SubnetDeleted,
    SubnetDescribed,
    SubnetRenamed,
)
from tests.chaos.history import Call, Seen

CREATED = NetworkCreated | SubnetCreated | PortCreated | RouterCreated | SecurityGroupCreated
DELETED = (
    *(NetworkDeleted, SubnetDeleted, PortDeleted, RouterDeleted, FloatingIpReleased),
    *(SecurityGroupDeleted, SecurityGroupRuleDeleted, RbacPolicyDeleted),
)
RENAMED = NetworkRenamed | SubnetRenamed | PortRenamed | RouterRenamed
DESCRIBED = NetworkDescribed | SubnetDescribed | PortDescribed | RouterDescribed


@dataclass(frozen=True, slots=True)
class PortTruth:
    """A port at the end: as the API shows it, and where a switch has it (host, or empty)."""

    id: str
    host: str
    status: str
    plugged_on: str


@dataclass(frozen=True, slots=True)
class Outage:
    """A fault and how long after its end the whole way of a port worked again by itself (None: not within the time given)."""

    fault: str
    seconds: float | None
    goal: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One run. beside: what the audit and the rebuild found to differ from the log, as text."""

    log_id: str
    stored: Sequence[Stored]
    calls: Sequence[Call] = ()
    final: Sequence[Seen] = ()
    ports: Sequence[PortTruth] = ()
    outages: Sequence[Outage] = ()
    beside: Sequence[str] = ()
    slack: float = 1.0


@dataclass(slots=True)
class Life:
    """One stream: its events; whether it ended."""

    events: list[Recorded] = field(default_factory=list)
    ended: bool = False


class Story:
    """The log, indexed for the checker. lives: {stream: Life}. created, renamed, described: {text: events that say it}."""

    def __init__(self, stored: Sequence[Stored]) -> None:
        self.events = [open_stored(one) for one in stored]
        self.lives: dict[str, Life] = {}
        self.created: dict[str, list[Recorded]] = {}
        self.renamed: dict[str, list[Recorded]] = {}
        self.described: dict[str, list[Recorded]] = {}
        for one in self.events:
            self._note(one)

    def _note(self, one: Recorded) -> None:
        life = self.lives.setdefault(one.stream, Life())
        life.events.append(one)
        event = one.event
        if isinstance(event, CREATED):
            self.created.setdefault(event.name, []).append(one)
        elif isinstance(event, RENAMED):
            self.renamed.setdefault(event.after, []).append(one)
        elif isinstance(event, DESCRIBED):
            self.described.setdefault(event.after, []).append(one)
        elif isinstance(event, DELETED):
            life.ended = True

    def names(self, stream: str) -> dict[int, str]:
        """{version: name} at the ends of commits: what a reader may have seen of a stream."""
        name, found = "", dict[int, str]()
        events = self.lives[stream].events if stream in self.lives else []
        for one, following in zip_longest(events, events[1:]):
            if isinstance(one.event, CREATED):
                name = one.event.name
            elif isinstance(one.event, RENAMED):
                name = one.event.after
            if following is None or command_of(following) != command_of(one):
                found[one.version] = name
        return found


def command_of(recorded: Recorded) -> str:
    """The command that an event came from."""
    return str(recorded.meta.get("command_id", ""))
