"""A rule of a security group: its state, how facts fold into it, its API body, and what makes two of them the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libs.events import SecurityGroupRuleCreated, SecurityGroupRuleDeleted, SecurityGroupRuleEvent
from libs.network.ip_protocols import number_of

_ANYWHERE = (None, "0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """What a group lets pass; fields as in SecurityGroupRuleCreated."""

    id: str
    security_group_id: str
    project_id: str
    direction: str
    ethertype: str
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None
    description: str = ""
    sent_ip_prefix: str | None = None
    in_default_group: bool = False


_SAME = tuple(SecurityGroupRule.__dataclass_fields__)[1:]


def evolve(state: SecurityGroupRule | None, event: SecurityGroupRuleEvent) -> SecurityGroupRule | None:
    """The rule after `event`; None before it was created and after it was deleted. It never changes."""
    if not isinstance(event, SecurityGroupRuleCreated):
        return None
    return SecurityGroupRule(event.security_group_rule_id, **{name: getattr(event, name) for name in _SAME})


def same_rule(rule: SecurityGroupRule | SecurityGroupRuleCreated | SecurityGroupRuleDeleted) -> str:
    """A text that rules of a group share when they let the very same pass, by whatever names and numbers they say so.

    Source: Neutron 29's db/securitygroups_db.py (_rule_to_key); host bits of a CIDR make no difference here.
    """
    parts = (
        rule.direction,
        rule.ethertype,
        None if rule.protocol is None else number_of(rule.protocol),
        rule.port_range_min,
        rule.port_range_max,
        None if rule.remote_ip_prefix in _ANYWHERE else rule.remote_ip_prefix,
        rule.remote_group_id,
        rule.remote_address_group_id,
    )
    return "/".join("+" if one is None else str(one) for one in parts)


def deleted(state: SecurityGroupRule) -> SecurityGroupRuleDeleted:
    """The fact that it is gone."""
    return SecurityGroupRuleDeleted(
        security_group_rule_id=state.id,
        security_group_id=state.security_group_id,
        project_id=state.project_id,
        direction=state.direction,
        ethertype=state.ethertype,
        protocol=state.protocol,
        port_range_min=state.port_range_min,
        port_range_max=state.port_range_max,
        remote_ip_prefix=state.remote_ip_prefix,
        remote_group_id=state.remote_group_id,
        remote_address_group_id=state.remote_address_group_id,
    )


def body(state: SecurityGroupRule, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a rule."""
    return {
        "id": state.id,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "security_group_id": state.security_group_id,
        "ethertype": state.ethertype,
        "direction": state.direction,
        "protocol": state.protocol,
        "port_range_min": state.port_range_min,
        "port_range_max": state.port_range_max,
        "remote_ip_prefix": state.sent_ip_prefix or state.remote_ip_prefix,
        "remote_address_group_id": state.remote_address_group_id,
        "normalized_cidr": state.remote_ip_prefix,
        "remote_group_id": state.remote_group_id,
        "belongs_to_default_sg": state.in_default_group,
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
    }
