"""Who is where: members of networks on hosts, and how facts move them. Pure.

A host is in a network as long as a member of the network is there: a port bound on it (`port-<id>`) or the network's DHCP
scheduled on it (`dhcp-<network>`). A router is a scope like a network, with one member: itself (`router-<id>`), where it runs.
What follows from places for security groups: `services.topology.groups`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.topology.group_walk import GroupWalk
from services.topology.groups import Groups
from services.topology.moves import Placed, move_of
from services.topology.presence import Presence


@dataclass(frozen=True, slots=True)
class Membership:
    """Who is where, as far as a batch needs it. members: {member: hosts}, for `touched_members`. hosts: {network: {host: number
    of members there}}, for `touched_networks` and for every network of a host in `touched_hosts`."""

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    groups: Groups = field(default_factory=Groups)


class Walk:
    """Memberships while a batch is walked through."""

    def __init__(self, before: Membership) -> None:
        self._before = before
        self._now = {member: set(hosts) for member, hosts in before.members.items()}
        self._network: dict[str, str] = {}
        self.networks = Presence(before.hosts)
        self.groups = GroupWalk(before.groups)

    def step(self, one: Placed) -> None:
        """Take in what one event says about places and groups."""
        self._move(one)
        self.groups.step(one, self._now.get(one.recorded.stream, ()))

    def _move(self, one: Placed) -> None:
        move = move_of(one)
        if move is None:
            return
        hosts = self._now.setdefault(move.member, set())
        gone = set(hosts) - {move.joins} if move.leaves is None else hosts & {move.leaves} - {move.joins}
        come = {move.joins} - hosts - {""}
        self._network[move.member] = one.network_id
        for host in come:
            self.networks.add(one.network_id, host)
        for host in gone:
            self.networks.drop(one.network_id, host)
        hosts |= come
        hosts -= gone
        self.groups.moved(move.member, come, gone)

    def neighbours(self, host: str) -> set[str]:
        """Hosts that share a network with `host` after the batch, without itself."""
        return {other for hosts in self.networks.counts.values() if host in hosts for other in hosts} - {host}

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
