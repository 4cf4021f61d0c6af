"""Address arithmetic: bounds, pools, containment, EUI-64. Pure integers underneath, text at the edges.

Rules: Neutron 29's `neutron/ipam/utils.py` and `db/ipam_backend_mixin.py`, RFC 4291 (EUI-64), RFC 3021 (/31).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from netaddr import IPAddress, IPNetwork

from libs.model import AddressRange

AUTOMATIC_MODES = ("slaac", "dhcpv6-stateless")
ROUTER_OWNERS = (
    "network:router_interface",
    "network:ha_router_replicated_interface",
    "network:router_interface_distributed",
    "network:router_centralized_snat",
    "network:router_gateway",
)


@lru_cache(maxsize=65536)
def number(address: str) -> int:
    """An address as integer. Raises netaddr.AddrFormatError."""
    return int(IPAddress(address))


def text(value: int, version: int) -> str:
    """The shortest text of an address; version is 4 or 6."""
    return str(IPAddress(value, version))


@lru_cache(maxsize=16384)
def span(cidr: str) -> tuple[int, int, int]:
    """(first, last, IP version) of a subnet, network and broadcast addresses included."""
    net = IPNetwork(cidr)
    return int(net.first), int(net.last), int(net.version)


@lru_cache(maxsize=16384)
def version_of(cidr_or_address: str) -> int:
    """4 or 6."""
    return 6 if ":" in cidr_or_address else 4


def prefix_length(cidr: str) -> int:
    """24 of 10.0.0.0/24."""
    return int(cidr.rpartition("/")[2])


def host_span(cidr: str) -> tuple[int, int]:
    """First and last address that a pool may hold: IPv4 without network and broadcast (up to /30), IPv6 without the first."""
    first, last, version = span(cidr)
    if first == last or (version == 4 and prefix_length(cidr) > 30):
        return first, last
    return (first + 1, last - 1) if version == 4 else (first + 1, last)


def default_gateway(cidr: str) -> str:
    """The gateway of a subnet whose creator said nothing: IPv4's first host, IPv6's subnet-router anycast address (RFC 4291)."""
    first, _, version = span(cidr)
    return text(first if version == 6 else min(first + 1, 2**32 - 1), version)


def default_pools(cidr: str, gateway: str | None) -> tuple[AddressRange, ...]:
    """All addresses that hosts may have, the gateway left out."""
    low, high = host_span(cidr)
    first, last, version = span(cidr)
    hole = number(gateway) if gateway and version_of(gateway) == version else -1
    if first == last:
        return (AddressRange(text(low, version), text(high, version)),)
    parts = ((low, min(high, hole - 1)), (hole + 1, high)) if low <= hole <= high else ((low, high),)
    return tuple(AddressRange(text(a, version), text(b, version)) for a, b in parts if a <= b)


def contains(cidr: str, address: str) -> bool:
    """Whether the address lies in the subnet, the network and broadcast addresses included."""
    first, last, version = span(cidr)
    return version_of(address) == version and first <= number(address) <= last


def is_edge(cidr: str, address: str) -> bool:
    """Whether the address is an IPv4 subnet's network or broadcast address; a /31 and a /32 have none (RFC 3021)."""
    first, last, version = span(cidr)
    return version == 4 and prefix_length(cidr) < 31 and number(address) in (first, last)


def usable(cidr: str, address: str, device_owner: str = "") -> bool:
    """Whether a port may hold the address: in the subnet, no edge, and IPv6's first address only for routers and unowned ports."""
    if not contains(cidr, address) or is_edge(cidr, address):
        return False
    first, last, version = span(cidr)
    anycast = version == 6 and number(address) == first and first != last
    return not anycast or device_owner in ("", *ROUTER_OWNERS)


def overlap(one: str, other: str) -> bool:
    """Whether two subnets share addresses."""
    first, last, version = span(one)
    first2, last2, version2 = span(other)
    return version == version2 and first <= last2 and first2 <= last


def reaches(cidrs: Iterable[str], address: str) -> bool:
    """Whether one of the subnets holds the address."""
    return any(contains(cidr, address) for cidr in cidrs)


def pool_span(pool: AddressRange) -> tuple[int, int]:
    """First and last address of a pool as integers."""
    return number(pool.start), number(pool.end)


def in_pools(address: str, pools: Iterable[AddressRange]) -> bool:
    """Whether a pool holds the address (both of the same IP version)."""
    value = number(address)
    return any(low <= value <= high for low, high in map(pool_span, pools))


def size(pools: Iterable[AddressRange]) -> int:
    """How many addresses disjoint pools hold."""
    return sum(high - low + 1 for low, high in map(pool_span, pools))


def eui64(cidr: str, mac: str) -> str:
    """The address that a host with this MAC gives itself on a /64 (RFC 4291 appendix A)."""
    value = int(mac.replace(":", ""), 16)
    interface = ((value >> 24) << 40 | 0xFFFE << 24 | value & 0xFFFFFF) ^ (1 << 57)
    return text(span(cidr)[0] | interface, 6)


def is_automatic(ipv6_ra_mode: str | None, ipv6_address_mode: str | None) -> bool:
    """Whether hosts form their own addresses on a subnet with these modes (SLAAC, stateless DHCPv6)."""
    return ipv6_ra_mode in AUTOMATIC_MODES or ipv6_address_mode in AUTOMATIC_MODES
