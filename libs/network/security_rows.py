"""Security groups, their rules and address groups as rows of the inline read model and back."""

from __future__ import annotations

import json

from libs.eventlog.protocol import Row
from libs.network.address_group import AddressGroup
from libs.network.bodies import resource_with, row_with, tags_column
from libs.network.security_group import SecurityGroup
from libs.network.security_group_rule import SecurityGroupRule
from libs.network.world import Resource


def security_group_row(resource: Resource) -> Row:
    """A security group's row; whether it is its project's default group is no part of its body."""
    state: SecurityGroup = resource.state
    columns = {
        "project_id": state.project_id,
        "name": state.name,
        "stateful": state.stateful,
        "is_default": state.is_default,
        **tags_column(state.tags),
    }
    return row_with(resource, columns, {"default": True} if state.is_default else {})


def security_group_of(row: Row) -> Resource:
    """The security group of its row."""
    shown = json.loads(row.body)
    state = SecurityGroup(
        id=shown["id"],
        project_id=shown["project_id"],
        name=shown["name"],
        description=shown["description"],
        stateful=shown["stateful"],
        is_default=bool(row.hidden),
        tags=tuple(shown["tags"]),
    )
    return resource_with(row, shown, state)


_RULE_COLUMNS = (
    "project_id",
    "security_group_id",
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_group_id",
    "remote_address_group_id",
)


def security_group_rule_row(resource: Resource) -> Row:
    """A rule's row."""
    state: SecurityGroupRule = resource.state
    columns = {
        **{name: getattr(state, name) for name in _RULE_COLUMNS},
        "remote_ip_prefix": state.sent_ip_prefix or state.remote_ip_prefix,
        "normalized_cidr": state.remote_ip_prefix,
        "belongs_to_default_sg": state.in_default_group,
    }
    return row_with(resource, columns, {})


def security_group_rule_of(row: Row) -> Resource:
    """The rule of its row."""
    shown = json.loads(row.body)
    sent, cidr = shown["remote_ip_prefix"], shown["normalized_cidr"]
    state = SecurityGroupRule(
        id=shown["id"],
        **{name: shown[name] for name in _RULE_COLUMNS},
        remote_ip_prefix=cidr,
        description=shown["description"],
        sent_ip_prefix=None if sent == cidr else sent,
        in_default_group=shown["belongs_to_default_sg"],
    )
    return resource_with(row, shown, state)


def address_group_row(resource: Resource) -> Row:
    """An address group's row."""
    state: AddressGroup = resource.state
    return row_with(resource, {"project_id": state.project_id, "name": state.name}, {})


def address_group_of(row: Row) -> Resource:
    """The address group of its row."""
    shown = json.loads(row.body)
    names = ("id", "project_id", "name", "description")
    state = AddressGroup(**{name: shown[name] for name in names}, addresses=tuple(shown["addresses"]))
    return resource_with(row, shown, state)
