"""Matches as OpenFlow 1.4 writes them (OXM, and Open vSwitch's NXM): the fields that `libs.materialise.ovs` uses, no others.

Numbers from the OpenFlow 1.4 specification and Open vSwitch's meta-flow.h. What a field needs (IPv4 for addresses) goes first.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from ipaddress import ip_network

BASIC, NXM_0, NXM_1 = 0x8000, 0x0000, 0x0001
Field = tuple[int, int, int]  # class, number, bytes

# words: (Ethernet type, IP protocol, kind of ports)
_WORDS: dict[str, tuple[int, int | None, str]] = {
    "arp": (0x0806, None, ""),
    "ip": (0x0800, None, ""),
    "ipv6": (0x86DD, None, ""),
    "tcp": (0x0800, 6, "tcp"),
    "udp": (0x0800, 17, "udp"),
    "sctp": (0x0800, 132, "sctp"),
    "icmp": (0x0800, 1, "icmp"),
    "tcp6": (0x86DD, 6, "tcp"),
    "udp6": (0x86DD, 17, "udp"),
    "sctp6": (0x86DD, 132, "sctp"),
    "icmp6": (0x86DD, 58, "icmp6"),
}
_PORTS: dict[tuple[str, str], Field] = {
    ("tcp", "tp_src"): (BASIC, 13, 2),
    ("tcp", "tp_dst"): (BASIC, 14, 2),
    ("udp", "tp_src"): (BASIC, 15, 2),
    ("udp", "tp_dst"): (BASIC, 16, 2),
    ("sctp", "tp_src"): (BASIC, 17, 2),
    ("sctp", "tp_dst"): (BASIC, 18, 2),
    ("icmp", "icmp_type"): (BASIC, 19, 1),
    ("icmp", "icmp_code"): (BASIC, 20, 1),
    ("icmp6", "icmp_type"): (BASIC, 29, 1),
    ("icmp6", "icmp_code"): (BASIC, 30, 1),
}
_NUMBERS: dict[str, Field] = {
    "in_port": (BASIC, 0, 4),
    "nw_proto": (BASIC, 10, 1),
    "arp_op": (BASIC, 21, 2),
    "tun_id": (BASIC, 38, 8),
    "conj_id": (NXM_1, 37, 4),
    "ct_nw_proto": (NXM_1, 119, 1),
    "ct_tp_src": (NXM_1, 124, 2),
    "ct_tp_dst": (NXM_1, 125, 2),
    **{f"reg{n}": (NXM_1, n, 4) for n in range(3, 7)},
}
_MACS: dict[str, Field] = {
    "dl_dst": (BASIC, 3, 6),
    "dl_src": (BASIC, 4, 6),
    "arp_sha": (BASIC, 24, 6),
    "nd_sll": (BASIC, 32, 6),
    "nd_tll": (BASIC, 33, 6),
}
_ADDRESSES: dict[str, Field] = {
    "nw_src": (BASIC, 11, 4),
    "nw_dst": (BASIC, 12, 4),
    "arp_spa": (BASIC, 22, 4),
    "arp_tpa": (BASIC, 23, 4),
    "ipv6_src": (BASIC, 26, 16),
    "ipv6_dst": (BASIC, 27, 16),
    "nd_target": (BASIC, 31, 16),
    "ct_nw_src": (NXM_1, 120, 4),
    "ct_nw_dst": (NXM_1, 121, 4),
    "ct_ipv6_src": (NXM_1, 122, 16),
    "ct_ipv6_dst": (NXM_1, 123, 16),
}
_STATES = {"new": 1, "est": 2, "rel": 4, "rpl": 8, "inv": 16, "trk": 32}
_FIRST = ("nw_proto", "ct_state", "icmp_type")  # what others need


def match(text: str) -> bytes:
    """All fields of a match. Raises ValueError, KeyError for what is not known."""
    parts = [part for part in text.split(",") if part]
    word = next((part for part in parts if part in _WORDS), "")
    parts = sorted((part for part in parts if part != word), key=lambda part: part.partition("=")[0] not in _FIRST)
    return (_word(word) if word else b"") + b"".join(_field(part, word) for part in parts)


def oxm(field: Field, value: int, mask: int | None = None) -> bytes:
    """One field with its value."""
    data = value.to_bytes(field[2], "big") + (b"" if mask is None else mask.to_bytes(field[2], "big"))
    return header(field, len(data), mask is not None) + data


def header(field: Field, length: int, masked: bool = False) -> bytes:
    """What names a field."""
    return struct.pack("!HBB", field[0], field[1] << 1 | masked, length)


def mac(text: str) -> int:
    """A MAC as number."""
    return int(text.replace(":", ""), 16)


def _word(word: str) -> bytes:
    kind, protocol, _ = _WORDS[word]
    return oxm((BASIC, 5, 2), kind) + (b"" if protocol is None else oxm((BASIC, 10, 1), protocol))


def _field(part: str, word: str) -> bytes:
    name, _, value = part.partition("=")
    special: dict[str, Callable[[str], bytes]] = {
        "vlan_tci": _untagged,
        "dl_vlan": _vlan,
        "ct_state": _state,
        "nw_frag": _piece,
    }
    if name in special:
        return special[name](value)
    if name in _MACS:
        return _masked(_MACS[name], value, mac)
    if name in _ADDRESSES:
        return _address(_ADDRESSES[name], value)
    return _masked(_NUMBERS.get(name) or _PORTS[_WORDS[word][2], name], value, lambda text: int(text, 0))


def _masked(field: Field, text: str, read: Callable[[str], int]) -> bytes:
    value, _, mask = text.partition("/")
    return oxm(field, read(value), read(mask) if mask else None)


def _address(field: Field, text: str) -> bytes:
    network = ip_network(text)
    if network.max_prefixlen != field[2] * 8:
        raise ValueError(text)
    return oxm(field, int(network.network_address), int(network.netmask) if "/" in text else None)


def _untagged(text: str) -> bytes:
    if text != "0x0000/0x1fff":
        raise ValueError(text)
    return oxm((BASIC, 6, 2), 0)


def _vlan(text: str) -> bytes:
    return oxm((BASIC, 6, 2), 0x1000 | int(text))


def _piece(text: str) -> bytes:
    return oxm((NXM_1, 26, 1), {"no": 0, "later": 3}[text], 3)


def _state(text: str) -> bytes:
    """`-inv+trk`: bits that must and must not be there."""
    if not re.fullmatch(r"([+-][a-z]{3})+", text):
        raise ValueError(text)
    flags = [(text[at], _STATES[text[at + 1 : at + 4]]) for at in range(0, len(text), 4)]
    wanted = sum(bit for sign, bit in flags if sign == "+")
    return oxm((NXM_1, 105, 4), wanted, sum(bit for _, bit in flags))
