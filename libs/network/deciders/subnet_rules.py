"""What makes a subnet acceptable: Neutron 29's db_base_plugin_v2._validate_subnet and ipam_backend_mixin, in its words."""

from __future__ import annotations

from collections.abc import Iterable

from netaddr import AddrFormatError, IPNetwork

from libs.errors import (
    gateway_in_pool,
    invalid_input,
    invalid_pool,
    mtu_too_small,
    overlapping_pools,
    pool_out_of_bounds,
    too_many_dns_servers,
    too_many_host_routes,
)
from libs.model import AddressRange, HostRoute, canonical_ip
from libs.network import addresses
from libs.network.network import Network

MAX_DNS_SERVERS, MAX_HOST_ROUTES = 5, 20
V6_MODES = ("slaac", "dhcpv6-stateful", "dhcpv6-stateless")
MIN_MTU, MIN_MTU_V6 = 68, 1280
"""Bytes: RFC 791 and RFC 8200."""
_LINK_LOCAL, _MAPPED = "fe80::/10", "::ffff:0:0/96"


def check_version(ip_version: int, text: str, name: str) -> None:
    """Raises 400 when an address or CIDR is of the other IP version."""
    if addresses.version_of(text) != ip_version:
        raise invalid_input(f"{name} '{text}' does not match the ip_version '{ip_version}'")


def check_cidr(ip_version: int, cidr: str) -> None:
    """Raises 400 for a CIDR that cannot be a subnet."""
    check_version(ip_version, cidr, "cidr")
    if addresses.prefix_length(cidr) == 0:
        raise invalid_input("0 is not allowed as CIDR prefix length")
    if ip_version == 6 and addresses.span(cidr)[0] == 0:
        raise invalid_input("IPv6 subnet '::' is not supported")
    # Stricter than Neutron, which takes these and then cannot serve them: every host forms link-local addresses by itself (and
    # routers use one on all links), and nobody sends IPv4-mapped addresses over a wire.
    if ip_version == 6 and addresses.overlap(cidr, _LINK_LOCAL):
        raise invalid_input(f"Subnet '{cidr}' overlaps with the link-local addresses {_LINK_LOCAL}")
    if ip_version == 6 and addresses.overlap(cidr, _MAPPED):
        raise invalid_input(f"Subnet '{cidr}' overlaps with the IPv4-mapped addresses {_MAPPED}")


def check_dhcp_fits(ip_version: int, cidr: str) -> None:
    """Raises 400 for a CIDR on which DHCP cannot serve."""
    net = IPNetwork(cidr)
    if addresses.prefix_length(cidr) > (30 if ip_version == 4 else 126):
        raise invalid_input("Subnet has a prefix length that is incompatible with DHCP service enabled")
    if net.is_multicast():
        raise invalid_input("Multicast IP subnet is not supported if enable_dhcp is True")
    if net.is_loopback():
        raise invalid_input("Loopback IP subnet is not supported if enable_dhcp is True")
    if ip_version == 4 and net.first == 0:
        raise invalid_input("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.")


def check_gateway(ip_version: int, cidr: str, gateway: str | None) -> None:
    """Raises 400 for a gateway of the other IP version or an IPv4 edge. One outside of the subnet is allowed (on-link gateways)."""
    if gateway is None:
        return
    check_version(ip_version, gateway, "gateway_ip")
    first, last, version = addresses.span(cidr)
    if version == 4 and addresses.number(gateway) in (first, last):
        raise invalid_input("Gateway is not valid on subnet")


def check_dns(subnet_id: str, ip_version: int, servers: tuple[str, ...]) -> None:
    """Raises 400 for too many DNS servers or ones of the other IP version."""
    if len(servers) > MAX_DNS_SERVERS:
        raise too_many_dns_servers(subnet_id, MAX_DNS_SERVERS)
    for one in servers:
        try:
            addresses.number(one)
        except (AddrFormatError, ValueError):
            raise invalid_input(f"Error parsing dns address {one}") from None
        check_version(ip_version, one, "dns_nameserver")


