"""A secured port's own flows: what it may claim to be, what it is asked before anything passes, and the groups that it asks. Pure.

Sources are checked as Neutron's port security does (MAC, IPv4, ARP, IPv6), and neighbour discovery more closely: target and
link-layer options are its own too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from libs.materialise.ovs.flow import Flow, flow
from libs.materialise.ovs.security import tables
from libs.materialise.ovs.things import Port
from libs.materialise.ovs.view import BR_INT

_ALL_ONES, _LINK_LOCAL = "255.255.255.255", 0xFE80 << 112
_GO_ON = f"resubmit(,{tables.DELIVER})"


@dataclass(frozen=True, slots=True)
class Asked:
    """Numbers of the groups that a port asks: those whose connections are tracked, and those that look at each packet alone."""

    stateful: Sequence[int] = ()
    stateless: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An address or CIDR that a port may use with this MAC; position: of the fact that says so."""

    mac: str
    network: IPv4Network | IPv6Network
    position: int


def sources(port: Port) -> list[Source]:
    """Its own addresses, its pairs, and the link-local address that each MAC makes (EUI-64)."""
    own = [Source(port.mac, ip_network(address), at) for address, at in sorted(port.addresses.items())]
    pairs = [Source(one.mac_address, ip_network(one.ip_address, strict=False), port.paired_at) for one in port.pairs]
    macs = {source.mac: source.position for source in reversed(pairs)} | {port.mac: port.grouped_at}
    return [*own, *pairs, *(Source(mac, link_local(mac), at) for mac, at in sorted(macs.items()))]


def link_local(mac: str) -> IPv6Network:
    """The address that a station makes of its MAC (RFC 4291)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    interface = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    return IPv6Network(_LINK_LOCAL | int.from_bytes(interface, "big"))


def speaks(port: Port, ofport: int, asked: Asked) -> list[Flow]:
    """What may leave the port."""
    out: dict[tuple[str, int, int, str], Flow] = {}
    flows = [*_by_mac(port, ofport), *(one for source in sources(port) for one in _by_source(source, ofport))]
    flows += _asks(port, ofport, asked, outwards=True)
    for one in flows:
        out.setdefault(one[0], one)
    return list(out.values())


def hears(port: Port, ofport: int, asked: Asked) -> list[Flow]:
    """What may reach the port; a flood never comes back to it."""
    back = flow(BR_INT, tables.ARRIVES, 90, f"reg5={ofport:#x},in_port={ofport}", "drop", port.grouped_at)
    return [back, *_asks(port, ofport, asked, outwards=False)]


def to_port(ofport: int) -> str:
    """The actions that bring a packet to a secured port's checks."""
    return f"load:{ofport:#x}->NXM_NX_REG5[],resubmit(,{tables.ARRIVES})"


def _by_mac(port: Port, ofport: int) -> list[Flow]:
    """What needs no address yet: a DHCP client's first words, and its neighbour solicitations."""
    out = []
    for mac in sorted({port.mac, *(pair.mac_address for pair in port.pairs)}):
        ours, at = f"reg5={ofport:#x},dl_src={mac}", port.grouped_at
        discover = f"udp,{ours},nw_src=0.0.0.0,nw_dst={_ALL_ONES},{tables.WHOLE},tp_src=68,tp_dst=67"
        out.append(flow(BR_INT, tables.SOURCE, 90, discover, _GO_ON, at))
        for option in (mac, "00:00:00:00:00:00"):  # all zero: there is none
            asks = f"icmp6,{ours},{tables.WHOLE},icmp_type=135,icmp_code=0,nd_sll={option}"
            out.append(flow(BR_INT, tables.SENDS, 20, asks, _GO_ON, at))
    return out


def _by_source(source: Source, ofport: int) -> list[Flow]:
    ours = f"reg5={ofport:#x},dl_src={source.mac}"
    return _by_ipv4(source, ours) if source.network.version == 4 else _by_ipv6(source, ours)


