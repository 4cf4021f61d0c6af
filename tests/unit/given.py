"""given events, when a command, then events or a refusal: the language of the domain's tests.

given(a_network(), *a_subnet()).when(CreatePorts((NewPort(PORT, NET, US),))).then(...)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import libs.events as facts
from libs.commands import Command
from libs.errors import Refusal
from libs.eventlog import known
from libs.eventlog.protocol import Guard, NoneRefers
from libs.events import (
    AgentEvent,
    Event,
    FloatingIpEvent,
    NetworkEvent,
    PortEvent,
    RbacPolicyEvent,
    RouterEvent,
    SubnetEvent,
    TopologyEvent,
)
from libs.model import Actor, Binding, Context, FixedIp, Segment
from libs.network import decisions
from libs.network.kinds import row_of
from libs.network.resources import apply_events
from libs.network.world import (
    Answer,
    ChooseAddresses,
    ChooseBinding,
    ChooseMac,
    ChooseSegment,
    Decision,
    Find,
    Question,
    Resource,
    SegmentChoice,
    World,
)
from tests.fakes.pools import nth

OVS = Binding("ovs", {"bridge_name": "br-int", "datapath_type": "netdev"})
AT = "2026-11-22T15:30:00.123456Z"


def stream_of_event(event: Event) -> str:
    """The stream that an event belongs to, by its own id."""
    for kind, union in _KINDS:
        if isinstance(event, union):
            return f"{kind}-{getattr(event, f'{kind}_id')}"
    raise TypeError(event)


_KINDS: tuple[tuple[str, Any], ...] = (
    ("port", PortEvent),
    ("subnet", SubnetEvent),
    ("network", NetworkEvent),
    ("router", RouterEvent),
    ("floatingip", FloatingIpEvent),
    ("subnetpool", facts.SubnetPoolEvent),
    ("address_scope", facts.AddressScopeEvent),
    ("flavor", facts.FlavorEvent),
    ("service_profile", facts.ServiceProfileEvent),
    ("rbac_policy", RbacPolicyEvent),
    ("topology", TopologyEvent),
    ("security_group_rule", facts.SecurityGroupRuleEvent),
    ("security_group", facts.SecurityGroupEvent),
    ("address_group", facts.AddressGroupEvent),
    ("agent", AgentEvent),
)


def admin(project: str = "admin-project") -> Actor:
    return Actor("root", project, ("admin",))


def member(project: str) -> Actor:
    return Actor("someone", project, ("member",))


@dataclass
class Choosers:
    """ipam and topology as the simplest thing that can answer: the first free pool address that nobody told us to avoid,
    VNI 100 and on, OVS on every host but those in `broken`."""

    resources: Mapping[str, Resource | None]
    broken: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    largest_mtu: int = 1450
    asked: list[Question] = field(default_factory=list)
    macs: int = 0

    def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        match question:
            case ChooseMac():
                self.macs += 1
                return f"fa:16:3e:00:00:{self.macs:02x}"
            case ChooseSegment(network_type=None):
                return SegmentChoice(Segment("vxlan", None, 100 + len(question.avoid)), self.largest_mtu)
            case ChooseSegment():
                chosen = Segment(question.network_type, question.physical_network, question.segmentation_id)
                return SegmentChoice(chosen, self.largest_mtu)
            case ChooseBinding():
                failed = Binding("binding_failed", {"reason": "no live agent"})
                return failed if question.host in self.broken else OVS
            case ChooseAddresses():
                return self._addresses(question)
        raise TypeError(question)

    def _addresses(self, question: ChooseAddresses) -> Answer:
        wanted = question.wanted
        if wanted is None:
            wishes: dict[int, str] = {}
            for id, _ in question.subnets:
                subnet = self.resources[f"subnet-{id}"].state
                if not subnet.is_automatic:
                    wishes.setdefault(subnet.ip_version, id)
            ids = list(wishes.values())
        else:
            ids = [wish.subnet_id for wish in wanted]
        taken = {*question.avoid}
        out: list[FixedIp] = []
        for id in ids:
            if id in self.full:
                return Refusal(409, "IpAddressGenerationFailure", "No more IP addresses available.")
            pools = self.resources[f"subnet-{id}"].state.allocation_pools
            free = (FixedIp(id, nth(pools, index)) for index in range(1000))
            out.append(next(one for one in free if one not in taken))
            taken.add(out[-1])
        return tuple(out)


@dataclass(frozen=True)
class Outcome:
    """What a command came to."""

    decision: Decision | None
    refusal: Refusal | None
    asked: tuple[Question, ...]
    world: World

    @property
    def events(self) -> tuple[Event, ...]:
        assert self.refusal is None, f"refused: {self.refusal}"
        return tuple(event for change in self.decision.changes for event in change.events)

    @property
    def guards(self) -> tuple[Guard, ...]:
        assert self.refusal is None, f"refused: {self.refusal}"
        return self.decision.guards

    def then(self, *events: Event) -> Outcome:
        assert self.events == events
        return self

    def refused(self, status: int, type: str, *words: str) -> None:
        assert self.refusal is not None, f"not refused: {self.events}"
        assert (self.refusal.status, self.refusal.type) == (status, type), self.refusal.message
        for word in words:
            assert word in self.refusal.message

    def of(self, kind: type) -> list[Any]:
        """The events of one class."""
        return [one for one in self.events if isinstance(one, kind)]

    def after(self) -> Given:
        """The story goes on from here."""
        resources = dict(self.world.resources)
        for change in self.decision.changes:
            before = resources.get(change.stream)
            assert (0 if before is None else before.version) == change.expected
            resources[change.stream] = apply_events(before, change.stream, change.events, self.world.context.at)
            assert (resources[change.stream] is None) == change.ends
        return Given(resources)


@dataclass(frozen=True)
class Given:
    """A past: what is there when the command comes."""

    resources: Mapping[str, Resource | None]
    actor: Actor = field(default_factory=admin)
    broken: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    largest_mtu: int = 1450

    def by(self, actor: Actor) -> Given:
        return replace(self, actor=actor)

    def with_broken(self, *hosts: str) -> Given:
        return replace(self, broken=hosts)

    def with_full(self, *subnets: str) -> Given:
        return replace(self, full=subnets)

    def and_then(self, *events: Event) -> Given:
        return replace(self, resources=folded(events, self.resources))

    def when(self, command: Command) -> Outcome:
        """Read, ask and decide as `libs.eventlog.commit` does."""
        context = Context(self.actor, "req-1", "command-1", AT)
        choosers = Choosers(self.resources, self.broken, self.full, self.largest_mtu)
        world = World(context)
        try:
            while wanted := [
                one for one in decisions.needs(command, world) if one not in world.resources and one not in world.found
            ]:
                read = {one: self.resources.get(one) for one in wanted if isinstance(one, str)}
                found = {one: self.find(one) for one in wanted if isinstance(one, Find)}
                world = replace(world, resources={**world.resources, **read}, found={**world.found, **found})
            answers = {question: choosers.answer(question) for question in decisions.questions(command, world)}
            decision = decisions.decide(command, replace(world, answers=answers))
        except Refusal as refusal:
            return Outcome(None, refusal, tuple(choosers.asked), replace(world, resources=self.resources))
        return Outcome(decision, None, tuple(choosers.asked), replace(world, resources=self.resources))

    def find(self, wanted: Find) -> tuple[str, ...]:
        """What the log finds in the read model."""
        rows = [row_of(one) for one in self.resources.values() if one is not None]
        guard = NoneRefers(wanted.kind, wanted.column, wanted.value)
        return tuple(sorted(row.id for row in rows if known.refers(guard, row)))

    def state(self, kind: str, id: str) -> Any:
        return self.resources[f"{kind}-{id}"].state


def folded(
    events: Iterable[Event], resources: Mapping[str, Resource | None] | None = None
) -> dict[str, Resource | None]:
    out = dict(resources or {})
    for event in events:
        stream = stream_of_event(event)
        out[stream] = apply_events(out.get(stream), stream, (event,), AT)
    return out


def given(*events: Event) -> Given:
    """A past made of facts."""
    return Given(folded(events))
