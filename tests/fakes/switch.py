"""A pretended OpenFlow switch: tables of flows in the matches and actions that we use, and packets that really walk through them.

It refuses what it does not know, so a renderer that writes something new must teach it first. The contract tests hold it to what
Open vSwitch does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from libs.materialise.ovs.flow import FlowBody, FlowId, parse, text_of
from tests.fakes.switch_packets import BROADCAST, Ip, Packet, Refused, Walk, conjunctions, matches
from tests.fakes.switch_tracking import Tracking

__all__ = ["BROADCAST", "Bridge", "Ip", "Output", "Packet", "Refused"]


Output = tuple[str, Packet]
_SPLIT = re.compile(r",(?![^()]*\))")
_ZONE = "zone=NXM_NX_REG5[0..15]"
_KNOWN = (
    r"drop|NORMAL|IN_PORT|output:(\d+|NXM_NX_REG5\[\])|resubmit\(,\d+\)|conjunction\(\d+,\d/\d\)|"
    rf"ct\((commit|table=\d+),{re.escape(_ZONE)}\)"
)


class Bridge:
    """One bridge's tables. `ports`: OpenFlow number -> name. NORMAL floods: nothing is learned here."""

    def __init__(self, name: str) -> None:
        self.name, self.ports = name, dict[int, str]()
        self.flows: dict[FlowId, FlowBody] = {}
        self.tracking = Tracking()

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
        return list(self._table(0, Walk(packet, in_port)))

    def _table(self, table: int, walk: Walk) -> Iterator[Output]:
        flows = {id: body for id, body in self.flows.items() if id.table == table}
        found = {id for id in flows if "conj_id=" not in id.match and matches(id.match, walk)}
        for number, priority in conjunctions([(id.priority, flows[id].actions) for id in found]):
            found |= {id for id in flows if id.match == f"conj_id={number}" and id.priority == priority}
        found = {id for id in found if not flows[id].actions.startswith("conjunction(")}
        if found:
            best = max(found, key=lambda id: id.priority)
            for action in _SPLIT.split(flows[best].actions):
                yield from self._act(action, walk)

    def _act(self, action: str, walk: Walk) -> Iterator[Output]:
        if action.startswith("resubmit(,"):
            yield from self._table(int(action[10:-1]), walk)
        elif action.startswith("ct("):
            yield from self._track(action, walk)
        elif action == "NORMAL":
            yield from ((name, walk.packet) for port, name in self.ports.items() if port != walk.in_port)
        elif action == "IN_PORT":
            yield self.ports[walk.in_port], walk.packet
        elif action.startswith("output:"):
            out = action.partition(":")[2]
            port = walk.registers[5] if out == "NXM_NX_REG5[]" else int(out)
            if port != walk.in_port and port in self.ports:
                yield self.ports[port], walk.packet
        elif action != "drop":
            _change(walk, action)

    def _track(self, action: str, walk: Walk) -> Iterator[Output]:
        """ct: the packet is looked up and goes on from a table on its own, or its connection is remembered."""
        zone = walk.registers[5]
        if action == f"ct(commit,{_ZONE})":
            self.tracking.commit(zone, walk.packet.ip)
            return
        state = self.tracking.look(zone, walk.packet.ip)
        table = int(action.removeprefix("ct(table=").partition(",")[0])
        yield from self._table(table, replace(walk, tracked=state, registers=dict(walk.registers)))


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
    matches(id.match, Walk(sample, 1), every=True)
    for action in _SPLIT.split(body.actions):
        if not re.fullmatch(_KNOWN, action):
            _change(Walk(sample, 1), action)


def _change(walk: Walk, action: str) -> None:
    """A set, push, pop, load or move action. Raises Refused for an unknown one."""
    if action == "ct_clear":
        walk.tracked = None
        return
    loaded = re.fullmatch(r"load:(0x[0-9a-f]+|0)->NXM_NX_REG([3-6])\[\]", action)
    if loaded:
        walk.registers[int(loaded[2])] = int(loaded[1], 0)
    else:
        walk.packet = _changed(walk.packet, action)


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
