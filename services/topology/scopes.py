"""Which host needs which facts: the pure core of the relay (DESIGN.md section 6).

A host is in a network as long as a member of the network is there: a port bound on it (`port-<id>`) or the network's DHCP
scheduled on it (`dhcp-<network>`). Who is in a network gets its facts; who enters gets all of them from the start. Networks here
are scopes: floating IPs belong to their external network, and a router is a scope of its own, in which is the host that runs it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from libs.eventlog.protocol import Recorded
from libs.events import (
    AgentAdminStateChanged,
    AgentCameUp,
    AgentDeleted,
    AgentDescribed,
    AgentReconfigured,
    AgentRegistered,
    AgentWentDown,
    Event,
    FloatingIpBecameActive,
    FloatingIpFailed,
    FloatingIpTagsChanged,
    FloatingIpWentDown,
    NetworkTagsChanged,
    PortBecameActive,
    PortTagsChanged,
    PortWentDown,
    RouterTagsChanged,
    SubnetTagsChanged,
)
from services.topology.membership import Membership, Placed, Walk, move_of

AGENT_FACTS = (AgentRegistered, AgentReconfigured, AgentDeleted)
# What a host told us itself, and what changes nothing for others: the port of a host whose agent is down still forwards.
NOT_FOR_HOSTS = frozenset(
    {
        *(PortBecameActive, PortWentDown),
        *(FloatingIpBecameActive, FloatingIpWentDown, FloatingIpFailed),
        *(AgentCameUp, AgentWentDown, AgentAdminStateChanged, AgentDescribed),
        *(NetworkTagsChanged, SubnetTagsChanged, PortTagsChanged, RouterTagsChanged, FloatingIpTagsChanged),
    }
)


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
    return {move[0] for move in map(move_of, batch) if move is not None}


def touched_networks(batch: Iterable[Placed]) -> set[str]:
    """Networks whose hosts `plan` must know."""
    return {one.network_id for one in batch if one.network_id and is_for_hosts(one.recorded.event)}


def touched_hosts(batch: Iterable[Placed]) -> set[str]:
    """Hosts whose networks `plan` must know: an agent there has news."""
    return {one.recorded.event.host for one in batch if isinstance(one.recorded.event, AGENT_FACTS)}


def plan(before: Membership, batch: Sequence[Placed]) -> Plan:
    """What each host is to get for `batch`.

    A host that was out of a network at any moment of the batch and is in it after, enters; one that was in at any moment and is
    out after, leaves. So the result is right also for a host that has already seen a part of the batch (the relay died before it
    stored its position and the next one cuts the log at other places).
    """
    walk = Walk(before)
    for one in batch:
        walk.step(one)
    sheets: dict[str, _Sheet] = defaultdict(_Sheet)
    for network in sorted(touched_networks(batch)):
        facts = [one.recorded for one in batch if one.network_id == network and is_for_hosts(one.recorded.event)]
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


def _share(walk: Walk, network: str, facts: Sequence[Recorded], sheets: Mapping[str, _Sheet]) -> None:
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


def is_for_hosts(event: Event) -> bool:
    """Whether hosts are told of it at all."""
    return type(event) not in NOT_FOR_HOSTS
