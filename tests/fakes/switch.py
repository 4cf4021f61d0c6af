"""A pretended OpenFlow switch: tables of flows in the matches and actions that we use, and packets that really walk through them.

It refuses what it does not know, so a renderer that writes something new must teach it first. The contract tests hold it to what
Open vSwitch does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from libs.materialise.ovs.flow import FlowBody, FlowId, parse, text_of

BROADCAST = "ff:ff:ff:ff:ff:ff"


class Refused(Exception):
    """What ovs-ofctl answers with an error."""


@dataclass(frozen=True)
class Packet:
    """A frame; `vlan` None is untagged. `arp`: (op, sha, spa, tha, tpa) of an ARP frame. `tun_id`: VNI it came or goes with."""

    src: str
    dst: str
    vlan: int | None = None
    arp: tuple[int, str, str, str, str] | None = None
    tun_id: int = 0
    reg6: int = 0


Output = tuple[str, Packet]
_SPLIT = re.compile(r",(?![^()]*\))")


class Bridge:
    """One bridge's tables. `ports`: OpenFlow number -> name. NORMAL floods: nothing is learned here."""

    def __init__(self, name: str) -> None:
        self.name, self.ports = name, dict[int, str]()
        self.flows: dict[FlowId, FlowBody] = {}

    def bundle(self, lines: list[str]) -> None:
        """`add ..` and `delete_strict ..`, all or nothing. Raises Refused."""
        flows = dict(self.flows)
        for line in lines:
            verb, _, text = line.partition(" ")
            if verb == "add":
                found = parse(self.name, text)
                if found is None:
                    raise Refused(f"not a flow: {text}")
                _check(*found)
                flows[found[0]] = found[1]
            elif verb == "delete_strict":
                _delete(self.name, text, flows)
            else:
                raise Refused(f"not a verb: {verb}")
        self.flows = flows

    def dump(self) -> list[str]:
        """As dump-flows prints them."""
        return [" " + text_of(id, body) for id, body in self.flows.items()]

    def receive(self, packet: Packet, in_port: int) -> list[Output]:
        """Where a frame that comes in at a port goes out: (port name, frame as it leaves)."""
        return list(self._table(0, _Walk(replace(packet, reg6=0), in_port)))

    def _table(self, table: int, walk: _Walk) -> Iterator[Output]:
        found = [id for id in self.flows if id.table == table and _matches(id.match, walk)]
        if found:
            best = max(found, key=lambda id: id.priority)
            for action in _SPLIT.split(self.flows[best].actions):
                yield from self._act(action, walk)

    def _act(self, action: str, walk: _Walk) -> Iterator[Output]:
        if action.startswith("resubmit(,"):
            yield from self._table(int(action[10:-1]), walk)
        elif action == "NORMAL":
            yield from ((name, walk.packet) for port, name in self.ports.items() if port != walk.in_port)
        elif action == "IN_PORT":
            yield self.ports[walk.in_port], walk.packet
        elif action.startswith("output:"):
            port = int(action.partition(":")[2])
            if port != walk.in_port and port in self.ports:
                yield self.ports[port], walk.packet
        elif action != "drop":
            walk.packet = _changed(walk.packet, action)


@dataclass
class _Walk:
    packet: Packet
    in_port: int
    trail: list[int] = field(default_factory=list)


def _delete(bridge: str, text: str, flows: dict[FlowId, FlowBody]) -> None:
    found = parse(bridge, text.replace("/-1", "") + " actions=drop")
    if found is None:
        raise Refused(f"not a flow: {text}")
    there = flows.get(found[0])
    if there is not None and there.cookie == found[1].cookie:
        del flows[found[0]]


def _check(id: FlowId, body: FlowBody) -> None:
    """Raises Refused for what this switch does not know."""
    sample = Packet("02:00:00:00:00:01", BROADCAST, 1, (1, "", "", "", ""))
    for part in filter(None, id.match.split(",")):
        _match_one(part, _Walk(sample, 1))
    for action in _SPLIT.split(body.actions):
        if not re.fullmatch(r"drop|NORMAL|IN_PORT|output:\d+|resubmit\(,\d+\)", action):
            _changed(sample, action)


def _matches(match: str, walk: _Walk) -> bool:
    return all(_match_one(part, walk) for part in filter(None, match.split(",")))


def _match_one(part: str, walk: _Walk) -> bool:
    name, _, value = part.partition("=")
    packet = walk.packet
    if name == "arp" and not value:
        return packet.arp is not None
    if name == "dl_dst":
        return _mac_matches(packet.dst, value)
    if name == "vlan_tci" and value == "0x0000/0x1fff":
        return packet.vlan is None
    simple = {
        "in_port": walk.in_port,
        "dl_vlan": packet.vlan,
        "tun_id": packet.tun_id,
        "reg6": packet.reg6,
        "arp_op": packet.arp[0] if packet.arp else None,
    }
    if name == "arp_tpa":
        return packet.arp is not None and packet.arp[4] == value
    if name not in simple:
        raise Refused(f"unknown match {part}")
    return simple[name] == int(value, 0)


def _mac_matches(mac: str, wanted: str) -> bool:
    value, _, mask = wanted.partition("/")
    bits = _number(mask or BROADCAST)
    return _number(mac) & bits == _number(value) & bits


def _number(mac: str) -> int:
    return int(mac.replace(":", ""), 16)


def _changed(packet: Packet, action: str) -> Packet:
    """The frame after a set, push, pop, load or move action. Raises Refused for an unknown one."""
    if action == "pop_vlan":
        return replace(packet, vlan=None)
    if action == "push_vlan:0x8100":
        return replace(packet, vlan=0)
    verb, _, rest = action.partition(":")
    value, _, target = rest.partition("->")
    if (verb, target) == ("set_field", "vlan_vid"):
        return replace(packet, vlan=int(value) - 4096)
    if (verb, target) == ("set_field", "tun_id"):
        return replace(packet, tun_id=int(value, 0))
    if (verb, target) == ("set_field", "eth_src"):
        return replace(packet, src=value)
    if (verb, target) == ("load", "NXM_NX_REG6[]"):
        return replace(packet, reg6=int(value, 0))
    if (verb, rest) == ("move", "NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]"):
        return replace(packet, dst=packet.src)
    return replace(packet, arp=_changed_arp(packet.arp, action))


def _changed_arp(arp: tuple[int, str, str, str, str] | None, action: str) -> tuple[int, str, str, str, str]:
    if arp is None:
        raise Refused(f"{action} on a frame that is no ARP")
    op, sha, spa, tha, tpa = arp
    if action == "load:0x2->NXM_OF_ARP_OP[]":
        return 2, sha, spa, tha, tpa
    if action == "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]":
        return op, sha, spa, sha, tpa
    if action == "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]":
        return op, sha, spa, tha, spa
    loaded = re.fullmatch(r"load:0x([0-9a-f]+)->NXM_(NX_ARP_SHA|OF_ARP_SPA)\[\]", action)
    if loaded is None:
        raise Refused(f"unknown action {action}")
    number = int(loaded[1], 16)
    if loaded[2] == "NX_ARP_SHA":
        return op, ":".join(f"{number >> shift & 255:02x}" for shift in range(40, -1, -8)), spa, tha, tpa
    return op, sha, ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0)), tha, tpa
