"""Which subnet pool `use_default_subnetpool` means: the default of the subnet's IP version, if the caller sees it."""

from __future__ import annotations

from typing import Any

from libs.errors.subnetpool import bad_subnet
from libs.model import Actor
from services.api.reads import Query
from services.api.visibility import visible


def with_default_pools(query: Query, items: list[dict[str, Any]], actor: Actor) -> list[dict[str, Any]]:
    """Wishes for subnets with the pool's id in the place of `use_default_subnetpool`. Raises Refusal 400 when there is none, or
    both are said."""
    return [_with_pool(query, item, actor) for item in items]


def _with_pool(query: Query, item: dict[str, Any], actor: Actor) -> dict[str, Any]:
    rest = {name: value for name, value in item.items() if name != "use_default_subnetpool"}
    if not item.get("use_default_subnetpool"):
        return rest
    if item.get("subnetpool_id"):
        raise bad_subnet("subnetpool_id and use_default_subnetpool cannot both be specified")
    version = item["ip_version"]
    seen, values = visible("subnetpool", actor)
    text = f"select id from subnetpool where is_default and ip_version = %s and {seen}"
    found = query(text, (version, *values))
    if not found:
        raise bad_subnet(f"No default subnetpool found for IPv{version}")
    return {**rest, "subnetpool_id": str(found[0][0])}
