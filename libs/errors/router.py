"""Refusals of routers: texts as in Neutron (neutron_lib/exceptions/{l3,extraroute}.py, neutron/db/l3_db.py). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from libs.errors.refusal import Refusal
from libs.model import HostRoute


def bad_router(reason: str) -> Refusal:
    """400: a gateway or interface that makes no sense for a router."""
    return Refusal(400, "BadRequest", f"Bad router request: {reason}.")


def cidrs_overlap(cidr: str, subnet_id: str, other_cidr: str, other_id: str) -> Refusal:
    """400: two subnets of one router share addresses."""
    return bad_router(f"Cidr {cidr} of subnet {subnet_id} overlaps with cidr {other_cidr} of subnet {other_id}")


def router_in_use(id: str, port_ids: Iterable[str]) -> Refusal:
    """409: these ports join subnets to the router."""
    return Refusal(409, "RouterInUse", f"Router {id} has ports still attached: {', '.join(port_ids)}")


def interface_not_found(router_id: str, port_id: str) -> Refusal:
    """404: the port is no interface of the router."""
    return Refusal(404, "RouterInterfaceNotFound", f"Router {router_id} does not have an interface with id {port_id}")


def interface_not_found_for_subnet(router_id: str, subnet_id: str) -> Refusal:
    """404: the router is not on the subnet."""
    return Refusal(
        404, "RouterInterfaceNotFoundForSubnet", f"Router {router_id} has no interface on subnet {subnet_id}"
    )


def subnet_mismatch(port_id: str, subnet_id: str) -> Refusal:
    """400: port and subnet that were named together do not belong together."""
    return Refusal(
        400, "SubnetMismatchForPort", f"Subnet on port {port_id} does not match the requested subnet {subnet_id}."
    )


def port_in_use(port_id: str, network_id: str, device_id: str) -> Refusal:
    """409: the port belongs to a device already."""
    return Refusal(
        409,
        "PortInUse",
        f"Unable to complete operation on port {port_id} for network {network_id}. Port already has an attached device"
        f" {device_id}.",
    )


def interface_in_use_by_floating_ip(router_id: str, subnet_id: str) -> Refusal:
    """409: floating IPs stand for addresses of the subnet by way of the router."""
    return Refusal(
        409,
        "RouterInterfaceInUseByFloatingIP",
        f"Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, as it is required by one or"
        " more floating IPs.",
    )


def interface_in_use_by_route(router_id: str, subnet_id: str) -> Refusal:
    """409: a next hop lies on the subnet."""
    return Refusal(
        409,
        "RouterInterfaceInUseByRoute",
        f"Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, as it is required by one or"
        " more routes.",
    )


def gateway_in_use_by_floating_ip(router_id: str, network_id: str) -> Refusal:
    """409: floating IPs need the router's way out."""
    return Refusal(
        409,
        "RouterExternalGatewayInUseByFloatingIp",
        f"Gateway cannot be updated for router {router_id}, since a gateway to external network {network_id} is required"
        " by one or more floating IPs.",
    )


def external_network_in_use(network_id: str) -> Refusal:
    """409: routers have their gateway on the network, or floating IPs are of it."""
    return Refusal(
        409,
        "ExternalNetworkInUse",
        f"External network {network_id} cannot be updated to be made non-external, since it has existing gateway ports",
    )


def invalid_routes(routes: Iterable[HostRoute], reason: str) -> Refusal:
    """400: routes that the router could not follow."""
    shown = [{"destination": one.destination, "nexthop": one.nexthop} for one in routes]
    return Refusal(400, "InvalidRoutes", f"Invalid format for routes: {shown}, {reason}")


def gateway_address_in_use(ip_address: str, port_id: str) -> Refusal:
    """409: a router holds the subnet's gateway address."""
    return Refusal(
        409,
        "GatewayIpInUse",
        f"Current gateway ip {ip_address} already in use by port {port_id}. Unable to update.",
    )
