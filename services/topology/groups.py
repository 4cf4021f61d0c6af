"""Which host is in which security group's scope, and whose facts go there: what a batch of facts says of groups. Pure.

Three kinds of scope: a group with its rules (`<id>`), where a port that has it is bound; the member ports of a group
(`members-<id>`), where a rule of a group of the first kind names it; an address group, likewise. Its members are a port
(`port-<id>`) in a group, a rule (`security_group_rule-<id>`) in what it names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from libs.eventlog.protocol import Recorded
from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortAddressPairsChanged,
    PortCreated,
    PortDeleted,
    PortMacChanged,
    PortSecurityChanged,
    PortSecurityGroupsChanged,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
)
from libs.feed import members_of
from services.topology.moves import Placed, move_of
from services.topology.presence import Presence

MEMBER_FACTS = frozenset(
    {
        *(PortCreated, PortDeleted, AddressAllocated, AddressReleased, PortMacChanged),
        *(PortSecurityGroupsChanged, PortSecurityChanged, PortAddressPairsChanged),
    }
)
"""What of a port matters to those who let its groups pass."""
_KINDS = ("security_group-", "security_group_rule-", "address_group-")

Row = tuple[str, str, str]
"""(member, host, scope)."""


@dataclass(frozen=True, slots=True)
class Groups:
    """What a batch needs to know of before. ports: {stream: ids of its groups}, for `touched_ports`; rules: {group: {rule's stream:
    the scope that it names}}, for `moving`; hosts: {scope: {host: number of members there}}, for `touched_scopes`."""

    ports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def is_of_groups(stream: str) -> bool:
    """Whether the stream's scope is a group."""
    return stream.startswith(_KINDS)


def named_by(event: SecurityGroupRuleCreated) -> str:
    """The scope that a rule's host must be in because of it; empty for none."""
    if event.remote_group_id:
        return members_of(event.remote_group_id)
    return event.remote_address_group_id or ""


def touched_ports(batch: Iterable[Placed]) -> set[str]:
    """Streams of ports whose groups must be known."""
    touched, born = set(), set()
    for one in batch:
        stream = one.recorded.stream
        if isinstance(one.recorded.event, PortCreated):
            born.add(stream)
        elif stream.startswith("port-") and (_is_told(one.recorded) or move_of(one) is not None):
            touched.add(stream)
    return touched - born


