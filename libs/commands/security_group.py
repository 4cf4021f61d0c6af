"""What can be asked of security groups and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewSecurityGroup:
    """One security group to make; it is born with rules that let everything out."""

    security_group_id: str
    project_id: str
    name: str = ""
    description: str = ""
    stateful: bool = True


@dataclass(frozen=True, slots=True)
class CreateSecurityGroups:
    """Make all of these groups or none, and the default groups of their projects."""

    security_groups: tuple[NewSecurityGroup, ...]


@dataclass(frozen=True, slots=True)
class EnsureDefaultGroup:
    """Make the project's default group, unless it is there."""

    project_id: str


@dataclass(frozen=True, slots=True)
class UpdateSecurityGroup:
    """Change the named attributes: name, description, stateful."""

    security_group_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteSecurityGroup:
    """Delete a group that no port has, with its rules and those that name it; a default group at an administrator's word alone."""

    security_group_id: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class NewSecurityGroupRule:
    """One rule to make; fields as in SecurityGroupRuleCreated, remote_ip_prefix as it was sent."""

    security_group_rule_id: str
    project_id: str
    security_group_id: str
    direction: str
    ethertype: str = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class CreateSecurityGroupRules:
    """Make all of these rules, of one group, or none."""

    security_group_rules: tuple[NewSecurityGroupRule, ...]


@dataclass(frozen=True, slots=True)
class DeleteSecurityGroupRule:
    """Delete a rule; what it had let pass is cut."""

    security_group_rule_id: str
    if_revision: int | None = None
