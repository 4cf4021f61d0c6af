"""What DHCP tells all guests of a subnet, beside their addresses. Pure; the rules are Neutron's (agent/linux/dhcp.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netaddr import IPNetwork

from libs.materialise.checked import Unrepresentable, checked_cidr, checked_ip
from libs.materialise.dhcp.model import Port, Subnet
from libs.materialise.dhcp.objects import METADATA_ADDRESS, Device, Place
from libs.materialise.dhcp.subnets import SLAAC, network_of, range_mode
from libs.materialise.dhcp.texts import OptionLine, option_line
from libs.model import DHCP_OWNER, ROUTER_INTERFACE_OWNER

_NO_DNS = {("0.0.0.0",), ("::",)}  # Neutron: announce no DNS server at all
_DEFAULT, _TO_METADATA = "0.0.0.0/0", f"{METADATA_ADDRESS}/32"
_BYTES, _CHARACTERS = 255, 800  # of one option's routes, and of the line that dnsmasq reads

Route = tuple[str, str]  # (destination, next hop)


@dataclass(frozen=True, slots=True)
class Around:
    """What a subnet's options need of its network. others: its other subnets; servers: addresses of its DHCP ports on the subnet,
    which answer names where the subnet gives no DNS server; metadata: the one through which guests find the metadata service,
    empty when a router takes them there."""

    others: Sequence[Subnet]
    servers: Sequence[str]
    metadata: str
    domain: str


def is_isolated(subnet: Subnet, ports: Iterable[Port]) -> bool:
    """Whether no router of ours stands at the subnet's gateway, so that nothing on it leads to the metadata service."""
    gateways = (fixed for port in ports if port.device_owner == ROUTER_INTERFACE_OWNER for fixed in port.fixed_ips)
    return all((one.subnet_id, one.ip_address) != (subnet.subnet_id, subnet.gateway_ip) for one in gateways)


def serves_metadata(served: Sequence[Subnet], place: Place) -> bool:
    """Whether guests that ask at the network's DHCP port find the metadata service there.

    A router changes nothing: guests that booted before it came keep their route to here until they renew their leases."""
    return place.metadata and any(one.ip_version == 4 for one in served)


def option_lines(
    served: Sequence[Subnet],
    subnets: Sequence[Subnet],
    ports: Sequence[Port],
    place: Place,
    device: Device,
    refused: list[str],
) -> tuple[OptionLine, ...]:
    """Every served subnet's options. subnets, ports: all of the network; device: this host's DHCP port."""
    servers: dict[str, list[str]] = {}
    for port in ports:
        if port.device_owner == DHCP_OWNER:
            for fixed in port.fixed_ips:
                servers.setdefault(fixed.subnet_id, []).append(fixed.ip_address)
    lines: list[OptionLine] = []
    for subnet in served:
        others = [other for other in subnets if other is not subnet]
        via = _own(subnet, device) if place.metadata and is_isolated(subnet, ports) else ""
        lines += options(subnet, Around(others, sorted(servers.get(subnet.subnet_id, ())), via, place.domain), refused)
    return tuple(lines)


def _own(subnet: Subnet, device: Device) -> str:
    """The device's first address on the subnet, empty for none."""
    network = network_of(subnet)
    addresses = (cidr.partition("/")[0] for cidr in device.addresses)
    return next((one for one in addresses if subnet.ip_version == 4 and one in network), "")


def options(subnet: Subnet, around: Around, refused: list[str]) -> tuple[OptionLine, ...]:
    """One subnet's options."""
    mode = range_mode(subnet)
    if mode is None or (subnet.ip_version == 6 and subnet.ipv6_address_mode == SLAAC and mode == "static"):
        return ()
    lines = [_dns(subnet, around.servers, refused)]
    if subnet.ip_version == 6:
        lines.append(option_line(subnet.subnet_id, 6, "domain-search", (around.domain,), around.domain))
        return tuple(lines)
    gateway, routes = _routes(subnet, around, refused)
    if routes:
        # option 121 makes clients ignore the router option (RFC 3442), so the default route is in it as well
        default = [(_DEFAULT, gateway)] if gateway else []
        flat = tuple(value for route in [*_fitting(subnet, routes, default, refused), *default] for value in route)
        lines += [option_line(subnet.subnet_id, 4, name, flat) for name in ("classless-static-route", "249")]
    lines.append(option_line(subnet.subnet_id, 4, "router", (gateway,) if gateway else ()))
    return tuple(lines)


def _dns(subnet: Subnet, servers: Sequence[str], refused: list[str]) -> OptionLine:
    given = () if subnet.dns_nameservers in _NO_DNS else subnet.dns_nameservers or tuple(servers)
    values = []
    for server in given:
        try:
            values.append(checked_ip(server, subnet.ip_version))
        except Unrepresentable as error:
            refused.append(f"subnet {subnet.subnet_id}: {error}")
    return option_line(subnet.subnet_id, subnet.ip_version, "dns-server", tuple(values))


def _routes(subnet: Subnet, around: Around, refused: list[str]) -> tuple[str | None, list[Route]]:
    """(gateway, routes beside the default): to metadata, host routes, then the network's other subnets as on-link."""
    gateway = _checked_gateway(subnet, refused)
    routes: list[Route] = []
    for route in subnet.host_routes:
        try:
            destination, nexthop = str(checked_cidr(route.destination, 4)), checked_ip(route.nexthop, 4)
        except Unrepresentable as error:
            refused.append(f"subnet {subnet.subnet_id}: {error}")
            continue
        if destination != _DEFAULT:
            routes.append((destination, nexthop))
        elif gateway is None:
            gateway = nexthop
    if around.metadata and _TO_METADATA not in dict(routes):  # a route that the subnet's owner gave stands
        routes.insert(0, (_TO_METADATA, around.metadata))
    own = network_of(subnet)
    for other in around.others:
        if other.ip_version == 4 and (network := checked_cidr(other.cidr, 4)) != own:
            routes.append((str(network), "0.0.0.0"))
    return gateway, routes


def _fitting(subnet: Subnet, routes: Sequence[Route], default: Sequence[Route], refused: list[str]) -> list[Route]:
    """Those of the routes, from the first, that one DHCP option holds beside the default."""
    size, length, out = _size(default), _length(default), list[Route]()
    for route in routes:
        if size + _size([route]) > _BYTES or length + _length([route]) > _CHARACTERS:
            refused.append(f"subnet {subnet.subnet_id}: no room for the route to {route[0]}")
            continue
        size, length = size + _size([route]), length + _length([route])
        out.append(route)
    return out


def _size(routes: Iterable[Route]) -> int:
    """Bytes that they take in option 121 (RFC 3442): the prefix's length, its significant bytes, the next hop."""
    return sum(5 + (IPNetwork(destination).prefixlen + 7) // 8 for destination, _ in routes)


def _length(routes: Iterable[Route]) -> int:
    return sum(len(destination) + len(nexthop) + 2 for destination, nexthop in routes)


def _checked_gateway(subnet: Subnet, refused: list[str]) -> str | None:
    try:
        return checked_ip(subnet.gateway_ip, subnet.ip_version) if subnet.gateway_ip else None
    except Unrepresentable as error:
        refused.append(f"subnet {subnet.subnet_id}: {error}")
        return None
