"""A security group: its state, how facts fold into it, its API body; which one is a project's default group."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from libs.events import (
    SecurityGroupCreated,
    SecurityGroupDeleted,
    SecurityGroupDescribed,
    SecurityGroupEvent,
    SecurityGroupRenamed,
    SecurityGroupStatefulChanged,
    SecurityGroupTagsChanged,
)
from libs.network.tags import retagged

DEFAULT = "default"
"""The name of default groups, which no other group may have."""

DEFAULT_DESCRIPTION = "Default security group"

_OF_PROJECTS = uuid.UUID("6c1d1f0e-9f43-5d0b-8a52-3f5b0a7c9e11")


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A set of rules, each a resource of its own. is_default: what ports of its project get when nobody says."""

    id: str
    project_id: str
    name: str
    description: str = ""
    stateful: bool = True
    is_default: bool = False
    tags: tuple[str, ...] = ()


def default_group_id(project_id: str, number: int = 0) -> str:
    """The id of a project's default group, so that it can be read and made without a look-up. number: 1, 2, .. for those after one
    that was deleted."""
    name = f"{project_id}/{number}" if number else project_id
    return str(uuid.uuid5(_OF_PROJECTS, name))


def first_rule_id(security_group_id: str, direction: str, ethertype: str) -> str:
    """The id of a rule that the group is born with."""
    return str(uuid.uuid5(uuid.UUID(security_group_id), f"{direction}/{ethertype}"))


def evolve(state: SecurityGroup | None, event: SecurityGroupEvent) -> SecurityGroup | None:
    """The group after `event`; None before it was created and after it was deleted."""
    if isinstance(event, SecurityGroupCreated):
        return SecurityGroup(
            id=event.security_group_id,
            project_id=event.project_id,
            name=event.name,
            description=event.description,
            stateful=event.stateful,
            is_default=event.is_default,
        )
    if isinstance(event, SecurityGroupDeleted) or state is None:
        return None
    return _changed(state, event)


def _changed(state: SecurityGroup, event: SecurityGroupEvent) -> SecurityGroup:
    match event:
        case SecurityGroupRenamed():
            return replace(state, name=event.after)
        case SecurityGroupDescribed():
            return replace(state, description=event.after)
        case SecurityGroupStatefulChanged():
            return replace(state, stateful=event.stateful)
        case SecurityGroupTagsChanged():
            return replace(state, tags=retagged(state.tags, event))
    raise TypeError(f"{type(event).__name__} is no fact about a living security group")


def body(state: SecurityGroup, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a security group, but for its rules and whom it is shared with, which the reader adds as they are then."""
    return {
        "id": state.id,
        "name": state.name,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "stateful": state.stateful,
        "shared": False,
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
    }
