"""What one subnet means for DHCP: its range, and how guests get addresses there. Pure; the rules are Neutron's."""

from __future__ import annotations

from netaddr import IPNetwork

from libs.materialise.checked import Unrepresentable, checked_cidr
from libs.materialise.dhcp.model import Subnet
from libs.materialise.dhcp.texts import tag_of

SLAAC, STATELESS, STATEFUL = "slaac", "dhcpv6-stateless", "dhcpv6-stateful"


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
