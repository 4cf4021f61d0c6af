"""The cast of security groups: a default group, one of our own, rules, an address group; facts that put them there."""

from __future__ import annotations

from typing import Any

from libs.commands import CreateSecurityGroupRules, NewSecurityGroupRule
from libs.events import AddressGroupCreated, Event, SecurityGroupCreated, SecurityGroupRuleCreated
from libs.network.security_group import default_group_id, first_rule_id
from tests.unit.people import THEM, US, uuid_of

GROUP, GROUP2, RULE, RULE2, OFFICES = uuid_of(801), uuid_of(802), uuid_of(811), uuid_of(812), uuid_of(821)
DEFAULT, THEIR_DEFAULT = default_group_id(US), default_group_id(THEM)


def a_group(id: str = GROUP, project: str = US, **more: Any) -> SecurityGroupCreated:
    return SecurityGroupCreated(id, project, **{"name": "web", **more})


def the_default_group(project: str = US) -> tuple[Event, ...]:
    """With its four rules."""
    id = default_group_id(project)
    made = a_group(id, project, name="default", description="Default security group", is_default=True)
    ways = [(way, ip) for way in ("egress", "ingress") for ip in ("IPv4", "IPv6")]
    return (made, *(first_rule(id, project, way, ip) for way, ip in ways))


def first_rule(group: str, project: str, direction: str, ethertype: str) -> SecurityGroupRuleCreated:
    """A rule of a default group."""
    remote = group if direction == "ingress" else None
    id = first_rule_id(group, direction, ethertype)
    return SecurityGroupRuleCreated(
        id, group, project, direction, ethertype, remote_group_id=remote, in_default_group=True
    )


def a_rule(id: str = RULE, group: str = GROUP, **more: Any) -> SecurityGroupRuleCreated:
    values: dict[str, Any] = {"project_id": US, "direction": "ingress", "ethertype": "IPv4", **more}
    return SecurityGroupRuleCreated(security_group_rule_id=id, security_group_id=group, **values)


def offices(*addresses: str) -> AddressGroupCreated:
    return AddressGroupCreated(OFFICES, US, "offices", "", addresses)


def wish(**more: Any) -> CreateSecurityGroupRules:
    """One rule of our group."""
    return CreateSecurityGroupRules((a_wish(**more),))


def a_wish(id: str = RULE, **more: Any) -> NewSecurityGroupRule:
    values: dict[str, Any] = {"project_id": US, "security_group_id": GROUP, "direction": "ingress", **more}
    return NewSecurityGroupRule(security_group_rule_id=id, **values)
