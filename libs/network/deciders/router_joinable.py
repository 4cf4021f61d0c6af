"""What a router may join: subnets by their gateway address, and ports that are given to it.

Rules: Neutron 29's db/l3_db.py (_add_interface_by_subnet, _check_router_port, _validate_router_port_info).
"""

from __future__ import annotations

from libs.errors import ip_not_on_subnet
from libs.errors.router import bad_router, port_in_use
from libs.model import ROUTER_INTERFACE_OWNER
from libs.network.addresses import usable, version_of
from libs.network.deciders.reading import existing
from libs.network.deciders.router_rules import check_apart
from libs.network.port import Port
from libs.network.router import Router
from libs.network.subnet import Subnet
from libs.network.world import Resource, World


def attachable_subnet(router: Router, subnet_id: str, world: World) -> Subnet:
    """A subnet that the router may join by its gateway address. Raises 404, 400."""
    subnet: Subnet = existing(world, "subnet", subnet_id).state
    if not subnet.gateway_ip:
        raise bad_router("Subnet for router interface must have a gateway IP")
    _check_advertised(subnet)
    if not usable(subnet.cidr, subnet.gateway_ip, ROUTER_INTERFACE_OWNER):
        raise ip_not_on_subnet(subnet.gateway_ip)
    check_apart(router, (subnet,), world)
    return subnet


def ipv6_port(router: Router, network_id: str) -> str:
    """The router's one IPv6 port on a network; empty for none."""
    there = (one for one in router.interfaces if one.network_id == network_id)
    return next((one.port_id for one in there if version_of(one.ip_address) == 6), "")


def given_port(router: Router, port_id: str, world: World) -> Resource:
    """A port that belongs to no device and may become the router's. Raises 404, 409, 400."""
    resource = existing(world, "port", port_id)
    port: Port = resource.state
    if port.device_id:
        raise port_in_use(port.id, port.network_id, port.device_id)
    if not port.fixed_ips:
        raise bad_router("Router port must have at least one fixed IP")
    versions = [version_of(one.ip_address) for one in port.fixed_ips]
    if 6 in versions:
        _check_only_ipv6(router, port.network_id)
    subnets = [existing(world, "subnet", one.subnet_id).state for one in port.fixed_ips]
    for subnet in subnets:
        _check_advertised(subnet)
    check_apart(router, subnets, world)
    if versions.count(4) > 1:
        raise bad_router("Cannot have multiple IPv4 subnets on router port")
    return resource


def _check_only_ipv6(router: Router, network_id: str) -> None:
    other = ipv6_port(router, network_id)
    if other:
        raise bad_router(
            f"Router already contains IPv6 port {other} belonging to network id {network_id}. Only one IPv6 port from the"
            " same network subnet can be connected to a router"
        )


def _check_advertised(subnet: Subnet) -> None:
    if subnet.ip_version == 6 and subnet.ipv6_ra_mode is None and subnet.ipv6_address_mode is not None:
        raise bad_router(
            f"IPv6 subnet {subnet.id} configured to receive RAs from an external router cannot be added to Neutron Router"
        )
