"""Frames of the pretended switch, and which matches they fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

BROADCAST, NO_MAC = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"
ICMP, TCP, UDP, ICMP6, SCTP = 1, 6, 17, 58, 132


class Refused(Exception):
    """What ovs-ofctl answers with an error."""


@dataclass(frozen=True)
class Ip:
    """An IP packet. ports: source and destination, or ICMP's type and code. target, option: of neighbour discovery. error_of: the
    packet that an ICMP error is about. frag: `no`, `first` or `later`."""

    src: str
    dst: str
    proto: int = UDP
    ports: tuple[int, int] = (1000, 2000)
    target: str = "::"
    option: str = NO_MAC
    error_of: Ip | None = None
    frag: str = "no"

    @property
    def version(self) -> int:
        return ip_address(self.src).version


@dataclass(frozen=True)
class Packet:
    """A frame; `vlan` None is untagged. `arp`: (op, sha, spa, tha, tpa) of an ARP frame. `tun_id`: VNI it came or goes with.
    With neither arp nor ip it is of some other kind."""

    src: str
    dst: str
    vlan: int | None = None
    arp: tuple[int, str, str, str, str] | None = None
    tun_id: int = 0
    ip: Ip | None = None


@dataclass(frozen=True)
class Tracked:
    """What conntrack said of a packet: flags such as `new`, and the packet with which its connection began."""

    flags: frozenset[str]
    began: Ip


@dataclass
class Walk:
    """A packet on its way through the tables."""

    packet: Packet
    in_port: int
    registers: dict[int, int] = field(default_factory=lambda: {3: 0, 4: 0, 5: 0, 6: 0})
    tracked: Tracked | None = None


_WORDS: dict[str, tuple[int, int | None]] = {
    "ip": (4, None),
    "ipv6": (6, None),
    "tcp": (4, TCP),
    "udp": (4, UDP),
    "sctp": (4, SCTP),
    "icmp": (4, ICMP),
    "tcp6": (6, TCP),
    "udp6": (6, UDP),
    "sctp6": (6, SCTP),
    "icmp6": (6, ICMP6),
}
_STATES = {"new", "est", "rel", "rpl", "inv", "trk"}


def matches(match: str, walk: Walk, every: bool = False) -> bool:
    """Whether a packet fits. every: look at every part, to refuse what is not known. Raises Refused."""
    fits = (_part(part, walk) for part in match.split(",") if part)
    return all(list(fits)) if every else all(fits)


def conjunctions(found: Iterable[tuple[int, str]]) -> Iterator[tuple[int, int]]:
    """(number, priority) of the conjunctions all of whose dimensions are among these flows (priority, actions)."""
    seen: dict[tuple[int, int, int], set[int]] = {}
    for priority, actions in found:
        for number, one, count in re.findall(r"conjunction\((\d+),(\d)/(\d)\)", actions):
            seen.setdefault((int(number), priority, int(count)), set()).add(int(one))
    yield from ((number, priority) for (number, priority, count), ones in seen.items() if len(ones) == count)


def _part(part: str, walk: Walk) -> bool:
    name, _, value = part.partition("=")
    packet = walk.packet
    if name == "arp" and not value:
        return packet.arp is not None
    if name in _WORDS and not value:
        version, proto = _WORDS[name]
        return packet.ip is not None and packet.ip.version == version and proto in (None, packet.ip.proto)
    if name in ("dl_dst", "dl_src"):
        return _mac_fits(packet.dst if name == "dl_dst" else packet.src, value)
    if name == "vlan_tci" and value == "0x0000/0x1fff":
        return packet.vlan is None
    if name == "ct_state":
        return _state_fits(value, walk.tracked)
    if name in ("arp_sha", "nd_sll", "nd_tll"):
        return _texts(packet)[name] == value
    if name in _ADDRESSES:
        return _address_fits(_ADDRESSES[name](walk), value)
    return _number_fits(_numbers(walk, name, part), value)


def _number_fits(number: int | None, value: str) -> bool:
    if value in ("no", "later"):
        return number == 0
    wanted, _, mask = value.partition("/")
    bits = int(mask, 0) if mask else -1
    return number is not None and number & bits == int(wanted, 0) & bits


def _numbers(walk: Walk, name: str, part: str) -> int | None:
    packet, ip, began = walk.packet, walk.packet.ip, walk.tracked.began if walk.tracked else None
    found: dict[str, Callable[[], int | None]] = {
        "in_port": lambda: walk.in_port,
        "dl_vlan": lambda: packet.vlan,
        "tun_id": lambda: packet.tun_id,
        "arp_op": lambda: packet.arp[0] if packet.arp else None,
        "nw_proto": lambda: ip.proto if ip else None,
        "tp_src": lambda: ip.ports[0] if ip else None,
        "tp_dst": lambda: ip.ports[1] if ip else None,
        "icmp_type": lambda: ip.ports[0] if ip else None,
        "icmp_code": lambda: ip.ports[1] if ip else None,
        "ct_nw_proto": lambda: began.proto if began else None,
        "ct_tp_src": lambda: began.ports[0] if began else None,
        "ct_tp_dst": lambda: began.ports[1] if began else None,
        **{f"reg{n}": lambda n=n: walk.registers[n] for n in walk.registers},
    }
    if name == "nw_frag":
        return 0 if ip is not None and f"nw_frag={ip.frag}" == part else None
    if name == "conj_id":
        return None
    if name not in found:
        raise Refused(f"unknown match {part}")
    return found[name]()


_ADDRESSES: dict[str, Callable[[Walk], str]] = {
    "nw_src": lambda walk: walk.packet.ip.src if walk.packet.ip else "",
    "nw_dst": lambda walk: walk.packet.ip.dst if walk.packet.ip else "",
    "nd_target": lambda walk: walk.packet.ip.target if walk.packet.ip else "",
    "arp_spa": lambda walk: walk.packet.arp[2] if walk.packet.arp else "",
    "arp_tpa": lambda walk: walk.packet.arp[4] if walk.packet.arp else "",
    "ct_nw_src": lambda walk: walk.tracked.began.src if walk.tracked else "",
    "ct_nw_dst": lambda walk: walk.tracked.began.dst if walk.tracked else "",
}
_ADDRESSES |= {"ipv6_src": _ADDRESSES["nw_src"], "ipv6_dst": _ADDRESSES["nw_dst"]}
_ADDRESSES |= {"ct_ipv6_src": _ADDRESSES["ct_nw_src"], "ct_ipv6_dst": _ADDRESSES["ct_nw_dst"]}


def _texts(packet: Packet) -> dict[str, str]:
    option = packet.ip.option if packet.ip else ""
    return {"arp_sha": packet.arp[1] if packet.arp else "", "nd_sll": option, "nd_tll": option}


def _address_fits(address: str, wanted: str) -> bool:
    return bool(address) and ip_address(address) in ip_network(wanted)


def _state_fits(wanted: str, tracked: Tracked | None) -> bool:
    flags = re.findall(r"([+-])([a-z]{3})", wanted)
    if any(flag not in _STATES for _, flag in flags):
        raise Refused(f"unknown state {wanted}")
    have = tracked.flags if tracked else frozenset[str]()
    return all((flag in have) == (sign == "+") for sign, flag in flags)


def _mac_fits(mac: str, wanted: str) -> bool:
    value, _, mask = wanted.partition("/")
    bits = _number(mask or BROADCAST)
    return _number(mac) & bits == _number(value) & bits


def _number(mac: str) -> int:
    return int(mac.replace(":", ""), 16)
