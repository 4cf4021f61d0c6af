"""Networks, subnets, ports and agents as rows of the inline read model and back; what the body does not show is hidden."""

from __future__ import annotations

import json

from libs.eventlog.protocol import Row
from libs.model import AddressRange, DhcpOption, FixedIp, HostRoute, Segment
from libs.network import agent, network, port, subnet
from libs.network.bodies import resource_with, row_with, tags_column
from libs.network.world import Resource


def network_row(resource: Resource) -> Row:
    """A network's row."""
    state: network.Network = resource.state
    columns = {
        "project_id": state.project_id,
        "name": state.name,
        "status": "ACTIVE",
        "admin_state_up": state.admin_state_up,
        "shared": state.shared,
        "external": state.external,
        "network_type": state.segment.network_type,
        "physical_network": state.segment.physical_network,
        "segmentation_id": state.segment.segmentation_id,
        "subnet_ids": list(state.subnet_ids),
        **tags_column(state.tags),
    }
    hidden = {
        "cidrs": [one.cidr for one in state.subnets],
        "dhcp": [[one.agent_id, one.host, one.availability_zone, one.port_id] for one in state.dhcp],
    }
    return row_with(resource, columns, hidden)


def network_of(row: Row) -> Resource:
    """The network of its row."""
    shown, hidden = json.loads(row.body), json.loads(row.hidden)
    subnets = zip(shown["subnets"], hidden["cidrs"], strict=True)
    state = network.Network(
        id=shown["id"],
        project_id=shown["project_id"],
        name=shown["name"],
        description=shown["description"],
        admin_state_up=shown["admin_state_up"],
        shared=shown["shared"],
        external=shown["router:external"],
        mtu=shown["mtu"],
        segment=Segment(
            shown["provider:network_type"], shown["provider:physical_network"], shown["provider:segmentation_id"]
        ),
        availability_zone_hints=tuple(shown["availability_zone_hints"]),
        subnets=tuple(network.NetworkSubnet(id, cidr) for id, cidr in subnets),
        dhcp=tuple(network.DhcpServer(*one) for one in hidden["dhcp"]),
        tags=tuple(shown.get("tags", ())),
    )
    return resource_with(row, shown, state)


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
    names = ("project_id", "name", "network_id", "ip_version", "cidr", "gateway_ip", "enable_dhcp")
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
        tags=tuple(shown.get("tags", ())),
    )
    return resource_with(row, shown, state)


_PORT_PLAIN = (
    "id",
    "network_id",
    "project_id",
    "name",
    "description",
    "mac_address",
    "admin_state_up",
    "device_id",
    "device_owner",
    "ip_allocation",
    "status",
)
_PORT_BINDING = {
    "vnic_type": "binding:vnic_type",
    "profile": "binding:profile",
    "host": "binding:host_id",
    "vif_type": "binding:vif_type",
    "vif_details": "binding:vif_details",
}


def port_row(resource: Resource) -> Row:
    """A port's row."""
    state: port.Port = resource.state
    columns = {
        "project_id": state.project_id,
        "network_id": state.network_id,
        "device_id": state.device_id,
        "device_owner": state.device_owner,
        "mac_address": state.mac_address,
        "host": state.host,
        "status": state.status,
        "name": state.name,
        "admin_state_up": state.admin_state_up,
        "ip_addresses": [one.ip_address for one in state.fixed_ips],
        "subnet_ids": [one.subnet_id for one in state.fixed_ips],
        **tags_column(state.tags),
    }
    return row_with(resource, columns, {"generation": state.generation} if state.generation else {})


def port_of(row: Row) -> Resource:
    """The port of its row."""
    shown = json.loads(row.body)
    state = port.Port(
        **{name: shown[name] for name in _PORT_PLAIN},
        **{name: shown[key] for name, key in _PORT_BINDING.items()},
        fixed_ips=tuple(FixedIp(one["subnet_id"], one["ip_address"]) for one in shown["fixed_ips"]),
        dhcp_options=tuple(
            DhcpOption(one["opt_name"], one["opt_value"], one["ip_version"]) for one in shown.get("extra_dhcp_opts", ())
        ),
        generation=json.loads(row.hidden)["generation"] if row.hidden else 0,
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
