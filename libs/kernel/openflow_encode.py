"""Our flows as OpenFlow 1.4 messages: the matches and actions that `libs.materialise.ovs.render` writes, no others.

Numbers from the OpenFlow 1.4 specification and Open vSwitch's nicira-ext.h; the contract test compares with what ovs-ofctl reads.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from ipaddress import IPv4Address

from libs.materialise.ovs.flow import FlowBody, FlowId, parse

VERSION = 5
_FLOW_MOD, _ADD, _DELETE_STRICT = 14, 0, 4
_ANY, _NO_BUFFER = 0xFFFFFFFF, 0xFFFFFFFF
_NORMAL, _IN_PORT = 0xFFFFFFFA, 0xFFFFFFF8
_BASIC, _NXM_0, _NXM_1 = 0x8000, 0x0000, 0x0001
_NICIRA = 0x00002320
_SPLIT = re.compile(r",(?![^()]*\))")

# name as ovs-ofctl writes it: (class, field, bytes)
_REGISTERS = {
    "NXM_OF_ETH_DST[]": (_NXM_0, 1, 6),
    "NXM_OF_ETH_SRC[]": (_NXM_0, 2, 6),
    "NXM_OF_ARP_OP[]": (_NXM_0, 15, 2),
    "NXM_OF_ARP_SPA[]": (_NXM_0, 16, 4),
    "NXM_OF_ARP_TPA[]": (_NXM_0, 17, 4),
    "NXM_NX_REG6[]": (_NXM_1, 6, 4),
    "NXM_NX_ARP_SHA[]": (_NXM_1, 17, 6),
    "NXM_NX_ARP_THA[]": (_NXM_1, 18, 6),
}
_NUMBERS = {"in_port": (_BASIC, 0, 4), "arp_op": (_BASIC, 21, 2), "tun_id": (_BASIC, 38, 8), "reg6": (_NXM_1, 6, 4)}
_SET = {"vlan_vid": (_BASIC, 6, 2), "tun_id": (_BASIC, 38, 8), "eth_src": (_BASIC, 4, 6)}


class Unencodable(Exception):
    """A line that this encoder does not know: leave it to ovs-ofctl."""


def message(kind: int, number: int, body: bytes) -> bytes:
    """A whole OpenFlow message."""
    return struct.pack("!BBHI", VERSION, kind, 8 + len(body), number) + body


def flow_mod(line: str, number: int) -> bytes:
    """The message of an `add ..` or `delete_strict ..` line. Raises Unencodable."""
    verb, _, text = line.partition(" ")
    command = {"add": _ADD, "delete_strict": _DELETE_STRICT}.get(verb)
    found = parse("", text if command == _ADD else text.replace("/-1,", ",", 1) + " actions=drop")
    if command is None or found is None:
        raise Unencodable(line)
    try:
        return message(_FLOW_MOD, number, _body(command, *found))
    except (ValueError, KeyError, struct.error, OverflowError):
        raise Unencodable(line) from None


def _body(command: int, id: FlowId, body: FlowBody) -> bytes:
    mask = 0 if command == _ADD else 0xFFFFFFFFFFFFFFFF
    head = struct.pack("!QQBBHHH", body.cookie, mask, id.table, command, 0, 0, id.priority)
    head += struct.pack("!IIIHH", _NO_BUFFER, _ANY, _ANY, 0, 0)
    fields = b"".join(_field(part) for part in id.match.split(",") if part)
    match = struct.pack("!HH", 1, 4 + len(fields)) + fields
    actions = b"" if body.actions == "drop" else b"".join(_action(one) for one in _SPLIT.split(body.actions))
    apply = struct.pack("!HHI", 4, 8 + len(actions), 0) + actions if actions else b""
    return head + _padded(match) + apply


def _field(part: str) -> bytes:
    name, _, value = part.partition("=")
    if part == "arp":
        return _oxm((_BASIC, 5, 2), 0x0806)
    if part == "vlan_tci=0x0000/0x1fff":
        return _oxm((_BASIC, 6, 2), 0)
    if name == "dl_vlan":
        return _oxm((_BASIC, 6, 2), 0x1000 | int(value))
    if name == "dl_dst":
        mac, _, mask = value.partition("/")
        return _oxm((_BASIC, 3, 6), _mac(mac), _mac(mask) if mask else None)
    if name == "arp_tpa":
        return _oxm((_BASIC, 23, 4), int(IPv4Address(value)))
    return _oxm(_NUMBERS[name], int(value, 0))


def _oxm(field: tuple[int, int, int], value: int, mask: int | None = None) -> bytes:
    data = value.to_bytes(field[2], "big") + (b"" if mask is None else mask.to_bytes(field[2], "big"))
    return _header(field, len(data), mask is not None) + data


def _header(field: tuple[int, int, int], length: int, masked: bool = False) -> bytes:
    return struct.pack("!HBB", field[0], field[1] << 1 | masked, length)


def _register(name: str) -> tuple[bytes, int]:
    """(NXM header, bits) of a whole register."""
    field = _REGISTERS[name]
    return _header(field, field[2]), field[2] * 8


def _mac(text: str) -> int:
    return int(text.replace(":", ""), 16)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def _action(text: str) -> bytes:
    verb, _, rest = text.partition(":")
    value, _, target = rest.partition("->")
    fixed: dict[str, Callable[[], bytes]] = {
        "NORMAL": lambda: _output(_NORMAL),
        "IN_PORT": lambda: _output(_IN_PORT),
        "pop_vlan": lambda: struct.pack("!HHI", 18, 8, 0),
        "push_vlan:0x8100": lambda: struct.pack("!HHHH", 17, 8, 0x8100, 0),
    }
    if text in fixed:
        return fixed[text]()
    resubmit = re.fullmatch(r"resubmit\(,(\d+)\)", text)
    if resubmit:
        return _nicira(14, struct.pack("!HBBH", 0xFFF8, int(resubmit[1]), 0, 0))
    parts = {"output": _output_text, "set_field": _set_field, "load": _load, "move": _move}
    return parts[verb](value, target)


def _output(port: int) -> bytes:
    return struct.pack("!HHIHHI", 0, 16, port, 0, 0, 0)


def _output_text(value: str, _target: str) -> bytes:
    return _output(int(value))


def _set_field(value: str, target: str) -> bytes:
    field = _oxm(_SET[target], _mac(value) if ":" in value else int(value, 0))
    body = field + bytes(-(4 + len(field)) % 8)
    return struct.pack("!HH", 25, 4 + len(body)) + body


def _load(value: str, target: str) -> bytes:
    header, bits = _register(target)
    return _nicira(7, struct.pack("!H", bits - 1) + header + struct.pack("!Q", int(value, 0)))


def _move(source: str, target: str) -> bytes:
    (one, bits), (other, _) = _register(source), _register(target)
    return _nicira(6, struct.pack("!HHH", bits, 0, 0) + one + other)


def _nicira(subtype: int, body: bytes) -> bytes:
    data = struct.pack("!IH", _NICIRA, subtype) + body
    return struct.pack("!HH", 0xFFFF, 4 + len(data)) + data
