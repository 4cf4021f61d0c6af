"""What must be written into OVSDB: bridges, patch ports, tunnels, tags and marks. Pure; each operation may be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from libs.materialise.ovs.view import (
    BR_INT,
    BR_TUN,
    PATCH_INT,
    PATCH_TUN,
    PROTOCOLS,
    Layout,
    View,
    datapath_type,
    int_patch,
    phy_patch,
)


@dataclass(frozen=True, slots=True)
class SetBridge:
    """Make the bridge, or set these columns of it."""

    name: str
    datapath_type: str
    fail_mode: str = "secure"
    protocols: tuple[str, ...] = PROTOCOLS


@dataclass(frozen=True, slots=True)
class SetPort:
    """Make the port with its interface, or set type and options of it."""

    bridge: str
    name: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class DropPort:
    """Take the port off its bridge."""

    bridge: str
    name: str


@dataclass(frozen=True, slots=True)
class SetTag:
    """Make the port an access port of this VLAN: vlan_mode and trunks are cleared."""

    name: str
    tag: int


@dataclass(frozen=True, slots=True)
class SetMark:
    """Set one of br-int's external_ids; None takes it out."""

    key: str
    value: str | None
    bridge: str = BR_INT


RowChange = SetBridge | SetPort | DropPort | SetTag | SetMark


def to_json(change: RowChange) -> dict[str, Any]:
    """`{"do": "SetTag", "name": .., "tag": ..}`: what the verb `ovsdb.write` takes."""
    return {"do": type(change).__name__, **asdict(change)}


def bridges(layout: Layout, view: View) -> list[RowChange]:
    """br-int and br-tun as they must be; a wrong datapath_type cuts every port off, so it is put right (FACTS: os-vif)."""
    out: list[RowChange] = []
    kind = datapath_type(layout, view)
    for name in (BR_INT, BR_TUN):
        row = view.bridges.get(name)
        now = None if row is None else (row.datapath_type or "system", row.fail_mode, row.protocols)
        if now != (kind, "secure", PROTOCOLS):
            out.append(SetBridge(name, kind))
    return out


def patches(layout: Layout, view: View) -> list[RowChange]:
    """The patch ports between br-int, br-tun and those physical bridges that exist."""
    pairs = [(BR_INT, PATCH_TUN, BR_TUN, PATCH_INT)]
    for bridge in sorted(set(layout.mappings.values())):
        if bridge in view.bridges:
            pairs.append((BR_INT, int_patch(bridge), bridge, phy_patch(bridge)))
    out: list[RowChange] = []
    for left, one, right, other in pairs:
        for bridge, name, peer in ((left, one, other), (right, other, one)):
            row = view.ports.get(name)
            if row is None or (row.bridge, row.type, row.options.get("peer")) != (bridge, "patch", peer):
                out.append(SetPort(bridge, name, "patch", {"peer": peer}))
    return out


def tunnels(layout: Layout, view: View, wanted: Mapping[str, str]) -> list[RowChange]:
    """VXLAN ports; wanted: {name: remote address}. Those that nobody wants any more go."""
    out: list[RowChange] = []
    there = view.tunnels()
    for name, remote in sorted(wanted.items()):
        options = tunnel_options(layout.tunnel_ip, remote)
        if name not in there or dict(there[name].options) != options:
            out.append(SetPort(BR_TUN, name, "vxlan", options))
    out += [DropPort(BR_TUN, name) for name in sorted(there.keys() - wanted.keys())]
    return out


def tunnel_options(local: str, remote: str) -> dict[str, str]:
    """Options of a VXLAN port whose VNI is set and matched by flows."""
    return {"local_ip": local, "remote_ip": remote, "in_key": "flow", "out_key": "flow", "df_default": "true"}


def tags(view: View, wanted: Iterable[tuple[str, int]]) -> list[RowChange]:
    """Tags of taps; wanted: (name, tag)."""
    out: list[RowChange] = []
    for name, tag in sorted(wanted):
        row = view.ports.get(name)
        if row is not None and (row.tag != tag or row.trunk):
            out.append(SetTag(name, tag))
    return out
