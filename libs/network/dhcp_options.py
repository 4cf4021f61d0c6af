"""DHCP options that a port's owner may ask for: which there are, and what each may hold. Pure.

The names are dnsmasq's own (`dnsmasq --help dhcp`, `--help dhcp6`), the kinds those of its option table (src/dhcp-common.c). A value
is one of few types or it is refused: nothing else ever gets near a file (SECURITY.md section 6).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from libs.model import DhcpOption, canonical_cidr, canonical_ip

MAX_OPTIONS, MAX_NAME, MAX_VALUE, MAX_BYTES = 20, 64, 255, 4096
"""Options of one port; characters of a name and a value; bytes of all names and values of a port."""

ADDRESSES, ROUTES, NAMES, NUMBER, BYTES, TEXT, BLANK = (
    "addresses",
    "routes",
    "names",
    "number",
    "bytes",
    "text",
    "blank",
)
"""What a value turns out to be. BLANK: the option is not to be sent."""


@dataclass(frozen=True, slots=True)
class Coded:
    """An option as a server sends it. `values` by `kind`: canonical addresses; CIDR, next hop, CIDR, ..; lower-case names; one
    number, `infinite`; pairs of hexadecimal digits; one text of printable ASCII; none."""

    ip_version: int
    code: int
    kind: str
    values: tuple[str, ...]


_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?", re.ASCII)
_TEXT = re.compile(r"[ -~]+")
_DIGITS = re.compile(r"[0-9]{1,10}")
_PAIRS = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+")
_UNCLEAR = re.compile(r"[0-9]+[bis]?|[0-9A-Fa-f/\[\]]+")  # as text, dnsmasq would take it for something else
_OPTION_BYTES = 255

Read = Callable[[int, str], tuple[str, tuple[str, ...]]]


def _addresses(ip_version: int, text: str) -> tuple[str, tuple[str, ...]]:
    addresses = tuple(canonical_ip(word) for word in _words(text))
    if any((6 if ":" in one else 4) != ip_version for one in addresses):
        raise ValueError(f"not all of it are IPv{ip_version} addresses")
    _fits(len(addresses) * (16 if ip_version == 6 else 4))
    return ADDRESSES, addresses


def _routes(ip_version: int, text: str) -> tuple[str, tuple[str, ...]]:
    words = _words(text)
    if len(words) % 2:
        raise ValueError("routes are pairs of a destination and a next hop")
    pairs = [(canonical_cidr(words[at]), canonical_ip(words[at + 1])) for at in range(0, len(words), 2)]
    if any(":" in word for pair in pairs for word in pair):
        raise ValueError("routes are of IPv4")
    _fits(9 * len(pairs))
    return ROUTES, tuple(word for pair in pairs for word in pair)


def _names(ip_version: int, text: str) -> tuple[str, tuple[str, ...]]:
    names = tuple(word.lower().rstrip(".") for word in _words(text) if _NAME.fullmatch(word) and len(word) < 254)
    if len(names) != len(_words(text)):
        raise ValueError("not all of it are domain names")
    _fits(sum(len(one) + 2 for one in names))
    return NAMES, names


def _hosts(ip_version: int, text: str) -> tuple[str, tuple[str, ...]]:
    try:
        return _addresses(ip_version, text)
    except ValueError:
        return _names(ip_version, text)


def _number(size: int) -> Read:
    def read(ip_version: int, text: str) -> tuple[str, tuple[str, ...]]:
        if not _DIGITS.fullmatch(text) or int(text) >= 2 ** (8 * size):
            raise ValueError(f"no whole number of at most {size} bytes")
        return NUMBER, (str(int(text)),)

    return read


def _seconds(ip_version: int, text: str) -> tuple[str, tuple[str, ...]]:
    return (NUMBER, ("infinite",)) if text == "infinite" else _number(4)(ip_version, text)


def _text(ip_version: int, text: str) -> tuple[str, tuple[str, ...]]:
    if not _TEXT.fullmatch(text):
        raise ValueError("no printable ASCII text")
    return TEXT, (text,)


def _any(ip_version: int, text: str) -> tuple[str, tuple[str, ...]]:
    """What dnsmasq has no type for: told by its looks, as dnsmasq itself does."""
    for read in (_addresses, _number(4)):
        try:
            return read(ip_version, text)
        except ValueError:
            continue
    if _PAIRS.fullmatch(text):
        return BYTES, tuple(text.lower().split(":"))
    if _UNCLEAR.fullmatch(text):
        raise ValueError(
            "neither a number, addresses, bytes (aa:bb) nor a text that could not be taken for one of these"
        )
    return _text(ip_version, text)


def _words(text: str) -> list[str]:
    return [word.strip(" ") for word in text.split(",")]


def _fits(size: int) -> None:
    if size > _OPTION_BYTES:
        raise ValueError(f"more than the {_OPTION_BYTES} bytes of an option")


_OF_4: Mapping[Read, Mapping[int, str]] = {
    _addresses: {
        1: "netmask", 3: "router", 6: "dns-server", 7: "log-server", 9: "lpr-server", 16: "swap-server", 21: "policy-filter",
        32: "router-solicitation", 33: "static-route", 41: "nis-server", 42: "ntp-server", 44: "netbios-ns", 45: "netbios-dd",
        48: "x-windows-fs", 49: "x-windows-dm", 65: "nis+-server", 68: "mobile-ip-home", 69: "smtp-server", 70: "pop3-server",
        71: "nntp-server", 74: "irc-server", 150: "tftp-server-address", 255: "server-ip-address",
    },
    _routes: {121: "classless-static-route"},
    _names: {119: "domain-search"},
    _hosts: {120: "sip-server"},
    _number(1): {
        19: "ip-forward-enable", 20: "non-local-source-routing", 23: "default-ttl", 27: "all-subnets-local",
        31: "router-discovery", 34: "trailer-encapsulation", 36: "ethernet-encap", 37: "tcp-ttl", 46: "netbios-nodetype",
    },
    _number(2): {13: "boot-file-size", 22: "max-datagram-reassembly", 26: "mtu", 93: "client-arch"},
    _number(4): {2: "time-offset", 35: "arp-timeout", 38: "tcp-keepalive", 108: "ipv6-only"},
    _seconds: {58: "T1", 59: "T2"},
    _text: {
        15: "domain-name", 17: "root-path", 18: "extension-path", 40: "nis-domain", 64: "nis+-domain", 66: "tftp-server",
        67: "bootfile-name", 100: "posix-timezone", 101: "tzdb-timezone",
    },
    _any: {
        47: "netbios-scope", 60: "vendor-class", 77: "user-class", 80: "rapid-commit", 94: "client-interface-id",
        97: "client-machine-id", 125: "vendor-id-encap",
    },
}  # fmt: skip
_OF_6: Mapping[Read, Mapping[int, str]] = {
    _addresses: {22: "sip-server", 23: "dns-server", 27: "nis-server", 28: "nis+-server", 31: "sntp-server"},
    _names: {21: "sip-server-domain", 24: "domain-search", 29: "nis-domain", 30: "nis+-domain"},
    _seconds: {32: "information-refresh-time"},
    _text: {41: "posix-timezone", 42: "tzdb-timezone", 59: "bootfile-url", 60: "bootfile-param"},
    _hosts: {56: "ntp-server"},
}
_TABLES = {4: _OF_4, 6: _OF_6}
_READS = {
    version: {code: read for read, names in table.items() for code in names} for version, table in _TABLES.items()
}
NAMES_OF: Mapping[int, Mapping[int, str]] = {
    version: {code: name for names in table.values() for code, name in names.items()}
    for version, table in _TABLES.items()
}
"""{IP version: {option's number: dnsmasq's name}}"""
_CODES = {version: {name: code for code, name in names.items()} for version, names in NAMES_OF.items()}
_MAY_BE_BLANK = frozenset(("router", "classless-static-route"))  # as in Neutron


def coded(option: DhcpOption) -> Coded:
    """The option by number and type. Raises ValueError for a name that is none, and for a value that does not fit it."""
    code = code_of(option.name, option.ip_version)
    if option.value == "" and option.name in _MAY_BE_BLANK:
        return Coded(option.ip_version, code, BLANK, ())
    if len(option.value) > MAX_VALUE:
        raise ValueError(f"longer than {MAX_VALUE} characters")
    kind, values = _READS[option.ip_version].get(code, _routes if code == 249 else _any)(
        option.ip_version, option.value
    )
    return Coded(option.ip_version, code, kind, values)


def code_of(name: str, ip_version: int) -> int:
    """An option's number, by dnsmasq's name or as a number of 1 to 254. Raises ValueError."""
    code = _CODES.get(ip_version, {}).get(name)
    if code is None and re.fullmatch(r"[1-9][0-9]{0,2}", name, re.ASCII) and int(name) < 255 and ip_version in _CODES:
        code = int(name)
    if code is None:
        raise ValueError(f"there is no DHCP option {name[:MAX_NAME]!r} for IPv{ip_version}")
    return code
