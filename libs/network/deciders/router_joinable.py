"""What a router may join: subnets by their gateway address, and ports that are given to it.

Rules: Neutron 29's db/l3_db.py (_add_interface_by_subnet, _check_router_port, _validate_router_port_info).
"""

from __future__ import annotations

from collections.abc import Iterable

from libs.errors import ip_not_on_subnet, not_found
from libs.errors.router import bad_router, port_in_use
from libs.model import ROUTER_INTERFACE_OWNER
from libs.network.addresses import in_pools, usable, version_of
from libs.network.deciders.access import own_port, owns, sees_network
from libs.network.deciders.reading import existing
from libs.network.deciders.router_rules import check_apart
from libs.network.network import Network
from libs.network.port import Port
from libs.network.rbac_policy import SHARED
from libs.network.router import Router
from libs.network.sharing import targets
from libs.network.subnet import Subnet
from libs.network.world import Resource, World


def attachable_subnet(router: Router, subnet_id: str, world: World) -> Subnet:
    """A subnet that the router may join: own, since its gateway address is taken, or on a network that is shared with the caller's
    project by name; that it is shared with all is not enough. Raises 404, 400."""
    subnet: Subnet = existing(world, "subnet", subnet_id).state
    actor = world.context.actor
    network: Network = existing(world, "network", subnet.network_id).state
    if not owns(actor, subnet.project_id) and actor.project not in targets(network.access, SHARED):
        if not sees_network(actor, network):
            raise not_found("subnet", subnet_id)
        reason = f"subnet {subnet_id} is not owned by project making the request"
        raise bad_router(f"Cannot add interface to router because {reason}")
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
    """A port of the caller's that belongs to no device and may become the router's. Raises 404, 403, 409, 400."""
    resource = own_port(world, port_id, "update_port", network_owner=False)
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
    _check_in_pools(port, subnets, world)
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


def _check_in_pools(port: Port, subnets: Iterable[Subnet], world: World) -> None:
    """On another project's subnet a router has what others may have, and not the gateway's address. Raises 400."""
    for held, subnet in zip(port.fixed_ips, subnets, strict=True):
        foreign = not owns(world.context.actor, subnet.project_id)
        if foreign and not in_pools(held.ip_address, subnet.allocation_pools):
            raise bad_router(
                f"Cannot add interface to router because specified port {port.id} has an IP address out of the allocation"
                f" pool of subnet {subnet.id}, which is not owned by the project making the request"
            )
