"""Whom and what rules judge: the caller's roles as Keystone implies them, and facts of what is acted upon. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from libs.model import Actor

_IMPLIED = {"admin": ("manager", "member", "reader"), "manager": ("member", "reader"), "member": ("reader",)}
_OPERATORS = ("admin", "service")


@dataclass(frozen=True, slots=True)
class Target:
    """What is acted upon: facts from the log, never from the request, but for a resource that is to be made. `owner`,
    `network_owner`, `parent_owner` (ext_parent) and `group_owner` (security_group) are projects; shared, external: of the network,
    or of what is shared itself. `facts`: more of them, {attribute: value}."""

    owner: str
    network_owner: str = ""
    shared: bool = False
    device_owner: str = ""
    external: bool = False
    parent_owner: str = ""
    group_owner: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=1024)
def roles_of(roles: tuple[str, ...]) -> frozenset[str]:
    """Roles with those that they imply in Keystone, in lower case."""
    given = tuple(role.lower() for role in roles)
    return frozenset((*given, *(implied for role in given for implied in _IMPLIED.get(role, ()))))


def is_operator(actor: Actor) -> bool:
    """Whether the caller sees every project's resources."""
    return any(role in actor.roles for role in _OPERATORS)


def may_act_for(actor: Actor, project: str) -> bool:
    """Whether the caller may make things that belong to `project`."""
    return project == actor.project or is_operator(actor)


def may_read(actor: Actor) -> bool:
    """Whether the caller holds any role that reads."""
    return is_operator(actor) or "reader" in roles_of(actor.roles)
