"""Hosts and members of groups' scopes while a batch is walked through. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from libs.eventlog.protocol import Recorded
from libs.events import (
    PortCreated,
    PortDeleted,
    PortSecurityGroupsChanged,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
)
from libs.feed import members_of
from services.topology.groups import Groups, is_told, named_by
from services.topology.moves import Placed
from services.topology.presence import Presence

Row = tuple[str, str, str]
"""(member, host, scope)."""


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
        if is_told(recorded):
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
