"""A group's rules as matches. Pure.

A rule of a stateful group looks at the tuple with which the connection began, one of a stateless group at the packet itself. A
rule whose remote is a set of addresses becomes one dimension of a conjunction; the addresses are the other, shared by all rules
that name the set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from libs.events import SecurityGroupRuleCreated
from libs.materialise.ovs.security.tables import IN_RULES, OUT_RULES, TRACKED

_TCP, _UDP, _SCTP, _ICMP, _ICMP6 = 6, 17, 132, 1, 58
_WITH_PORTS = (_TCP, _UDP, _SCTP)
_WORDS = {(_TCP, 4): "tcp", (_UDP, 4): "udp", (_SCTP, 4): "sctp", (_ICMP, 4): "icmp"}
_WORDS |= {(_TCP, 6): "tcp6", (_UDP, 6): "udp6", (_SCTP, 6): "sctp6", (_ICMP6, 6): "icmp6"}
_IP = {4: "ip", 6: "ipv6"}
_ANY, _UNTOLD = ("any", "ip"), -1
# Conntrack has put a packet together before it lets its pieces pass (and commits none without the first one), but only the first one
# shows the switch its ports; the kernel's datapath goes on with the whole and never sees this.
_LATER = "nw_frag=later"
_NUMBERS = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "hopopt": 0,
    "icmp": _ICMP,
    "icmpv6": _ICMP6,
    "igmp": 2,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": _ICMP6,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": _SCTP,
    "tcp": _TCP,
    "udp": _UDP,
    "udplite": 136,
    "vrrp": 112,
}


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What makes rules comparable to addresses: where they are looked up, and how."""

    direction: str
    version: int
    stateful: bool

    @property
    def table(self) -> int:
        """Where such rules are."""
        return IN_RULES if self.direction == "ingress" else OUT_RULES

    def remote(self, address: str) -> str:
        """`field=address` for the other side; empty for all addresses."""
        network = ip_network(address)
        if network.prefixlen == 0:
            return ""
        end = "src" if self.direction == "ingress" else "dst"
        field = f"nw_{end}" if self.version == 4 else f"ipv6_{end}"
        text = network.network_address if network.prefixlen == network.max_prefixlen else network
        return f"{'ct_' if self.stateful else ''}{field}={text}"


def kind_of(rule: SecurityGroupRuleCreated, stateful: bool) -> Kind:
    """Where and how a rule of a group is looked up."""
    return Kind(rule.direction, 6 if rule.ethertype == "IPv6" else 4, stateful)


def member_match(kind: Kind, address: str) -> str:
    """Packets whose other side is this address."""
    remote = kind.remote(address)
    if kind.stateful:
        return ",".join(filter(None, (TRACKED, remote, _IP[kind.version])))
    return ",".join(filter(None, (_IP[kind.version], remote)))


def matches(rule: SecurityGroupRuleCreated, stateful: bool, token: int) -> list[str]:
    """What a rule lets pass, of the group with this number; a set as its remote is left out. Nothing for what cannot be told in
    flows (ports of a protocol in which the switch sees none): a rule never lets more pass than it says."""
    kind = kind_of(rule, stateful)
    protocol = _protocol(rule.protocol, kind.version)
    prefix = rule.remote_ip_prefix
    if protocol in (0, _UNTOLD) or (prefix is not None and ip_network(prefix, strict=False).version != kind.version):
        return []  # of protocol 0 Open vSwitch makes a match of any protocol
    remote = kind.remote(str(ip_network(prefix, strict=False))) if prefix is not None else ""
    fields = list(_tails(rule, protocol, kind))
    group = f"reg4={token:#x}"
    if stateful:
        number = f"ct_nw_proto={protocol}" if protocol is not None else ""
        heads = [(*tail, _IP[kind.version], group) for tail in fields]
        heads += [(_IP[kind.version], group, _LATER)] if any(fields) else []
        return [",".join(filter(None, (TRACKED, remote, number, *head))) for head in heads]
    word = _IP[kind.version] if protocol is None else _WORDS.get((protocol, kind.version), _IP[kind.version])
    number = f"nw_proto={protocol}" if protocol is not None and word == _IP[kind.version] else ""
    return [",".join(filter(None, (word, group, remote, number, *tail))) for tail in fields]


def _protocol(name: str | None, version: int) -> int | None:
    """The number in the packet; None for any."""
    if name is None or name in _ANY:
        return None
    number = int(name) if name.isdecimal() else _NUMBERS.get(name.lower(), _UNTOLD)
    return _ICMP6 if number == _ICMP and version == 6 else number


def _tails(rule: SecurityGroupRuleCreated, protocol: int | None, kind: Kind) -> Iterator[tuple[str, ...]]:
    """Ports, or ICMP type and code, as further parts of a match."""
    low, high = rule.port_range_min, rule.port_range_max
    if low is None and high is None:
        yield ()
    elif protocol in (_ICMP, _ICMP6):
        names = ("ct_tp_src", "ct_tp_dst") if kind.stateful else ("icmp_type", "icmp_code")
        yield tuple(f"{name}={value}" for name, value in zip(names, (low, high), strict=True) if value is not None)
    elif protocol in _WITH_PORTS:
        name = "ct_tp_dst" if kind.stateful else "tp_dst"
        first = high if low is None else low
        last = low if high is None else high
        assert first is not None and last is not None
        yield from ((f"{name}={port}",) if port else () for port in port_masks(first, last))


def port_masks(low: int, high: int) -> list[str]:
    """The numbers from low to high as `port` or `value/mask`; at most 30 of them, one empty text for all there are."""
    out = []
    while low <= high:
        size = low & -low or 65536
        while low + size - 1 > high:
            size //= 2
        out.append(_masked(low, size))
        low += size
    return out


def _masked(low: int, size: int) -> str:
    if size == 65536:
        return ""
    return str(low) if size == 1 else f"{low:#x}/{65536 - size:#x}"
