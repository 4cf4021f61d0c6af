"""Subnet pools and address scopes as rows of the inline read model and back; what the body does not show is hidden."""

from __future__ import annotations

import json

from libs.eventlog.protocol import Row
from libs.model import PrefixLengths
from libs.network.address_scope import AddressScope
from libs.network.bodies import resource_with, row_with, tags_column
from libs.network.subnetpool import SubnetPool
from libs.network.world import Resource

SUBNETPOOL = {
    "project_id": "text",
    "name": "text",
    "ip_version": "integer",
    "min_prefixlen": "integer",
    "default_prefixlen": "integer",
    "max_prefixlen": "integer",
    "default_quota": "integer",
    "is_default": "boolean",
    "address_scope_id": "text",
    "tags": "text[]",
    "created_at": "text",
}
ADDRESS_SCOPE = {
    "project_id": "text",
    "name": "text",
    "ip_version": "integer",
    "created_at": "text",
}
"""{column: SQL type}, as of `libs.network.kinds.Kind`."""

_POOL_PLAIN = (
    "id",
    "project_id",
    "name",
    "description",
    "ip_version",
    "default_quota",
    "is_default",
    "address_scope_id",
)


def subnetpool_row(resource: Resource) -> Row:
    """A subnet pool's row."""
    state: SubnetPool = resource.state
    columns = {
        "project_id": state.project_id,
        "name": state.name,
        "ip_version": state.ip_version,
        "min_prefixlen": state.lengths.least,
        "default_prefixlen": state.lengths.usual,
        "max_prefixlen": state.lengths.most,
        "default_quota": state.default_quota,
        "is_default": state.is_default,
        "address_scope_id": state.address_scope_id,
        **tags_column(state.tags),
    }
    return row_with(resource, columns, {"used": list(state.used), "usage": state.usage} if state.used else {})


def subnetpool_of(row: Row) -> Resource:
    """The subnet pool of its row."""
    shown, hidden = json.loads(row.body), json.loads(row.hidden or "{}")
    state = SubnetPool(
        **{name: shown[name] for name in _POOL_PLAIN},
        prefixes=tuple(shown["prefixes"]),
        lengths=PrefixLengths(*(int(shown[name]) for name in ("min_prefixlen", "default_prefixlen", "max_prefixlen"))),
        used=tuple(hidden.get("used", ())),
        usage=hidden.get("usage", {}),
        tags=tuple(shown["tags"]),
    )
    return resource_with(row, shown, state)


def address_scope_row(resource: Resource) -> Row:
    """An address scope's row."""
    state: AddressScope = resource.state
    columns = {"project_id": state.project_id, "name": state.name, "ip_version": state.ip_version}
    return row_with(resource, columns, {"created_at": resource.created_at, "updated_at": resource.updated_at})


def address_scope_of(row: Row) -> Resource:
    """The address scope of its row."""
    shown, times = json.loads(row.body), json.loads(row.hidden)
    state = AddressScope(shown["id"], shown["project_id"], shown["name"], shown["ip_version"])
    return resource_with(row, times, state)
