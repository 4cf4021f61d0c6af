"""Which host is in which security group's scope, and whose facts go there: what a batch of facts says of groups. Pure.

Three kinds of scope: a group with its rules (`<id>`), where a port that has it is bound; the member ports of a group
(`members-<id>`), where a rule of a group of the first kind names it; an address group, likewise. Its members are a port
(`port-<id>`) in a group, a rule (`security_group_rule-<id>`) in what it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

MEMBER_FACTS = frozenset(
    {
        *(PortCreated, PortDeleted, AddressAllocated, AddressReleased, PortMacChanged),
        *(PortSecurityGroupsChanged, PortSecurityChanged, PortAddressPairsChanged),
    }
)
"""What of a port matters to those who let its groups pass."""
_KINDS = ("security_group-", "security_group_rule-", "address_group-")


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
        elif stream.startswith("port-") and (is_told(one.recorded) or move_of(one) is not None):
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
        if is_told(one.recorded):
            found.update(map(members_of, (*groups.ports.get(stream, ()), *_named(one.recorded))))
    return found - {""}


def _named(one: Recorded) -> tuple[str, ...]:
    """Groups that a port's fact names."""
    if isinstance(one.event, PortCreated):
        return one.event.security_groups
    return (*one.event.before, *one.event.after) if isinstance(one.event, PortSecurityGroupsChanged) else ()


def is_told(one: Recorded) -> bool:
    """Whether it matters to those who let a group of its port pass."""
    return type(one.event) in MEMBER_FACTS