def check_routes(subnet_id: str, ip_version: int, routes: tuple[HostRoute, ...]) -> None:
    """Raises 400 for too many host routes, malformed ones or ones of the other IP version."""
    if len(routes) > MAX_HOST_ROUTES:
        raise too_many_host_routes(subnet_id, MAX_HOST_ROUTES)
    for one in routes:
        try:
            addresses.span(one.destination)
            addresses.number(one.nexthop)
        except (AddrFormatError, ValueError):
            shown = {"destination": one.destination, "nexthop": one.nexthop}
            raise invalid_input(f"Invalid route: {shown}") from None
        check_version(ip_version, one.nexthop, "nexthop")
        check_version(ip_version, one.destination, "destination")


def check_modes(ip_version: int, cidr: str, enable_dhcp: bool, ra_mode: str | None, address_mode: str | None) -> None:
    """Raises 400 for IPv6 modes that do not go together, or with IPv4, without DHCP, or (formed addresses) off a /64."""
    modes = {"ipv6_ra_mode": ra_mode, "ipv6_address_mode": address_mode}
    given = {name: mode for name, mode in modes.items() if mode is not None}
    for name, mode in given.items():
        if ip_version == 4:
            raise invalid_input(f"{name} is not valid when ip_version is 4")
        if mode not in V6_MODES:
            raise invalid_input(f"{name} '{mode}' is not in {list(V6_MODES)}")
    if given and not enable_dhcp:
        raise invalid_input("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
    if len(set(given.values())) > 1:
        raise invalid_input(
            f"ipv6_ra_mode set to '{ra_mode}' with ipv6_address_mode set to '{address_mode}' is not valid. "
            "If both attributes are set, they must be the same value"
        )
    if addresses.is_automatic(ra_mode, address_mode) and addresses.prefix_length(cidr) != 64:
        raise invalid_input(
            f"Invalid CIDR {cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format, "
            "which requires the prefix to be /64"
        )


def check_mtu(network: Network, ip_version: int) -> None:
    """Raises 409 when the network's MTU is too small for a subnet of that IP version."""
    minimum = MIN_MTU_V6 if ip_version == 6 else MIN_MTU
    if network.mtu < minimum:
        raise mtu_too_small(network.id, minimum)


def canonical_pools(pools: Iterable[AddressRange] | None) -> tuple[AddressRange, ...] | None:
    """Pools with addresses in their one form. Raises 400."""
    return None if pools is None else tuple(map(_canonical_pool, pools))


def _canonical_pool(pool: AddressRange) -> AddressRange:
    try:
        return AddressRange(canonical_ip(pool.start), canonical_ip(pool.end))
    except ValueError:
        raise invalid_pool(str({"start": pool.start, "end": pool.end})) from None


def check_pools(cidr: str, pools: tuple[AddressRange, ...]) -> None:
    """Raises 400 for pools that are no ranges or leave the subnet, 409 for ones that overlap."""
    low, high = addresses.host_span(cidr)
    version = addresses.span(cidr)[2]
    for pool in pools:
        first, last = _pool_span(pool)
        if {addresses.version_of(pool.start), addresses.version_of(pool.end)} != {version}:
            raise invalid_pool(shown(pool))
        if first < low or last > high:
            raise pool_out_of_bounds(shown(pool), cidr)
    ordered = sorted(pools, key=addresses.pool_span)
    for one, other in zip(ordered, ordered[1:], strict=False):
        if addresses.pool_span(other)[0] <= addresses.pool_span(one)[1]:
            raise overlapping_pools(shown(one), shown(other), cidr)


def _pool_span(pool: AddressRange) -> tuple[int, int]:
    first, last = addresses.pool_span(pool)
    if first > last:
        raise invalid_pool(str({"start": pool.start, "end": pool.end}))
    return first, last


def check_gateway_outside(gateway: str | None, pools: Iterable[AddressRange]) -> None:
    """Raises 409 when the gateway lies in a pool."""
    if gateway is None:
        return
    for pool in pools:
        if addresses.version_of(pool.start) == addresses.version_of(gateway) and addresses.in_pools(gateway, (pool,)):
            raise gateway_in_pool(gateway, shown(pool))


def shown(pool: AddressRange) -> str:
    """A pool in messages: `10.0.0.2-10.0.0.9`."""
    return f"{pool.start}-{pool.end}"
