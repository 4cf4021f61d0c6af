"""What all kinds' rows have in common: the API's body as text, times, and what is hidden beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from libs.eventlog.protocol import Row
from libs.network import (
    address_group,
    address_scope,
    agent,
    flavor,
    floatingip,
    network,
    network_body,
    port,
    port_body,
    rbac_policy,
    router,
    security_group,
    security_group_rule,
    subnet,
    subnetpool,
)
from libs.network.resources import kind_and_id, stream_of
from libs.network.world import Resource

_text = json.JSONEncoder(separators=(",", ":")).encode

_BODIES: Mapping[type, Callable[[Any, int, str, str], dict[str, Any]]] = {
    network.Network: network_body.body,
    subnet.Subnet: subnet.body,
    port.Port: port_body.body,
    router.Router: router.body,
    floatingip.FloatingIp: floatingip.body,
    security_group.SecurityGroup: security_group.body,
    security_group_rule.SecurityGroupRule: security_group_rule.body,
    address_group.AddressGroup: address_group.body,
    rbac_policy.RbacPolicy: rbac_policy.body,
    subnetpool.SubnetPool: subnetpool.body,
    address_scope.AddressScope: address_scope.body,
    flavor.Flavor: flavor.flavor_body,
    flavor.ServiceProfile: flavor.profile_body,
}


def body_of(resource: Resource) -> dict[str, Any]:
    """The API's JSON of any resource, as an administrator sees it. Raises TypeError for what is none."""
    state = resource.state
    if isinstance(state, agent.Agent):
        return agent.body(state, resource.created_at, resource.updated_at)
    if type(state) not in _BODIES:
        raise TypeError(f"{resource.stream} is no resource")
    return _BODIES[type(state)](state, resource.version, resource.created_at, resource.updated_at)


def row_with(resource: Resource, columns: Mapping[str, Any], hidden: Mapping[str, Any]) -> Row:
    """The row of a resource with these columns of its kind; `hidden` is what its body does not show."""
    kind, id = kind_and_id(resource.stream)
    made = {**columns, "created_at": resource.created_at}
    return Row(kind, id, resource.version, made, _text(body_of(resource)), _text(hidden) if hidden else "")


def tags_column(tags: tuple[str, ...]) -> dict[str, list[str] | None]:
    """The column `tags`: null for none, so that no index holds what has no tags."""
    return {"tags": list(tags) if tags else None}


def resource_with(row: Row, times: Mapping[str, Any], state: Any) -> Resource:
    """The resource of a row with this state; times: {created_at, updated_at}, mostly its body."""
    return Resource(stream_of(row.kind, row.id), row.version, times["created_at"], times["updated_at"], state)
