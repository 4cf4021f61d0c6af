"""Flavors and service profiles as rows of the inline read model and back."""

from __future__ import annotations

import json

from libs.eventlog.protocol import Row
from libs.network.bodies import resource_with, row_with
from libs.network.flavor import Flavor, ServiceProfile
from libs.network.world import Resource

FLAVOR = {
    "name": "text",
    "service_type": "text",
    "enabled": "boolean",
    "service_profile_ids": "text[]",
    "created_at": "text",
}
SERVICE_PROFILE = {"driver": "text", "enabled": "boolean", "created_at": "text"}
"""{column: SQL type}, as of `libs.network.kinds.Kind`."""


def flavor_row(resource: Resource) -> Row:
    """A flavor's row."""
    state: Flavor = resource.state
    columns = {
        "name": state.name,
        "service_type": state.service_type,
        "enabled": state.enabled,
        "service_profile_ids": list(state.service_profiles),
    }
    return row_with(resource, columns, _times(resource))


def flavor_of(row: Row) -> Resource:
    """The flavor of its row."""
    shown = json.loads(row.body)
    state = Flavor(
        shown["id"],
        shown["name"],
        shown["description"],
        shown["service_type"],
        shown["enabled"],
        tuple(shown["service_profiles"]),
    )
    return resource_with(row, json.loads(row.hidden), state)


def profile_row(resource: Resource) -> Row:
    """A service profile's row."""
    state: ServiceProfile = resource.state
    return row_with(resource, {"driver": state.driver, "enabled": state.enabled}, _times(resource))


def profile_of(row: Row) -> Resource:
    """The service profile of its row."""
    return resource_with(row, json.loads(row.hidden), ServiceProfile(**json.loads(row.body)))


def _times(resource: Resource) -> dict[str, str]:
    return {"created_at": resource.created_at, "updated_at": resource.updated_at}
