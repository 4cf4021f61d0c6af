"""DHCP options that a port's owner may ask for: which there are, and what each may hold. Pure.

The names are dnsmasq's own (`dnsmasq --help dhcp`, `--help dhcp6`), the kinds those of its option table (src/dhcp-common.c). A value
is one of few types or it is refused: nothing else ever gets near a file (SECURITY.md section 6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from libs.model import DhcpOption
from libs.network.dhcp_values import (
    BLANK,
    Read,
    addresses,
    boot_servers,
    hosts,
    names,
    number,
    routes,
    seconds,
    text,
    untyped,
    vendor,
)

MAX_OPTIONS, MAX_NAME, MAX_VALUE, MAX_BYTES = 20, 64, 255, 4096
"""Options of one port; characters of a name and a value; bytes of all names and values of a port."""


@dataclass(frozen=True, slots=True)
class Coded:
    """An option as a server sends it. `values` by `kind`: canonical addresses; CIDR, next hop, CIDR, ..; lower-case names; one
    number, `infinite`; pairs of hexadecimal digits; one text of printable ASCII; none."""

    ip_version: int
    code: int
    kind: str
    values: tuple[str, ...]


_OF_4: Mapping[Read, Mapping[int, str]] = {
    addresses: {
        1: "netmask", 3: "router", 6: "dns-server", 7: "log-server", 9: "lpr-server", 16: "swap-server", 21: "policy-filter",
        32: "router-solicitation", 33: "static-route", 41: "nis-server", 42: "ntp-server", 44: "netbios-ns", 45: "netbios-dd",
        48: "x-windows-fs", 49: "x-windows-dm", 65: "nis+-server", 68: "mobile-ip-home", 69: "smtp-server", 70: "pop3-server",
        71: "nntp-server", 74: "irc-server",
    },
    boot_servers: {150: "tftp-server-address", 255: "server-ip-address"},
    routes: {121: "classless-static-route"},
    names: {119: "domain-search"},
    hosts: {120: "sip-server"},
    number(1): {
        19: "ip-forward-enable", 20: "non-local-source-routing", 23: "default-ttl", 27: "all-subnets-local",
        31: "router-discovery", 34: "trailer-encapsulation", 36: "ethernet-encap", 37: "tcp-ttl", 46: "netbios-nodetype",
    },
    number(2): {13: "boot-file-size", 22: "max-datagram-reassembly", 26: "mtu", 93: "client-arch"},
    number(4): {2: "time-offset", 35: "arp-timeout", 38: "tcp-keepalive", 108: "ipv6-only"},
    seconds: {58: "T1", 59: "T2"},
    text: {
        15: "domain-name", 17: "root-path", 18: "extension-path", 40: "nis-domain", 64: "nis+-domain", 66: "tftp-server",
        67: "bootfile-name", 100: "posix-timezone", 101: "tzdb-timezone",
    },
    untyped: {
        47: "netbios-scope", 60: "vendor-class", 77: "user-class", 80: "rapid-commit", 94: "client-interface-id",
        97: "client-machine-id", 125: "vendor-id-encap",
    },
}  # fmt: skip
_OF_6: Mapping[Read, Mapping[int, str]] = {
    addresses: {22: "sip-server", 23: "dns-server", 27: "nis-server", 28: "nis+-server", 31: "sntp-server"},
    names: {21: "sip-server-domain", 24: "domain-search", 29: "nis-domain", 30: "nis+-domain"},
    seconds: {32: "information-refresh-time"},
    text: {41: "posix-timezone", 42: "tzdb-timezone", 59: "bootfile-url", 60: "bootfile-param"},
    hosts: {56: "ntp-server"},
}
_TABLES = {4: _OF_4, 6: _OF_6}
_BY_NUMBER: Mapping[int, Mapping[int, Read]] = {
    4: {12: text, 28: addresses, 43: vendor, 92: addresses, 249: routes},
    6: {},
}
"""Options that have no name but a type."""
_READS = {
    version: {**{code: read for read, known in table.items() for code in known}, **_BY_NUMBER[version]}
    for version, table in _TABLES.items()
}
_SERVERS = {4: frozenset((*range(50, 58), 61, 81, 82, 118)), 6: frozenset(range(1, 21))}
"""What makes up the exchange itself; the server answers for that."""
NAMES_OF: Mapping[int, Mapping[int, str]] = {
    version: {code: name for known in table.values() for code, name in known.items()}
    for version, table in _TABLES.items()
}
"""{IP version: {option's number: dnsmasq's name}}"""
_CODES = {version: {name: code for code, name in known.items()} for version, known in NAMES_OF.items()}
_MAY_BE_BLANK = frozenset(("router", "classless-static-route"))  # as in Neutron


def coded(option: DhcpOption) -> Coded:
    """The option by number and type. Raises ValueError for a name that is none, and for a value that does not fit it."""
    code = code_of(option.name, option.ip_version)
    if option.value == "" and option.name in _MAY_BE_BLANK:
        return Coded(option.ip_version, code, BLANK, ())
    if len(option.value) > MAX_VALUE:
        raise ValueError(f"longer than {MAX_VALUE} characters")
    kind, values = _READS[option.ip_version].get(code, untyped)(option.ip_version, option.value)
    return Coded(option.ip_version, code, kind, values)


def code_of(name: str, ip_version: int) -> int:
    """An option's number, by dnsmasq's name or as a number of 1 to 254. Raises ValueError."""
    code = _CODES.get(ip_version, {}).get(name)
    if code is None and re.fullmatch(r"[1-9][0-9]{0,2}", name, re.ASCII) and int(name) < 255 and ip_version in _CODES:
        code = int(name)
    if code in _SERVERS.get(ip_version, ()):
        raise ValueError(f"DHCP option {code} is the server's own")
    if code is None:
        raise ValueError(f"there is no DHCP option {name[:MAX_NAME]!r} for IPv{ip_version}")
    return code
