"""Which rows a caller may see, and which are shared with him, as conditions that stand in every statement. Pure.

Every `%s` is the caller's project. Networks know whom they are shared with (`libs.network.sharing`), of other kinds policies tell it.
"""

from __future__ import annotations

from typing import Any

from libs.model import Actor
from libs.policy import is_operator, may_read

OUTER_SUBNET = "outer_subnet"
"""A subnet as routers and floating IPs name it: those of the networks that lead outside are used by all, and not seen."""
_US = "array['*', %s]::text[]"
# array(..) is read once and then serves an index; `in (select ..)` beside an `or` would read the whole table.
_OPEN = f"project_id = %s or shared_with && {_US} or external_to && {_US}"
_OWN_NETWORK = "network_id = any(array(select id from network where project_id = %s))"
_OPEN_NETWORK = f"network_id = any(array(select id from network where {_OPEN}))"
_SHARED_NETWORK = f"network_id = any(array(select id from network where project_id = %s or shared_with && {_US}))"


def _own_or_shared(kind: str) -> str:
    shared = f"select object_id from rbac_policy where object_type = '{kind}' and target_project in ('*', %s)"
    return f"(project_id = %s or id = any(array({shared})))"


def _by_policy(kind: str) -> str:
    return (
        f"exists (select from rbac_policy r where r.object_id = {kind}.id and r.action = 'access_as_shared'"
        " and r.target_project in ('*', %s))"
    )


def _by_network(network_id: str) -> str:
    return f"coalesce((select n.shared_with && {_US} from network n where n.id = {network_id}), false)"


_VISIBLE = {
    "network": f"({_OPEN})",
    "subnet": f"(project_id = %s or {_SHARED_NETWORK})",
    OUTER_SUBNET: f"(project_id = %s or {_OPEN_NETWORK})",
    "port": f"(project_id = %s or {_OWN_NETWORK})",
    "router": "project_id = %s",
    "floatingip": "project_id = %s",
    "security_group": _own_or_shared("security_group"),
    "security_group_rule": (
        "(project_id = %s or security_group_id = any(array(select id from security_group where project_id = %s)))"
    ),
    "address_group": _own_or_shared("address_group"),
    "address_scope": _own_or_shared("address_scope"),
    "subnetpool": _own_or_shared("subnetpool"),
    "rbac_policy": "project_id = %s",
    "flavor": "true",
    "agent": "false",
}
"""{kind: condition}; a kind that is not here is nobody's but operators'."""

_SHARED = {
    "network": f"coalesce(network.shared_with && {_US}, false)",
    **dict.fromkeys(("subnet", OUTER_SUBNET), _by_network("subnet.network_id")),
    "port": _by_network("port.network_id"),
    **{kind: _by_policy(kind) for kind in ("security_group", "address_group", "address_scope", "subnetpool")},
}
"""{kind: condition}"""

SHOWING = ("network", "security_group", "address_scope", "subnetpool")
"""Kinds whose bodies say whether they are shared with the caller."""


def visible(kind: str, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """(condition, values) that hold for the rows the caller may see."""
    if is_operator(actor):
        return "true", ()
    if not may_read(actor):
        return "false", ()
    return _bound(_VISIBLE.get(kind, "false"), actor)


def shared(kind: str, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """(condition, values) that hold for the rows that are shared with the caller's project, or are on a network that is."""
    return _bound(_SHARED.get(kind, "false"), actor)


def external(network: str) -> str:
    """Whether the network whose alias this is leads outside."""
    return f"({network}.external_to is not null)"


def _bound(condition: str, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    return condition, (actor.project,) * condition.count("%s")
