"""What one port gets from dnsmasq: addresses, names, options of its own. Pure; the rules are Neutron's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from libs.materialise.checked import Unrepresentable
from libs.materialise.dhcp.model import Port, Subnet
from libs.materialise.dhcp.subnets import STATELESS, hands_out, network_of
from libs.materialise.dhcp.texts import HostLine, PortOptionLine, host_line, port_option_line, port_tag_of, tag_line
from libs.model import DHCP_OWNER
from libs.network.dhcp_options import MAX_OPTIONS


def port_option_lines(port: Port, refused: list[str]) -> tuple[PortOptionLine, ...]:
    """A port's own options, in its order; each once."""
    lines: dict[tuple[int, int], PortOptionLine] = {}
    for option in port.options[:MAX_OPTIONS] if port.device_owner != DHCP_OWNER else ():
        try:
            line = port_option_line(port.port_id, option)
        except Unrepresentable as error:
            refused.append(f"port {port.port_id!r}: {error}")
        else:
            lines.setdefault((line.option.ip_version, line.option.code), line)
    return tuple(lines.values())


def host_lines(
    port: Port, subnets: Iterable[Subnet], tagged: bool, domain: str, refused: list[str]
) -> tuple[HostLine, ...]:
    """A port's lines; the address that was allocated first comes last, because the last matching line wins. tagged: it has options
    of its own, which guests that need no address from us ask for as well."""
    if port.device_owner == DHCP_OWNER:
        return ()
    known = {subnet.subnet_id: subnet for subnet in subnets}
    held = [(known[one.subnet_id], one.ip_address) for one in reversed(port.fixed_ips) if one.subnet_id in known]
    tag, lines = port_tag_of(port.port_id) if tagged else "", list[HostLine]()
    for subnet, address in held:
        try:
            if hands_out(subnet):
                lines.append(_line(port, subnet, address, domain, tag))
        except Unrepresentable as error:
            refused.append(f"port {port.port_id!r}: {error}")
    if tagged and not any(":" in line.address for line in lines) and any(_informs(subnet) for subnet, _ in held):
        lines[:0] = _tag_lines(port, tag, refused)
    return tuple(lines)


def _line(port: Port, subnet: Subnet, address: str, domain: str, tag: str) -> HostLine:
    line = host_line(port.mac_address, address, subnet.ip_version, domain, tag, port.dns_name)
    if line.address not in network_of(subnet):
        raise Unrepresentable(f"{line.address} is not on subnet {subnet.subnet_id}")
    return line


def _tag_lines(port: Port, tag: str, refused: list[str]) -> Sequence[HostLine]:
    try:
        return [tag_line(port.mac_address, tag)]
    except Unrepresentable as error:
        refused.append(f"port {port.port_id!r}: {error}")
        return []


def _informs(subnet: Subnet) -> bool:
    """Whether guests get options but no addresses on it (DHCPv6 stateless)."""
    modes = (subnet.ipv6_ra_mode, subnet.ipv6_address_mode)
    return subnet.ip_version == 6 and subnet.enable_dhcp and STATELESS in modes
