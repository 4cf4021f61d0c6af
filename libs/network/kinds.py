"""The inline read model's tables: which columns filters use, and how a resource becomes a row and comes back.

`resource_of(row_of(r)) == r` always: what the API's body does not show lies in `hidden`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from libs.eventlog.protocol import Row
from libs.network import (
    address_group,
    address_scope,
    agent,
    bodies,
    flavor,
    flavor_rows,
    floatingip,
    l3_rows,
    network,
    network_rows,
    pool_rows,
    port,
    port_rows,
    quota,
    rbac_policy,
    rbac_rows,
    router,
    rows,
    security_group,
    security_group_rule,
    security_rows,
    subnet,
    subnetpool,
    tables,
    topology,
)
from libs.network.resources import kind_and_id
from libs.network.world import Resource


@dataclass(frozen=True, slots=True)
class Kind:
    """One table. columns: {name: SQL type} beside id, version, body, hidden; every kind has created_at. A value is text, int, bool,
    None or (text[]) a list of text."""

    name: str
    columns: Mapping[str, str]
    evolve: Callable[[Any, Any], Any]
    row_of: Callable[[Resource], Row]
    resource_of: Callable[[Row], Resource]


KINDS: Mapping[str, Kind] = {
    "network": Kind("network", tables.NETWORK, network.evolve, network_rows.network_row, network_rows.network_of),
    "subnet": Kind("subnet", tables.SUBNET, subnet.evolve, rows.subnet_row, rows.subnet_of),
    "port": Kind("port", tables.PORT, port.evolve, port_rows.port_row, port_rows.port_of),
    "router": Kind("router", tables.ROUTER, router.evolve, l3_rows.router_row, l3_rows.router_of),
    "floatingip": Kind(
        "floatingip", tables.FLOATINGIP, floatingip.evolve, l3_rows.floatingip_row, l3_rows.floatingip_of
    ),
    "rbac_policy": Kind(
        "rbac_policy", tables.RBAC_POLICY, rbac_policy.evolve, rbac_rows.rbac_policy_row, rbac_rows.rbac_policy_of
    ),
    "agent": Kind("agent", tables.AGENT, agent.evolve, rows.agent_row, rows.agent_of),
    "security_group": Kind(
        "security_group",
        tables.SECURITY_GROUP,
        security_group.evolve,
        security_rows.security_group_row,
        security_rows.security_group_of,
    ),
    "security_group_rule": Kind(
        "security_group_rule",
        tables.SECURITY_GROUP_RULE,
        security_group_rule.evolve,
        security_rows.security_group_rule_row,
        security_rows.security_group_rule_of,
    ),
    "address_group": Kind(
        "address_group",
        tables.ADDRESS_GROUP,
        address_group.evolve,
        security_rows.address_group_row,
        security_rows.address_group_of,
    ),
    "topology": Kind("topology", tables.TOPOLOGY, topology.evolve, topology.row, topology.of_row),
    "quota": Kind("quota", tables.QUOTA, quota.evolve, quota.row, quota.of_row),
    "subnetpool": Kind(
        "subnetpool", pool_rows.SUBNETPOOL, subnetpool.evolve, pool_rows.subnetpool_row, pool_rows.subnetpool_of
    ),
    "address_scope": Kind(
        "address_scope",
        pool_rows.ADDRESS_SCOPE,
        address_scope.evolve,
        pool_rows.address_scope_row,
        pool_rows.address_scope_of,
    ),
    "flavor": Kind("flavor", flavor_rows.FLAVOR, flavor.evolve_flavor, flavor_rows.flavor_row, flavor_rows.flavor_of),
    "service_profile": Kind(
        "service_profile",
        flavor_rows.SERVICE_PROFILE,
        flavor.evolve_profile,
        flavor_rows.profile_row,
        flavor_rows.profile_of,
    ),
}
"""{kind: its table}"""

body_of = bodies.body_of


def row_of(resource: Resource) -> Row:
    """The row of any resource."""
    return KINDS[kind_and_id(resource.stream)[0]].row_of(resource)


def resource_of(row: Row) -> Resource:
    """The resource of any row."""
    return KINDS[row.kind].resource_of(row)


def gone(stream: str, version: int) -> Row:
    """What deletes the row of a stream that ended at `version`."""
    kind, id = kind_and_id(stream)
    return Row(kind, id, version, None)
