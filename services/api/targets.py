"""What policy must know of that which a request acts upon: read as the caller, so that what one may not see is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.errors import not_found
from libs.model import Actor, is_uuid
from libs.policy import Target
from services.api import statements
from services.api.commands import owner_of
from services.api.reads import Query
from services.api.visibility import visible

_ON_NETWORKS = ("subnet", "port")


def target_of(query: Query, kind: str, id: str, actor: Actor) -> Target:
    """A resource that is there; administrators need not be looked after. Raises Refusal 404 when it is not the caller's to see."""
    if not is_uuid(id):
        raise not_found(kind, id[:255])
    if actor.is_admin:
        return Target("")
    statement = statements.target(kind, id, actor)
    rows: Sequence[tuple[Any, ...]] = query(statement.text, statement.values)
    if not rows:
        raise not_found(kind, id)
    owner, network_owner, shared, device_owner = rows[0]
    return Target(owner, network_owner or "", bool(shared), device_owner)


def targets_of_new(query: Query, kind: str, items: list[dict[str, Any]], actor: Actor) -> list[Target]:
    """Resources that are to be made, in order, with the networks that they will be on. Raises Refusal 400, 404."""
    networks = _networks(query, items, actor) if kind in _ON_NETWORKS and not actor.is_admin else {}
    return [_target_of_new(item, networks, actor) for item in items]


def _networks(query: Query, items: list[dict[str, Any]], actor: Actor) -> Mapping[str, Target]:
    """{network: what policy must know of it}. Raises Refusal 404."""
    wanted = list(dict.fromkeys(item["network_id"] for item in items))
    seen, values = visible("network", actor)
    text = f"select id, project_id, shared from network where id = any(%s) and {seen}"
    found = {id: Target("", owner, shared) for id, owner, shared in query(text, (wanted, *values))}
    for id in wanted:
        if id not in found:
            raise not_found("network", id)
    return found


def _target_of_new(item: Mapping[str, Any], networks: Mapping[str, Target], actor: Actor) -> Target:
    network = networks.get(item.get("network_id", ""), Target(""))
    return Target(owner_of(item, actor), network.network_owner, network.shared)
