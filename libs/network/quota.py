"""What a project may have: which resources are counted, and the limits that were set for it. Pure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from libs.eventlog.protocol import Row
from libs.events import QuotaEvent, QuotaLimitChanged, QuotaReset
from libs.network.world import Resource

RESOURCES = (
    "network",
    "subnet",
    "subnetpool",
    "port",
    "router",
    "floatingip",
    "router_route",
    "rbac_policy",
    "security_group",
    "security_group_rule",
    "address_group",
)
"""What has a limit; all but `router_route` (routes of one router) are counted per project."""

ROUTER_ROUTE = "router_route"
UNLIMITED = -1
_NAMES = uuid.UUID("0b8f8d0e-6f0c-5e53-9d4c-3c1f6a3c7d11")


def quota_id(project_id: str) -> str:
    """The id of a project's quota: a project's own may be any text."""
    return str(uuid.uuid5(_NAMES, project_id))


@dataclass(frozen=True, slots=True)
class Quota:
    """limits: {resource: number, -1 for none} of those that were set; the others have the default."""

    project_id: str
    limits: Mapping[str, int]


def evolve(state: Quota | None, event: QuotaEvent) -> Quota:
    """The quota after `event`."""
    if isinstance(event, QuotaReset):
        return Quota(event.project_id, {})
    if not isinstance(event, QuotaLimitChanged):
        raise TypeError(f"{type(event).__name__} is no fact about a quota")
    before = state or Quota(event.project_id, {})
    return replace(before, limits={**before.limits, event.resource: event.after})


def body(state: Quota, created_at: str, updated_at: str) -> dict[str, Any]:
    """What the row keeps as text; the API's bodies hold the defaults too (services/api/quotas.py)."""
    limits = dict(sorted(state.limits.items()))
    return {"project_id": state.project_id, "limits": limits, "created_at": created_at, "updated_at": updated_at}


def row(resource: Resource) -> Row:
    """A quota's row."""
    state: Quota = resource.state
    shown = body(state, resource.created_at, resource.updated_at)
    columns = {
        "project_id": state.project_id,
        "limits": json.dumps(shown["limits"]) if state.limits else "",
        "created_at": resource.created_at,
    }
    text = json.dumps(shown, separators=(",", ":"))
    return Row("quota", quota_id(state.project_id), resource.version, columns, text)


def of_row(row: Row) -> Resource:
    """The quota of its row."""
    shown = json.loads(row.body)
    state = Quota(shown["project_id"], shown["limits"])
    return Resource(f"quota-{row.id}", row.version, shown["created_at"], shown["updated_at"], state)


def limits_in(columns: Mapping[str, Any]) -> dict[str, int]:
    """The limits that a row's columns tell."""
    limits: dict[str, int] = json.loads(columns.get("limits") or "{}")
    return limits
