"""Which host needs which facts: the pure core of the relay (DESIGN.md section 6).

A host is in a network as long as a member of the network is there: a port bound on it (`port-<id>`) or the network's DHCP
scheduled on it (`dhcp-<network>`). Who is in a network gets its facts; who enters gets all of them from the start. Networks here
are scopes: floating IPs belong to their external network, and a router is a scope of its own, in which is the host that runs it.
Security groups are scopes, too, and so are their members' facts (`services.topology.groups`); a fact that a host needs for several
reasons it gets once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from libs.eventlog.protocol import Recorded
from libs.events import AgentDeleted, AgentReconfigured, AgentRegistered, PortSecurityGroupsChanged
from services.topology.audience import is_for_hosts
from services.topology.group_walk import GroupWalk, Row
from services.topology.groups import Groups, is_of_groups
from services.topology.membership import Membership, Walk
from services.topology.moves import Placed, move_of
from services.topology.presence import Presence

AGENT_FACTS = (AgentRegistered, AgentReconfigured, AgentDeleted)


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """What one host is to get: facts of the batch, scopes it enters (all their facts) or leaves, and from their start the facts of
    hosts' agents (`meets`) and those of ports that matter to others (`ports`, streams that came into a group)."""

    events: tuple[Recorded, ...] = ()
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    meets: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch's whole effect: {host: FeedPlan}, members {(member, host): network} that came, (member, host) that went, and the
    numbers of members after it, {network: {host: number}}. came, went: members of groups' scopes; groups: what is known of groups
    after it."""

    feeds: Mapping[str, FeedPlan] = field(default_factory=dict)
    joined: Mapping[tuple[str, str], str] = field(default_factory=dict)
    parted: frozenset[tuple[str, str]] = frozenset()
    hosts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    came: frozenset[Row] = frozenset()
    went: frozenset[Row] = frozenset()
    groups: Groups = field(default_factory=Groups)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send and nothing to remember."""
        return not (self.feeds or self.joined or self.parted or self.came or self.went)


def touched_members(batch: Iterable[Placed]) -> set[str]:
    """Members whose places `plan` must know."""
    found = set()
    for one in batch:
        move = move_of(one)
        if move is not None:
            found.add(move.member)
        elif isinstance(one.recorded.event, PortSecurityGroupsChanged):
            found.add(one.recorded.stream)
    return found


def touched_networks(batch: Iterable[Placed]) -> set[str]:
    """Networks whose hosts `plan` must know."""
    return {
        one.network_id
        for one in batch
        if one.network_id and is_for_hosts(one.recorded.event) and not is_of_groups(one.recorded.stream)
    }


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
    facts: dict[str, dict[int, Recorded]] = defaultdict(dict)
    for one in batch:
        if is_for_hosts(one.recorded.event):
            facts[one.network_id][one.recorded.position] = one.recorded
    for network in sorted(touched_networks(batch)):
        _share(walk.networks, network, facts[network], sheets)
        _introduce(walk.networks, network, sheets)
    for scope in sorted(walk.groups.presence.counts):
        _share(walk.groups.presence, scope, walk.groups.told.get(scope) or facts.get(scope, {}), sheets)
    _tell_members(walk.groups, sheets)
    for one in batch:
        if isinstance(one.recorded.event, AGENT_FACTS):
            for host in walk.neighbours(one.recorded.event.host):
                sheets[host].events[one.recorded.position] = one.recorded
    feeds = {host: sheet.plan(host) for host, sheet in sorted(sheets.items()) if not sheet.is_empty()}
    groups = Groups(walk.groups.ports, walk.groups.rules, walk.groups.presence.counts)
    came, went = walk.groups.came(), walk.groups.went()
    return Plan(feeds, walk.joined(), walk.parted(), walk.networks.counts, came, went, groups)


class _Sheet:
    """A FeedPlan in the making."""

    def __init__(self) -> None:
        self.events: dict[int, Recorded] = {}
        self.entered: list[str] = []
        self.left: list[str] = []
        self.meets: set[str] = set()
        self.ports: set[str] = set()

    def is_empty(self) -> bool:
        return not (self.events or self.entered or self.left or self.meets or self.ports)

    def plan(self, host: str) -> FeedPlan:
        events = tuple(self.events[position] for position in sorted(self.events))
        meets, ports = tuple(sorted(self.meets - {host})), tuple(sorted(self.ports))
        return FeedPlan(events, tuple(self.entered), tuple(self.left), meets, ports)


def _share(presence: Presence, scope: str, facts: Mapping[int, Recorded], sheets: Mapping[str, _Sheet]) -> None:
    """Give one scope's news to the hosts that are in it, were in it, or enter it."""
    present, fresh = presence.present(scope), presence.fresh(scope)
    for host in present - fresh if facts else ():
        sheets[host].events.update(facts)
    for host in fresh:
        sheets[host].entered.append(scope)
    for host in presence.was_in[scope] - present:
        sheets[host].left.append(scope)


def _introduce(presence: Presence, network: str, sheets: Mapping[str, _Sheet]) -> None:
    """Who enters a network and who is in it learn of each other's agents."""
    present, fresh = presence.present(network), presence.fresh(network)
    for host in present if fresh else ():
        sheets[host].meets.update(present if host in fresh else fresh)


def _tell_members(groups: GroupWalk, sheets: Mapping[str, _Sheet]) -> None:
    """Ports that came into a group are told from their start to the hosts that are in its members' scope already."""
    for scope, streams in groups.entering().items():
        for host in groups.presence.present(scope) - groups.presence.fresh(scope):
            for stream in streams:
                if stream in groups.born:
                    sheets[host].events.update((fact.position, fact) for fact in groups.born[stream])
                else:
                    sheets[host].ports.add(stream)
    _tell_ends(groups, sheets)


def _tell_ends(groups: GroupWalk, sheets: Mapping[str, _Sheet]) -> None:
    """A port that went over from a group known to a host into one that the host enters in this very batch, and left that one too:
    the host knows the former from the one group, and must hear the latter, though the port is not among those that it enters with."""
    for scope, facts in groups.told.items():
        for host in groups.presence.fresh(scope):
            events = sheets[host].events
            streams = {one.stream for one in events.values()}
            events.update((at, one) for at, one in facts.items() if one.stream in streams)
