"""The lines that dnsmasq reads, made from checked values only; what cannot be represented is refused, never written. Pure.

Every line re-parses to exactly the values it was made of (SECURITY.md section 6): a value with a comma, a newline or a blank in it is
none of these types, so it never gets here.
"""

from __future__ import annotations

from dataclasses import dataclass

from libs.materialise.checked import Unrepresentable, checked_cidr, checked_id, checked_ip, checked_mac

DOMAIN = "openstacklocal"
OPTION_NAMES = {
    4: frozenset({"dns-server", "router", "classless-static-route", "249"}),  # 249: the same routes, for old Windows
    6: frozenset({"dns-server", "domain-search"}),
}


@dataclass(frozen=True, slots=True)
class HostLine:
    """One address that one MAC gets, with the name that goes with it. Canonical texts; make it with `host_line`."""

    mac: str
    name: str
    address: str

    def text(self) -> str:
        """`fa:16:3e:00:00:01,host-10-0-0-5.openstacklocal,10.0.0.5`; an IPv6 address in brackets."""
        return f"{self.mac},{self.name},{bracketed(self.address)}"


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
        values = [bracketed(value) if ":" in value else value for value in self.values]
        return ",".join([f"tag:{self.tag}", f"{kind}{self.name}", *values])


def bracketed(address: str) -> str:
    """IPv6 as dnsmasq wants it among commas, IPv4 as it is."""
    return f"[{address}]" if ":" in address else address


def tag_of(subnet_id: str) -> str:
    """The dnsmasq tag of a subnet. Raises Unrepresentable."""
    return f"subnet-{checked_id(subnet_id)}"


def host_name(address: str) -> str:
    """`host-10-0-0-5.openstacklocal`, as Neutron names guests; `fd00::` becomes `host-fd00--0` (a label ends in no hyphen)."""
    label = f"host-{address.replace('.', '-').replace(':', '-')}"
    return f"{label}{'0' if label.endswith('-') else ''}.{DOMAIN}"


def host_line(mac: object, address: object, ip_version: int) -> HostLine:
    """A host line from raw values. Raises Unrepresentable."""
    canonical = checked_ip(address, ip_version)
    return HostLine(checked_mac(mac), host_name(canonical), canonical)


def option_line(subnet_id: str, ip_version: int, name: str, values: tuple[str, ...] = ()) -> OptionLine:
    """An option line; values are canonical addresses, CIDRs or our domain. Raises Unrepresentable."""
    if name not in OPTION_NAMES.get(ip_version, ()):
        raise Unrepresentable(f"{name!r} is not an option that is handed out here")
    for value in values:
        if value != DOMAIN and "/" in value:
            checked_cidr(value, ip_version)
        elif value != DOMAIN:
            checked_ip(value, ip_version)
    return OptionLine(tag_of(subnet_id), ip_version, name, values)
