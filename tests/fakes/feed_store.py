"""A relay's memory and a broker in memory: what the relay needs, without PostgreSQL and RabbitMQ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from libs.chain import scope_told
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.events import (
    AddressGroupDeleted,
    AgentDeleted,
    AgentRegistered,
    FloatingIpReleased,
    NetworkDeleted,
    PortCreated,
    PortDeleted,
    PortSecurityGroupsChanged,
    RouterDeleted,
    SecurityGroupDeleted,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
    SubnetDeleted,
)
from libs.feed import MEMBERS
from services.topology.audience import is_for_hosts
from services.topology.group_walk import Row
from services.topology.groups import MEMBER_FACTS, named_by
from services.topology.remembered import LeadershipLost
from services.topology.scopes import Plan

ENDS = (
    *(NetworkDeleted, PortDeleted, SubnetDeleted, RouterDeleted, FloatingIpReleased),
    *(SecurityGroupDeleted, SecurityGroupRuleDeleted, AddressGroupDeleted),
)


def lasting(facts: Iterable[Recorded]) -> list[Recorded]:
    """Facts without those that no host needs."""
    return [fact for fact in facts if is_for_hosts(fact.event)]


def groups_after(fact: Recorded, groups: tuple[str, ...]) -> tuple[str, ...]:
    """A port's groups after a fact."""
    match fact.event:
        case PortCreated():
            return fact.event.security_groups
        case PortSecurityGroupsChanged():
            return fact.event.after
        case PortDeleted():
            return ()
    return groups


def member_facts(past: Iterable[Recorded], streams: Collection[str]) -> list[Recorded]:
    """What of these ports matters to others."""
    return [one for one in past if one.stream in streams and type(one.event) in MEMBER_FACTS]


class MemoryFeedStore:
    """A `FeedStore` over a plain list of events."""

    def __init__(self, log: list[Recorded]) -> None:
        self.log, self.position = log, 0
        self.members: dict[tuple[str, str], str] = {}
        self.grouped: set[Row] = set()
        self.reads: Counter[str] = Counter()
        self.last: dict[str, int] = {}

    def start(self) -> tuple[int, LogIdentity]:
        return self.position, LogIdentity("log", 1)

    def networks_of(self, streams: Collection[str]) -> dict[str, str]:
        return {one.stream: scope_told(one) for one in self.log if one.stream in streams and scope_told(one)}

    def places(self, members: Collection[str]) -> dict[str, frozenset[str]]:
        return {
            member: frozenset(host for one, host in self.members if one == member)
            for member in members
            if any(one == member for one, _ in self.members)
        }

    def hosts_of(self, networks: Collection[str]) -> dict[str, dict[str, int]]:
        return {
            network: dict(Counter(host for (_, host), net in self.members.items() if net == network))
            for network in networks
        }

    def networks_on(self, hosts: Collection[str]) -> set[str]:
        return {network for (_, host), network in self.members.items() if host in hosts}

    def network_facts(self, networks: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        past = [one for one in self.log if one.position <= upto]
        ended = {one.stream for one in past if isinstance(one.event, ENDS)}
        place = self.networks_of({one.stream for one in past})
        return {
            net: lasting(one for one in past if place.get(one.stream) == net and one.stream not in ended)
            for net in networks
        }

    def groups_of(self, streams: Collection[str], upto: int) -> dict[str, tuple[str, ...]]:
        self.reads["groups"] += len(streams)
        found = self._groups(upto)
        return {stream: found.get(stream, ()) for stream in streams}

    def _groups(self, upto: int) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for one in self.log[:upto]:
            found[one.stream] = groups_after(one, found.get(one.stream, ()))
        return found

    def rules_of(self, groups: Collection[str], upto: int) -> dict[str, dict[str, str]]:
        self.reads["rules"] += len(groups)
        found: dict[str, dict[str, str]] = {group: {} for group in groups}
        for one in self.log[:upto]:
            if (
                isinstance(one.event, SecurityGroupRuleCreated)
                and one.event.security_group_id in found
                and named_by(one.event)
            ):
                found[one.event.security_group_id][one.stream] = named_by(one.event)
            elif isinstance(one.event, SecurityGroupRuleDeleted) and one.event.security_group_id in found:
                found[one.event.security_group_id].pop(one.stream, None)
        return found

    def group_hosts(self, scopes: Collection[str]) -> dict[str, dict[str, int]]:
        self.reads["hosts"] += len(scopes)
        return {scope: dict(Counter(host for _, host, one in self.grouped if one == scope)) for scope in scopes}

    def member_facts(self, scopes: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        self.reads["members"] += len(scopes)
        groups = self._groups(upto) if scopes else {}
        return {
            scope: member_facts(self.log[:upto], {one for one in groups if scope.removeprefix(MEMBERS) in groups[one]})
            for scope in scopes
        }

    def port_facts(self, streams: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        self.reads["ports"] += len(streams)
        return {stream: member_facts(self.log[:upto], {stream}) for stream in streams}

    def agent_facts(self, hosts: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        past = [one for one in self.log if one.position <= upto and one.stream.startswith("agent-")]
        home = {one.stream: one.event.host for one in past if isinstance(one.event, AgentRegistered)}
        for one in past:
            if isinstance(one.event, AgentDeleted):
                del home[one.stream]
        return {host: lasting(one for one in past if home.get(one.stream) == host) for host in hosts}

    def last_sent(self, hosts: Collection[str]) -> dict[str, int]:
        return {host: self.last[host] for host in hosts if host in self.last}

    def save(self, before: int, position: int, plan: Plan, sent: Iterable[str]) -> None:
        if before != self.position:
            raise LeadershipLost
        for gone in plan.parted:
            del self.members[gone]
        self.members.update(plan.joined)
        assert plan.went <= self.grouped and not plan.came & self.grouped
        self.grouped = (self.grouped - plan.went) | plan.came
        self.last.update(dict.fromkeys(sent, position))
        self.position = position