def moving(batch: Iterable[Placed], ports: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Groups whose hosts may come and go, or whose rules do."""
    found: set[str] = set()
    for one in batch:
        event = one.recorded.event
        if isinstance(event, SecurityGroupRuleCreated | SecurityGroupRuleDeleted):
            found.add(event.security_group_id)
        elif move_of(one) is not None or isinstance(event, PortSecurityGroupsChanged):
            found.update(ports.get(one.recorded.stream, ()))
        found.update(_named(one.recorded))
    return found


def touched_scopes(batch: Iterable[Placed], groups: Groups) -> set[str]:
    """Scopes whose hosts must be known. groups: without its hosts."""
    concerned = moving(batch, groups.ports)
    found = {scope for group in concerned for scope in (group, *groups.rules.get(group, {}).values())}
    for one in batch:
        event, stream = one.recorded.event, one.recorded.stream
        if isinstance(event, SecurityGroupRuleCreated):
            found.add(named_by(event))
        if is_of_groups(stream):
            found.add(one.network_id)
        if _is_told(one.recorded):
            found.update(map(members_of, (*groups.ports.get(stream, ()), *_named(one.recorded))))
    return found - {""}


class GroupWalk:
    """Groups while a batch is walked through. ports, rules: as in `Groups`, now; told: {scope: {position: fact}}; entering:
    {scope: streams of ports in it now that were out at some moment}; born: {stream: facts} of ports that the batch created."""

    def __init__(self, before: Groups) -> None:
        self.presence = Presence(before.hosts)
        self.ports = dict(before.ports)
        self.rules = {group: dict(rules) for group, rules in before.rules.items()}
        self.told: dict[str, dict[int, Recorded]] = defaultdict(dict)
        self.born: dict[str, list[Recorded]] = {}
        self._stayed = {stream: set(groups) for stream, groups in before.ports.items()}
        self._steps: Counter[Row] = Counter()

    def step(self, one: Placed, hosts: Collection[str]) -> None:
        """Take in one event; hosts: where its port is now, after its move."""
        event, recorded = one.recorded.event, one.recorded
        before = self.ports.get(recorded.stream, ())
        match event:
            case PortCreated():
                self.born[recorded.stream] = []
                self._regroup(recorded.stream, event.security_groups, hosts)
            case PortSecurityGroupsChanged():
                self._regroup(recorded.stream, event.after, hosts)
            case PortDeleted():
                self._regroup(recorded.stream, (), hosts)
            case SecurityGroupRuleCreated():
                self._rule(recorded.stream, event.security_group_id, named_by(event))
            case SecurityGroupRuleDeleted():
                self._rule(recorded.stream, event.security_group_id, "")
        if _is_told(recorded):
            for group in {*before, *self.ports.get(recorded.stream, ())}:
                self.told[members_of(group)][recorded.position] = recorded
            if recorded.stream in self.born:
                self.born[recorded.stream].append(recorded)

    def moved(self, stream: str, came: Iterable[str], went: Iterable[str]) -> None:
        """A port is on hosts where it was not, and no longer on others."""
        for group in self.ports.get(stream, ()):
            for host in came:
                self._come(stream, host, group)
            for host in went:
                self._go(stream, host, group)

    def entering(self) -> dict[str, set[str]]:
        """{scope of members: streams of ports that are in it now and were out of it at some moment}."""
        found: dict[str, set[str]] = defaultdict(set)
        for stream, groups in self.ports.items():
            for group in set(groups) - self._stayed.get(stream, set()):
                found[members_of(group)].add(stream)
        return found

    def came(self) -> frozenset[Row]:
        """Members that are new on a host."""
        return frozenset(row for row, steps in self._steps.items() if steps > 0)

    def went(self) -> frozenset[Row]:
        """Members that are gone from a host."""
        return frozenset(row for row, steps in self._steps.items() if steps < 0)

    def _regroup(self, stream: str, groups: tuple[str, ...], hosts: Collection[str]) -> None:
        before, self.ports[stream] = self.ports.get(stream, ()), tuple(dict.fromkeys(groups))
        self._stayed.setdefault(stream, set()).intersection_update(groups)
        for host in hosts:
            for group in set(groups).difference(before):
                self._come(stream, host, group)
            for group in set(before).difference(groups):
                self._go(stream, host, group)

    def _rule(self, stream: str, group: str, scope: str) -> None:
        """The group's rule names `scope` from now on; empty: it is gone, or names nothing."""
        rules = self.rules.setdefault(group, {})
        before = rules.pop(stream, "")
        for host in self.presence.present(group) if before else ():
            self._go(stream, host, before)
        if scope:
            rules[stream] = scope
            for host in self.presence.present(group):
                self._come(stream, host, scope)

    def _come(self, member: str, host: str, scope: str) -> None:
        self._steps[member, host, scope] += 1
        if self.presence.add(scope, host):
            for rule, named in self.rules.get(scope, {}).items():
                self._come(rule, host, named)

    def _go(self, member: str, host: str, scope: str) -> None:
        self._steps[member, host, scope] -= 1
        if self.presence.drop(scope, host):
            for rule, named in self.rules.get(scope, {}).items():
                self._go(rule, host, named)


def _named(one: Recorded) -> tuple[str, ...]:
    """Groups that a port's fact names."""
    if isinstance(one.event, PortCreated):
        return one.event.security_groups
    return (*one.event.before, *one.event.after) if isinstance(one.event, PortSecurityGroupsChanged) else ()


def _is_told(one: Recorded) -> bool:
    return type(one.event) in MEMBER_FACTS
