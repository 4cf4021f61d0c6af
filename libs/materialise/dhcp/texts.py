"""The lines that dnsmasq reads, made from checked values only; what cannot be represented is refused, never written. Pure.

Every line re-parses to exactly the values it was made of (SECURITY.md section 6): a value with a comma, a newline or a blank in it is
none of these types, so it never gets here. The one exception is a text that a port's owner chose, which stands in quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from libs.materialise.checked import Unrepresentable, checked_cidr, checked_id, checked_ip, checked_mac
from libs.model import DhcpOption
from libs.network import dns
from libs.network.dhcp_options import NAMES_OF, Coded, coded
from libs.network.dhcp_values import BYTES, MUTE, TEXT

OPTION_NAMES = {
    4: frozenset({"dns-server", "router", "classless-static-route", "249"}),  # 249: the same routes, for old Windows
    6: frozenset({"dns-server", "domain-search"}),
}
L = TypeVar("L", "OptionLine", "PortOptionLine")
_LINE_MAX = 1000  # dnsmasq reads 1024 at a time and takes what follows for another line
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class HostLine:
    """One address that one MAC gets, with the name that goes with it; tag: of its port's own options, empty without any. Without
    address and name it only sets the tag. Canonical texts; make it with `host_line` or `tag_line`."""

    mac: str
    name: str
    address: str
    tag: str = ""

    def text(self) -> str:
        """`fa:16:3e:00:00:01,set:port-<id>,host-10-0-0-5.openstacklocal,10.0.0.5`; an IPv6 address in brackets."""
        words = [self.mac, f"set:{self.tag}" if self.tag else "", self.name, bracketed(self.address)]
        return ",".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One option of one subnet; no values means: do not send it. Make it with `option_line`."""

    tag: str
    ip_version: int
    name: str
    values: tuple[str, ...]

    def text(self) -> str:
        """`tag:subnet-<id>,option:dns-server,9.9.9.9`; IPv6 as option6 with addresses in brackets, numbers bare."""
        kind = "" if self.name.isdigit() else "option:" if self.ip_version == 4 else "option6:"
        return ",".join([f"tag:{self.tag}", f"{kind}{self.name}", *(bracketed(value) for value in self.values)])


@dataclass(frozen=True, slots=True)
class PortOptionLine:
    """One option of one port, which goes before its subnet's. Make it with `port_option_line`."""

    tag: str
    option: Coded

    def text(self) -> str:
        """`tag:port-<id>,option:bootfile-name,"pxelinux.0"`: by name where dnsmasq has one, since only then it knows the type."""
        one = self.option
        known = NAMES_OF[one.ip_version].get(one.code)
        kind = "option6:" if one.ip_version == 6 else "option:" if known else ""
        return ",".join([f"tag:{self.tag}", f"{kind}{known or one.code}", *_values(one)])


def _values(option: Coded) -> tuple[str, ...]:
    if option.kind == BYTES:
        return (":".join(option.values),)
    if option.kind == TEXT:
        return tuple(quoted(value) for value in option.values)
    return tuple(bracketed(value) for value in option.values)


def quoted(text: str) -> str:
    """As dnsmasq reads a text in quotes: commas, colons and hashes mean nothing in there."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def bracketed(value: str) -> str:
    """An IPv6 address as dnsmasq wants it among commas, anything else as it is."""
    return f"[{value}]" if ":" in value else value


def tag_of(subnet_id: str) -> str:
    """The dnsmasq tag of a subnet. Raises Unrepresentable."""
    return f"subnet-{checked_id(subnet_id)}"


def port_tag_of(port_id: str) -> str:
    """The dnsmasq tag of a port that has options of its own. Raises Unrepresentable."""
    return f"port-{checked_id(port_id)}"


def host_name(address: str, domain: str, dns_name: str = "") -> str:
    """`web.openstacklocal` of a port that is named so, else `host-10-0-0-5.openstacklocal`, as Neutron names guests. What is no name
    counts as none: the guest gets its address all the same."""
    label = dns_name if dns_name and not dns.flaw(dns_name) else dns.host_label(address)
    return label[:-1] if label.endswith(".") else f"{label}.{domain}"


def host_line(
    mac: object, address: object, ip_version: int, domain: str, tag: str = "", dns_name: str = ""
) -> HostLine:
    """A host line from raw values. Raises Unrepresentable."""
    canonical = checked_ip(address, ip_version)
    return HostLine(checked_mac(mac), host_name(canonical, domain, dns_name), canonical, tag)


def tag_line(mac: object, tag: str) -> HostLine:
    """A line that sets a tag and gives no address. Raises Unrepresentable."""
    return HostLine(checked_mac(mac), "", "", tag)


def option_line(
    subnet_id: str, ip_version: int, name: str, values: tuple[str, ...] = (), domain: str = ""
) -> OptionLine:
    """An option line; values are canonical addresses, CIDRs or our domain. Raises Unrepresentable."""
    if name not in OPTION_NAMES.get(ip_version, ()):
        raise Unrepresentable(f"{name!r} is not an option that is handed out here")
    for value in values:
        if value == domain and _DOMAIN.fullmatch(domain):
            continue
        if "/" in value:
            checked_cidr(value, ip_version)
        else:
            checked_ip(value, ip_version)
    return _short(OptionLine(tag_of(subnet_id), ip_version, name, values))


def port_option_line(port_id: str, option: DhcpOption) -> PortOptionLine:
    """A port's option line. Raises Unrepresentable."""
    try:
        line = PortOptionLine(port_tag_of(port_id), coded(option))
    except ValueError as error:
        raise Unrepresentable(f"option {option.name!r}: {error}") from None
    if line.option.kind == MUTE:
        raise Unrepresentable(f"option {option.name!r}: no DHCP server can send addresses of the other IP version")
    return _short(line)


def _short(line: L) -> L:
    if len(line.text()) > _LINE_MAX:
        raise Unrepresentable(f"option line of more than {_LINE_MAX} characters")
    return line
