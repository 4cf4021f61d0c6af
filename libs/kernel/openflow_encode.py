"""Our flows as OpenFlow 1.4 messages: the matches and actions that `libs.materialise.ovs.render` writes, no others.

Numbers from the OpenFlow 1.4 specification and Open vSwitch's nicira-ext.h; the contract test compares with what ovs-ofctl reads.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from libs.kernel.openflow_match import BASIC as _BASIC
from libs.kernel.openflow_match import NXM_0 as _NXM_0
from libs.kernel.openflow_match import NXM_1 as _NXM_1
from libs.kernel.openflow_match import header as _header
from libs.kernel.openflow_match import mac as _mac
from libs.kernel.openflow_match import match as _match
from libs.kernel.openflow_match import oxm as _oxm
from libs.materialise.ovs.flow import FlowBody, FlowId, parse

VERSION = 5
_FLOW_MOD, _ADD, _DELETE_STRICT = 14, 0, 4
_ANY, _NO_BUFFER = 0xFFFFFFFF, 0xFFFFFFFF
_NORMAL, _IN_PORT = 0xFFFFFFFA, 0xFFFFFFF8
_NICIRA = 0x00002320
_SPLIT = re.compile(r",(?![^()]*\))")

# name as ovs-ofctl writes it: (class, field, bytes)
_REGISTERS = {
    "NXM_OF_ETH_DST[]": (_NXM_0, 1, 6),
    "NXM_OF_ETH_SRC[]": (_NXM_0, 2, 6),
    "NXM_OF_ARP_OP[]": (_NXM_0, 15, 2),
    "NXM_OF_ARP_SPA[]": (_NXM_0, 16, 4),
    "NXM_OF_ARP_TPA[]": (_NXM_0, 17, 4),
    **{f"NXM_NX_REG{n}[]": (_NXM_1, n, 4) for n in range(3, 7)},
    "NXM_NX_ARP_SHA[]": (_NXM_1, 17, 6),
    "NXM_NX_ARP_THA[]": (_NXM_1, 18, 6),
}
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
    fields = _match(id.match)
    match = struct.pack("!HH", 1, 4 + len(fields)) + fields
    actions = b"" if body.actions == "drop" else b"".join(_action(one) for one in _SPLIT.split(body.actions))
    apply = struct.pack("!HHI", 4, 8 + len(actions), 0) + actions if actions else b""
    return head + _padded(match) + apply


def _register(name: str) -> tuple[bytes, int]:
    """(NXM header, bits) of a whole register."""
    field = _REGISTERS[name]
    return _header(field, field[2]), field[2] * 8


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def _action(text: str) -> bytes:
    verb, _, rest = text.partition(":")
    value, _, target = rest.partition("->")
    fixed: dict[str, Callable[[], bytes]] = {
        "NORMAL": lambda: _output(_NORMAL),
        "IN_PORT": lambda: _output(_IN_PORT),
        "ct_clear": lambda: _nicira(43, bytes(6)),
        "pop_vlan": lambda: struct.pack("!HHI", 18, 8, 0),
        "push_vlan:0x8100": lambda: struct.pack("!HHHH", 17, 8, 0x8100, 0),
    }
    if text in fixed:
        return fixed[text]()
    called = re.fullmatch(r"(\w+)\((.*)\)", text)
    if called:
        return {"resubmit": _resubmit, "ct": _track, "conjunction": _conjunction}[called[1]](called[2].split(","))
    parts = {"output": _output_text, "set_field": _set_field, "load": _load, "move": _move}
    return parts[verb](value, target)


def _resubmit(words: list[str]) -> bytes:
    port, table = words
    if port:
        raise ValueError(port)
    return _nicira(14, struct.pack("!HBBH", 0xFFF8, int(table), 0, 0))


def _track(words: list[str]) -> bytes:
    """ct: `commit`, `table=N`, `zone=<a register's lower 16 bits>`."""
    said = dict(word.partition("=")[::2] for word in words)
    register, _, bits = said.pop("zone").partition("[")
    flags, table = int(said.pop("commit", None) is not None), int(said.pop("table", "255"))
    if said or bits != "0..15]":
        raise ValueError(words)
    zone = _register(f"{register}[]")[0]
    return _nicira(35, struct.pack("!H4sHB3xH", flags, zone, 15, table, 0))


def _conjunction(words: list[str]) -> bytes:
    number, dimension = words
    clause, _, clauses = dimension.partition("/")
    return _nicira(34, struct.pack("!BBI", int(clause) - 1, int(clauses), int(number)))


def _output(port: int) -> bytes:
    return struct.pack("!HHIHHI", 0, 16, port, 0, 0, 0)


def _output_text(value: str, _target: str) -> bytes:
    if value in _REGISTERS:
        header, bits = _register(value)
        return _nicira(15, struct.pack("!H4sH6x", bits - 1, header, 0xFFFF))
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
