"""What a floating IP may stand for: an IPv4 address of a port, behind a router that has its gateway on the floating IP's network.

Rules: Neutron 29's db/l3_db.py (_internal_fip_assoc_data, get_router_for_floatingip).
"""

from __future__ import annotations

from libs.errors import Refusal
from libs.errors.floatingip import bad_floatingip, no_way_out
from libs.model import (
    DHCP_OWNER,
    FLOATING_IP_OWNER,
    ROUTER_GATEWAY_OWNER,
    ROUTER_INTERFACE_OWNER,
    FixedIp,
    canonical_ip,
)
from libs.network.addresses import version_of
from libs.network.deciders.reading import existing, found
from libs.network.floatingip import FloatingTarget
from libs.network.network import Network
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.router import Router
from libs.network.subnet import Subnet
from libs.network.world import Find, Need, World

_OWN_DEVICES = (DHCP_OWNER, ROUTER_INTERFACE_OWNER, ROUTER_GATEWAY_OWNER, FLOATING_IP_OWNER)
"""Ports of our own devices; Neutron excludes DHCP ports alone, but the others end without asking who stands for them, too."""


def needs(port_id: str, fixed_ip_address: str | None, world: World) -> tuple[Need, ...]:
    """The port, then its network, its address's subnet and the routers that are on it."""
    stream, resource = stream_of("port", port_id), found(world, "port", port_id)
    if resource is None:
        return (stream,)
    port: Port = resource.state
    out: list[Need] = [stream, stream_of("network", port.network_id)]
    candidates = _candidates(port, fixed_ip_address)
    if len(candidates) == 1:
        routers = _routers_on(candidates[0].subnet_id)
        out += [stream_of("subnet", candidates[0].subnet_id), routers]
        out += [stream_of("router", id) for id in world.found.get(routers, ())]
    return tuple(out)


def _routers_on(subnet_id: str) -> Find:
    return Find("router", "subnet_ids", subnet_id)


def target_of(world: World, port_id: str, fixed_ip_address: str | None, external_network_id: str) -> FloatingTarget:
    """What a floating IP on `external_network_id` stands for. Raises 400; 404 for a port that is not there, or without a way out."""
    port = _port(world, port_id)
    fixed = _address(port, fixed_ip_address)
    router = _router(world, port, fixed, external_network_id)
    return FloatingTarget(router.id, port.id, fixed.ip_address, fixed.subnet_id)


def _port(world: World, port_id: str) -> Port:
    port: Port = existing(world, "port", port_id).state
    network: Network = existing(world, "network", port.network_id).state
    if port.device_owner in _OWN_DEVICES or port.id in network.dhcp_port_ids:
        raise bad_floatingip(f"Port {port_id} is unable to be assigned a floating IP")
    return port


def _candidates(port: Port, fixed_ip_address: str | None) -> tuple[FixedIp, ...]:
    """The port's IPv4 addresses, or the one that is named."""
    held = tuple(one for one in port.fixed_ips if version_of(one.ip_address) == 4)
    if not fixed_ip_address:
        return held
    return tuple(one for one in held if one.ip_address == _canonical(fixed_ip_address))


def _canonical(text: str) -> str | None:
    try:
        return canonical_ip(text)
    except ValueError:
        return None


def _address(port: Port, fixed_ip_address: str | None) -> FixedIp:
    candidates = _candidates(port, fixed_ip_address)
    if len(candidates) == 1:
        return candidates[0]
    if fixed_ip_address:
        raise _no_such_address(port, fixed_ip_address)
    if not candidates:
        raise bad_floatingip(f"Cannot add floating IP to port {port.id} that has no fixed IPv4 addresses")
    raise bad_floatingip(
        f"Port {port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a"
        " floating IP"
    )


def _no_such_address(port: Port, text: str) -> Refusal:
    canonical = _canonical(text)
    if canonical is None:
        return bad_floatingip(f"'{text}' is not a valid IP address")
    if version_of(canonical) != 4:
        return bad_floatingip(f"Cannot process floating IP association with {text}, since that is not an IPv4 address")
    return bad_floatingip(f"Port {port.id} does not have fixed ip {text}")


def _router(world: World, port: Port, fixed: FixedIp, external_network_id: str) -> Router:
    """The router on the subnet that leads there; the one that is the subnet's gateway, if it is one of several."""
    subnet: Subnet = existing(world, "subnet", fixed.subnet_id).state
    resources = (found(world, "router", id) for id in world.found.get(_routers_on(subnet.id), ()))
    routers: list[Router] = [one.state for one in resources if one is not None]
    leading = [one for one in routers if _leads(one, subnet.id, external_network_id)]
    if not leading:
        raise no_way_out(external_network_id, subnet.id, port.id)
    gateways = (one for one in leading if subnet.gateway_ip in _addresses_on(one, subnet.id))
    return next(gateways, leading[0])


def _leads(router: Router, subnet_id: str, external_network_id: str) -> bool:
    on_subnet = bool(_addresses_on(router, subnet_id))
    return on_subnet and router.gateway is not None and router.gateway.network_id == external_network_id


def _addresses_on(router: Router, subnet_id: str) -> tuple[str, ...]:
    return tuple(one.ip_address for one in router.interfaces if one.subnet_id == subnet_id)
