"""Who is where: members of networks on hosts, and how facts move them. Pure.

A host is in a network as long as a member of the network is there: a port bound on it (`port-<id>`) or the network's DHCP
scheduled on it (`dhcp-<network>`). A router is a scope like a network, with one member: itself (`router-<id>`), where it runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from libs.eventlog.protocol import Recorded
from libs.events import (
    NetworkDeleted,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    PortBindingFailed,
    PortBound,
    PortDeleted,
    PortUnbound,
    RouterDeleted,
    RouterScheduled,
    RouterUnscheduled,
)

ROUTER_MOVES = (RouterScheduled, RouterUnscheduled, RouterDeleted)


@dataclass(frozen=True, slots=True)
class Placed:
    """An event and the scope (network or router) it belongs to, empty for an agent's."""

    recorded: Recorded
    network_id: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Who is where, as far as a batch needs it. members: {member: hosts}, for `touched_members`. hosts: {network: {host: number
    of members there}}, for `touched_networks` and for every network of a host in `touched_hosts`."""

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Walk:
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
        move = move_of(one)
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
        """{(member, host): network} of members that came."""
        return {
            (member, host): self._network[member]
            for member, hosts in self._now.items()
            for host in hosts - self._before.members.get(member, frozenset())
        }

    def parted(self) -> frozenset[tuple[str, str]]:
        """(member, host) of members that went."""
        was = ((member, host) for member, hosts in self._before.members.items() for host in hosts)
        return frozenset((member, host) for member, host in was if host not in self._now[member])


def move_of(one: Placed) -> tuple[str, str, str | None] | None:
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
    return _router_move(event) if isinstance(event, ROUTER_MOVES) else None


def _router_move(event: RouterScheduled | RouterUnscheduled | RouterDeleted) -> tuple[str, str, str | None]:
    if isinstance(event, RouterScheduled):
        return f"router-{event.router_id}", event.host, None
    if isinstance(event, RouterUnscheduled):
        return f"router-{event.router_id}", "", event.host
    return f"router-{event.router_id}", "", None
