"""Which host needs which facts: the pure core of the relay (DESIGN.md section 6).

A host is in a network as long as a member of the network is there: a port bound on it (`port-<id>`) or the network's DHCP
scheduled on it (`dhcp-<network>`). Who is in a network gets its facts; who enters gets all of them from the start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from libs.eventlog.protocol import Recorded
from libs.events import (
    AgentCameUp,
    AgentReconfigured,
    AgentRegistered,
    AgentWentDown,
    Event,
    NetworkDeleted,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    PortBecameActive,
    PortBindingFailed,
    PortBound,
    PortDeleted,
    PortUnbound,
    PortWentDown,
)

AGENT_FACTS = (AgentRegistered, AgentReconfigured)
# What a host told us itself, and what changes nothing for others: the port of a host whose agent is down still forwards.
NOT_FOR_HOSTS = (PortBecameActive, PortWentDown, AgentCameUp, AgentWentDown)


@dataclass(frozen=True, slots=True)
class Placed:
    """An event and the network it belongs to, empty for an agent's."""

    recorded: Recorded
    network_id: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Who is where, as far as a batch needs it. members: {member: hosts}, for `touched_members`. hosts: {network: {host: number
    of members there}}, for `touched_networks` and for every network of a host in `touched_hosts`."""

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """What one host is to get: facts of the batch, networks it enters (all their facts) or leaves, and hosts whose agents' facts
    it needs from the start (`meets`)."""

    events: tuple[Recorded, ...] = ()
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    meets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch's whole effect: {host: FeedPlan}, members {(member, host): network} that came, (member, host) that went, and the
    numbers of members after it, {network: {host: number}}."""

    feeds: Mapping[str, FeedPlan]
    joined: Mapping[tuple[str, str], str]
    parted: frozenset[tuple[str, str]]
    hosts: Mapping[str, Mapping[str, int]]


def touched_members(batch: Iterable[Placed]) -> set[str]:
    """Members whose places `plan` must know."""
    return {move[0] for move in map(_move, batch) if move is not None}


def touched_networks(batch: Iterable[Placed]) -> set[str]:
    """Networks whose hosts `plan` must know."""
    return {one.network_id for one in batch if one.network_id and not isinstance(one.recorded.event, NOT_FOR_HOSTS)}


def touched_hosts(batch: Iterable[Placed]) -> set[str]:
    """Hosts whose networks `plan` must know: an agent there has news."""
    return {one.recorded.event.host for one in batch if isinstance(one.recorded.event, AGENT_FACTS)}


def plan(before: Membership, batch: Sequence[Placed]) -> Plan:
    """What each host is to get for `batch`.

    A host that was out of a network at any moment of the batch and is in it after, enters; one that was in at any moment and is
    out after, leaves. So the result is right also for a host that has already seen a part of the batch (the relay died before it
    stored its position and the next one cuts the log at other places).
    """
    walk = _Walk(before)
    for one in batch:
        walk.step(one)
    sheets: dict[str, _Sheet] = defaultdict(_Sheet)
    for network in sorted(touched_networks(batch)):
        facts = [one.recorded for one in batch if one.network_id == network and _is_for_hosts(one.recorded.event)]
        _share(walk, network, facts, sheets)
    for one in batch:
        if isinstance(one.recorded.event, AGENT_FACTS):
            for host in walk.neighbours(one.recorded.event.host):
                sheets[host].events[one.recorded.position] = one.recorded
    feeds = {host: sheet.plan(host) for host, sheet in sorted(sheets.items()) if not sheet.is_empty()}
    return Plan(feeds, walk.joined(), walk.parted(), walk.counts)


class _Sheet:
    """A FeedPlan in the making."""

    def __init__(self) -> None:
        self.events: dict[int, Recorded] = {}
        self.entered: list[str] = []
        self.left: list[str] = []
        self.meets: set[str] = set()

    def is_empty(self) -> bool:
        return not (self.events or self.entered or self.left or self.meets)

    def plan(self, host: str) -> FeedPlan:
        events = tuple(self.events[position] for position in sorted(self.events))
        return FeedPlan(events, tuple(self.entered), tuple(self.left), tuple(sorted(self.meets - {host})))


class _Walk:
    """Memberships while a batch is walked through."""

    def __init__(self, before: Membership) -> None:
        self._before = before
        self._now = {member: set(hosts) for member, hosts in before.members.items()}
        self._network: dict[str, str] = {}
        self.counts: dict[str, dict[str, int]] = {net: dict(hosts) for net, hosts in before.hosts.items()}
        self.was_in = defaultdict(set, {network: set(hosts) for network, hosts in before.hosts.items()})
        self.was_out: dict[str, set[str]] = defaultdict(set)

    def step(self, one: Placed) -> None:
        """Take in what one event says about places."""
        move = _move(one)
        if move is None:
            return
        member, join, leave = move
        hosts = self._now.setdefault(member, set())
        gone = set(hosts) - {join} if leave is None else hosts & {leave}
        self._network[member] = one.network_id
        if join and join not in hosts:
            hosts.add(join)
            self._count(one.network_id, join, 1)
        for host in gone:
            hosts.discard(host)
            self._count(one.network_id, host, -1)

    def _count(self, network: str, host: str, step: int) -> None:
        counts = self.counts.setdefault(network, {})
        number = counts.get(host, 0)
        (self.was_in if number else self.was_out)[network].add(host)
        if number + step > 0:
            counts[host] = number + step
        else:
            counts.pop(host, None)

    def neighbours(self, host: str) -> set[str]:
        """Hosts that share a network with `host` after the batch, without itself."""
        return {other for hosts in self.counts.values() if host in hosts for other in hosts} - {host}

    def joined(self) -> dict[tuple[str, str], str]:
        return {
            (member, host): self._network[member]
            for member, hosts in self._now.items()
            for host in hosts - self._before.members.get(member, frozenset())
        }

    def parted(self) -> frozenset[tuple[str, str]]:
        was = ((member, host) for member, hosts in self._before.members.items() for host in hosts)
        return frozenset((member, host) for member, host in was if host not in self._now[member])


def _share(walk: _Walk, network: str, facts: Sequence[Recorded], sheets: Mapping[str, _Sheet]) -> None:
    """Give one network's news to the hosts that are in it, were in it, or enter it."""
    present = set(walk.counts.get(network, {}))
    fresh = present & walk.was_out[network]
    for host in present - fresh:
        sheets[host].events.update((fact.position, fact) for fact in facts)
        sheets[host].meets.update(fresh)
    for host in fresh:
        sheets[host].entered.append(network)
        sheets[host].meets.update(present)
    for host in walk.was_in[network] - present:
        sheets[host].left.append(network)


def _is_for_hosts(event: Event) -> bool:
    return not isinstance(event, NOT_FOR_HOSTS)


def _move(one: Placed) -> tuple[str, str, str | None] | None:
    """What an event says about places: (member, host joined or empty, host left or None for every other one); None: nothing."""
    event = one.recorded.event
    if isinstance(event, PortBound):
        return f"port-{event.port_id}", event.host, None
    if isinstance(event, PortUnbound | PortBindingFailed | PortDeleted):
        return f"port-{event.port_id}", "", None
    if isinstance(event, NetworkDhcpScheduled):
        return f"dhcp-{event.network_id}", event.host, ""
    if isinstance(event, NetworkDhcpUnscheduled):
        return f"dhcp-{event.network_id}", "", event.host
    if isinstance(event, NetworkDeleted):
        return f"dhcp-{event.network_id}", "", None
    return None
