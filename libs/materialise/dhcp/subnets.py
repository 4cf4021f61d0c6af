"""What one subnet adds to dnsmasq: its range, its options, who gets an address there. Pure; the rules are Neutron's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netaddr import IPNetwork

from libs.materialise.checked import Unrepresentable, checked_cidr, checked_ip
from libs.materialise.dhcp.model import Port, Subnet
from libs.materialise.dhcp.texts import (
    DOMAIN,
    HostLine,
    OptionLine,
    host_line,
    option_line,
    tag_of,
)
from libs.model import DHCP_OWNER

SLAAC, STATELESS, STATEFUL = "slaac", "dhcpv6-stateless", "dhcpv6-stateful"
_NO_DNS = {("0.0.0.0",), ("::",)}  # Neutron: announce no DNS server at all
_DEFAULT = "0.0.0.0/0"


def range_mode(subnet: Subnet) -> str | None:
    """dnsmasq's mode of the subnet's range, None when it has none here.

    ipv6_address_mode says how guests get addresses, ipv6_ra_mode that router advertisements are ours to send; with neither set
    DHCPv6 is stateful, as Neutron has it. A subnet whose advertisements come from elsewhere gets options or addresses only.
    """
    if not subnet.enable_dhcp:
        return None
    if subnet.ip_version == 4:
        return "static"
    ra, address = subnet.ipv6_ra_mode, subnet.ipv6_address_mode
    if ra == SLAAC:
        return "ra-only"
    if ra == STATELESS:
        return "ra-stateless"
    if ra == STATEFUL or address in (STATEFUL, STATELESS) or address is None:
        return "static"
    return None


def sends_ra(subnet: Subnet) -> bool:
    """Whether router advertisements for this subnet are ours."""
    return subnet.enable_dhcp and subnet.ip_version == 6 and subnet.ipv6_ra_mode is not None


def network_of(subnet: Subnet) -> IPNetwork:
    """Its CIDR, checked. Raises Unrepresentable, also for an IPv6 prefix that dnsmasq cannot serve."""
    network = checked_cidr(subnet.cidr, subnet.ip_version)
    mode = range_mode(subnet)
    length = network.prefixlen
    if network.version == 6 and (network.is_link_local() or network.is_ipv4_mapped()):
        raise Unrepresentable(f"subnet {subnet.subnet_id}: {network} is nothing that can be served")
    if network.version == 6 and mode is not None and (length < 64 or (sends_ra(subnet) and length != 64)):
        raise Unrepresentable(f"subnet {subnet.subnet_id}: dnsmasq serves no /{length} in mode {mode}")
    return network


def dhcp_range(subnet: Subnet, lease_seconds: int) -> str | None:
    """The value of --dhcp-range, None when the subnet has none. Raises Unrepresentable."""
    mode = range_mode(subnet)
    if mode is None:
        return None
    network = network_of(subnet)
    mask = str(network.netmask) if network.version == 4 else str(network.prefixlen)
    return f"set:{tag_of(subnet.subnet_id)},{network.network},{mode},{mask},{lease_seconds}s"


def hands_out(subnet: Subnet) -> bool:
    """Whether guests get their addresses on it from a host line (IPv4, and DHCPv6 stateful)."""
    stateless = subnet.ip_version == 6 and subnet.ipv6_address_mode in (SLAAC, STATELESS)
    return range_mode(subnet) == "static" and not stateless


def host_lines(port: Port, subnets: Iterable[Subnet], refused: list[str]) -> tuple[HostLine, ...]:
    """A port's lines; the address that was allocated first comes last, because the last matching line wins."""
    if port.device_owner == DHCP_OWNER:
        return ()
    served = {subnet.subnet_id: subnet for subnet in subnets if hands_out(subnet)}
    lines = []
    for fixed in reversed(port.fixed_ips):
        subnet = served.get(fixed.subnet_id)
        if subnet is None:
            continue
        try:
            line = host_line(port.mac_address, fixed.ip_address, subnet.ip_version)
            if line.address not in network_of(subnet):
                raise Unrepresentable(f"{line.address} is not on subnet {subnet.subnet_id}")
            lines.append(line)
        except Unrepresentable as error:
            refused.append(f"port {port.port_id!r}: {error}")
    return tuple(lines)


def options(
    subnet: Subnet, others: Sequence[Subnet], servers: Sequence[str], refused: list[str]
) -> tuple[OptionLine, ...]:
    """The subnet's options. `others`: the network's other subnets (on-link routes to them); `servers`: addresses of its DHCP
    ports, which answer names where the subnet gives no DNS server."""
    mode = range_mode(subnet)
    if mode is None or (subnet.ip_version == 6 and subnet.ipv6_address_mode == SLAAC and mode == "static"):
        return ()
    lines = [_dns(subnet, servers, refused)]
    if subnet.ip_version == 6:
        lines.append(option_line(subnet.subnet_id, 6, "domain-search", (DOMAIN,)))
        return tuple(lines)
    gateway, routes = _routes(subnet, others, refused)
    if routes:
        flat = tuple(value for route in [*routes, *([(_DEFAULT, gateway)] if gateway else [])] for value in route)
        # option 121 makes clients ignore the router option (RFC 3442), so the default route is in it as well
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


def _routes(subnet: Subnet, others: Sequence[Subnet], refused: list[str]) -> tuple[str | None, list[tuple[str, str]]]:
    """(gateway, routes beside the default): host routes, then the network's other subnets as on-link."""
    gateway = _checked_gateway(subnet, refused)
    routes = []
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
    own = network_of(subnet)
    for other in others:
        if other.ip_version == 4 and (network := checked_cidr(other.cidr, 4)) != own:
            routes.append((str(network), "0.0.0.0"))
    return gateway, routes


def _checked_gateway(subnet: Subnet, refused: list[str]) -> str | None:
    try:
        return checked_ip(subnet.gateway_ip, subnet.ip_version) if subnet.gateway_ip else None
    except Unrepresentable as error:
        refused.append(f"subnet {subnet.subnet_id}: {error}")
        return None