def _by_ipv4(source: Source, ours: str) -> list[Flow]:
    """ARP in its own name (also to see whether its address is free, RFC 5227), and IPv4."""
    says, asks = _within("arp_spa", source), _within("arp_tpa", source)
    wanted = (
        (f"arp,{ours}{says},arp_sha={source.mac}", _GO_ON),
        (f"arp,{ours},arp_spa=0.0.0.0{asks},arp_op=1,arp_sha={source.mac}", _GO_ON),
        (f"ip,{ours}{_within('nw_src', source)}", f"resubmit(,{tables.SENDS})"),
    )
    return [flow(BR_INT, tables.SOURCE, 80, match, actions, source.position) for match, actions in wanted]


def _by_ipv6(source: Source, ours: str) -> list[Flow]:
    """IPv6, seeing whether its address is free (RFC 4862), and telling where it is."""
    target, at = _within("nd_target", source), source.position
    free = f"icmp6,{ours},ipv6_src=::,{tables.WHOLE},icmp_type=135,icmp_code=0{target},nd_sll=00:00:00:00:00:00"
    out = [
        flow(BR_INT, tables.SOURCE, 80, f"ipv6,{ours}{_within('ipv6_src', source)}", f"resubmit(,{tables.SENDS})", at),
        flow(BR_INT, tables.SOURCE, 80, free, _GO_ON, at),
    ]
    for option in (source.mac, "00:00:00:00:00:00"):
        here = f"icmp6,{ours},{tables.WHOLE},icmp_type=136,icmp_code=0{target},nd_tll={option}"
        out.append(flow(BR_INT, tables.SENDS, 20, here, _GO_ON, at))
    return out


def _within(field: str, source: Source) -> str:
    """`,field=address`, `,field=network/length`, nothing for all addresses: as ovs-ofctl prints them."""
    network = source.network
    if network.prefixlen == 0:
        return ""
    return f",{field}={network.network_address if network.prefixlen == network.max_prefixlen else network}"


def _asks(port: Port, ofport: int, asked: Asked, outwards: bool) -> list[Flow]:
    """Without a group nothing passes. Who began a connection decides whose rules it needs: the way it goes, or the way back."""
    if not asked.stateful and not asked.stateless:
        return []
    before, groups, rules, other_rules, verdict = _WAYS[outwards]
    me, at = f"reg5={ofport:#x}", port.grouped_at
    enter = tables.track(groups) if asked.stateful else f"ct_clear,resubmit(,{groups})"
    out = [flow(BR_INT, before, 10, f"{word},{me}", enter, at) for word in ("ip", "ipv6")]
    if not asked.stateful:
        return [*out, flow(BR_INT, groups, 10, me, _walk(asked, rules, rules, verdict), at)]
    began, answers = f"ct_state=-rpl-inv+trk,{me}", f"ct_state=+rpl-inv+trk,{me}"
    out.append(flow(BR_INT, groups, 10, began, _walk(asked, rules, rules, verdict), at))
    out.append(flow(BR_INT, groups, 10, answers, _walk(asked, other_rules, rules, verdict), at))
    return out


_WAYS = {
    True: (tables.SENDS, tables.OUT_GROUPS, tables.OUT_RULES, tables.IN_RULES, tables.OUT_VERDICT),
    False: (tables.ARRIVES, tables.IN_GROUPS, tables.IN_RULES, tables.OUT_RULES, tables.IN_VERDICT),
}


def _walk(asked: Asked, stateful_rules: int, stateless_rules: int, verdict: int) -> str:
    """Ask each group in turn, then see whether one allowed it."""
    steps = [f"load:{token:#x}->NXM_NX_REG4[],resubmit(,{stateful_rules})" for token in asked.stateful]
    steps += [f"load:{token:#x}->NXM_NX_REG4[],resubmit(,{stateless_rules})" for token in asked.stateless]
    return ",".join(["load:0->NXM_NX_REG3[]", *steps, f"resubmit(,{verdict})"])
