"""Subnets and agents as rows of the inline read model and back; what the body does not show is hidden."""

from __future__ import annotations

import json

from libs.eventlog.protocol import Row
from libs.model import AddressRange, HostRoute
from libs.network import agent, subnet
from libs.network.bodies import resource_with, row_with, tags_column
from libs.network.world import Resource

_SUBNET_PLAIN = (
    "id",
    "name",
    "network_id",
    "project_id",
    "description",
    "ip_version",
    "cidr",
    "gateway_ip",
    "enable_dhcp",
    "ipv6_ra_mode",
    "ipv6_address_mode",
)


def subnet_row(resource: Resource) -> Row:
    """A subnet's row."""
    state: subnet.Subnet = resource.state
    names = ("project_id", "name", "network_id", "ip_version", "cidr", "gateway_ip", "enable_dhcp", "subnetpool_id")
    columns = {name: getattr(state, name) for name in names} | tags_column(state.tags)
    return row_with(resource, columns, {})


def subnet_of(row: Row) -> Resource:
    """The subnet of its row."""
    shown = json.loads(row.body)
    state = subnet.Subnet(
        **{name: shown[name] for name in _SUBNET_PLAIN},
        allocation_pools=tuple(AddressRange(one["start"], one["end"]) for one in shown["allocation_pools"]),
        dns_nameservers=tuple(shown["dns_nameservers"]),
        host_routes=tuple(HostRoute(one["destination"], one["nexthop"]) for one in shown["host_routes"]),
        subnetpool_id=shown.get("subnetpool_id"),
        service_types=tuple(shown.get("service_types", ())),
        tags=tuple(shown.get("tags", ())),
    )
    return resource_with(row, shown, state)


def agent_row(resource: Resource) -> Row:
    """An agent's row."""
    state: agent.Agent = resource.state
    columns = {
        "host": state.host,
        "agent_type": state.agent_type,
        "alive": state.alive,
        "availability_zone": state.availability_zone,
        "admin_state_up": state.admin_state_up,
    }
    return row_with(resource, columns, {"created_at": resource.created_at, "updated_at": resource.updated_at})


def agent_of(row: Row) -> Resource:
    """The agent of its row."""
    shown, times = json.loads(row.body), json.loads(row.hidden)
    state = agent.Agent(
        id=shown["id"],
        host=shown["host"],
        agent_type=shown["agent_type"],
        binary=shown["binary"],
        availability_zone=shown["availability_zone"] or "",
        configurations=shown["configurations"],
        alive=shown["alive"],
        admin_state_up=shown["admin_state_up"],
        description=shown["description"] or "",
    )
    return resource_with(row, times, state)
