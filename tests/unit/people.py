"""The cast of the domain's stories: two projects, a network, its subnets, ports and hosts; facts that put them there."""

from __future__ import annotations

from typing import Any

from libs.events import (
    AddressAllocated,
    Event,
    NetworkCreated,
    NetworkDhcpScheduled,
    NetworkSubnetAdded,
    PortBecameActive,
    PortBound,
    PortCreated,
    SubnetCreated,
)
from libs.model import AddressRange
from libs.network.addresses import default_gateway, default_pools, version_of


def uuid_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


US, THEM = "1" * 32, "2" * 32
NET, NET2, NET3 = uuid_of(1), uuid_of(2), uuid_of(3)
SUBNET, SUBNET2, SUBNET6 = uuid_of(11), uuid_of(12), uuid_of(16)
PORT, PORT2, PORT3, DHCP_PORT = uuid_of(21), uuid_of(22), uuid_of(23), uuid_of(29)
AGENT = uuid_of(31)
MAC, MAC2 = "fa:16:3e:aa:00:01", "fa:16:3e:aa:00:02"


def a_network(id: str = NET, project: str = US, **more: Any) -> NetworkCreated:
    values: dict[str, Any] = {
        "name": "blue",
        "description": "",
        "admin_state_up": True,
        "shared": False,
        "external": False,
        "mtu": 1450,
        "network_type": "vxlan",
        "physical_network": None,
        "segmentation_id": 7,
    }
    return NetworkCreated(network_id=id, project_id=project, **{**values, **more})


def a_subnet(cidr: str = "10.0.0.0/24", id: str = SUBNET, network: str = NET, **more: Any) -> tuple[Event, ...]:
    gateway = more.pop("gateway_ip", default_gateway(cidr))
    values: dict[str, Any] = {
        "project_id": US,
        "name": "",
        "description": "",
        "ip_version": version_of(cidr),
        "allocation_pools": default_pools(cidr, gateway),
        "dns_nameservers": (),
        "host_routes": (),
        "enable_dhcp": True,
    }
    return (
        NetworkSubnetAdded(network, id, cidr, more.get("subnetpool_id") or ""),
        SubnetCreated(subnet_id=id, network_id=network, cidr=cidr, gateway_ip=gateway, **{**values, **more}),
    )


def a_slaac_subnet(cidr: str = "2001:db8::/64", id: str = SUBNET6) -> tuple[Event, ...]:
    return a_subnet(cidr, id, ipv6_ra_mode="slaac", ipv6_address_mode="slaac")


def a_port(*addresses: str, id: str = PORT, subnet: str = SUBNET, mac: str = MAC, **more: Any) -> tuple[Event, ...]:
    values: dict[str, Any] = {
        "network_id": NET,
        "project_id": US,
        "name": "",
        "description": "",
        "admin_state_up": True,
        "device_id": "",
        "device_owner": "",
    }
    created = PortCreated(port_id=id, mac_address=mac, **{**values, **more})
    return (created, *(AddressAllocated(id, subnet, one) for one in addresses))


def bound(host: str = "compute1", id: str = PORT, generation: int = 1) -> PortBound:
    return PortBound(id, NET, host, "", generation, "ovs", {"bridge_name": "br-int"})


def active(host: str = "compute1", id: str = PORT) -> PortBecameActive:
    return PortBecameActive(id, host)


def dhcp_served(*addresses: str, host: str = "net1") -> tuple[Event, ...]:
    """A DHCP agent serves NET through DHCP_PORT."""
    owner = {"device_owner": "network:dhcp", "device_id": f"dhcp-{NET}"}
    port = a_port(*addresses, id=DHCP_PORT, mac="fa:16:3e:dd:00:01", **owner)
    return (NetworkDhcpScheduled(NET, AGENT, host, "nova", DHCP_PORT), *port, bound(host, DHCP_PORT))


def pool(start: str, end: str) -> AddressRange:
    return AddressRange(start, end)
