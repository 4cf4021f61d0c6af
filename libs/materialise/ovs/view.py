"""What OVSDB shows of this host, mirrored as values, and the names that we give. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any
from zlib import crc32

BR_INT, BR_TUN = "br-int", "br-tun"
PATCH_TUN, PATCH_INT = "patch-tun", "patch-int"
PROTOCOLS = ("OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15")
_NAME_LENGTH = 15  # IFNAMSIZ less its final NUL


@dataclass(frozen=True, slots=True)
class Layout:
    """What is set for this host. mappings: {physical network: bridge}. datapath_type: `system`, `netdev`, empty for what fits the
    bridges that are there."""

    host: str
    tunnel_ip: str = ""
    mappings: Mapping[str, str] = field(default_factory=dict)
    datapath_type: str = ""


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """A row of table Bridge."""

    name: str
    datapath_type: str
    fail_mode: str
    protocols: tuple[str, ...]
    external_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PortRow:
    """A row of table Port with its (first) Interface.

    ofport: 0 not given yet, -1 no device (yet). trunk: vlan_mode or trunks are set. iface_status: empty when nobody set it.
    """

    name: str
    bridge: str
    type: str
    ofport: int
    tag: int | None = None
    trunk: bool = False
    iface_id: str = ""
    iface_status: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


class View:
    """Bridges and ports by name."""

    def __init__(self) -> None:
        self.bridges: dict[str, BridgeRow] = {}
        self.ports: dict[str, PortRow] = {}
        self._taps: dict[str, set[str]] = {}

    def put_bridge(self, name: str, row: Mapping[str, Any] | None) -> bool:
        """Take a bridge in (None: it is gone); whether anything changed."""
        before = self.bridges.pop(name, None)
        after = None if row is None else BridgeRow(**{**row, "protocols": tuple(sorted(row["protocols"]))})
        if after is not None:
            self.bridges[name] = after
        return before != after

    def put_port(self, name: str, row: Mapping[str, Any] | None) -> tuple[PortRow | None, PortRow | None]:
        """Take a port in (None: it is gone); returns (before, after)."""
        before = self.ports.pop(name, None)
        after = None if row is None else PortRow(**row)
        if before is not None and before.iface_id:
            self._taps[before.iface_id].discard(name)
            if not self._taps[before.iface_id]:
                del self._taps[before.iface_id]
        if after is not None:
            self.ports[name] = after
            if after.iface_id:
                self._taps.setdefault(after.iface_id, set()).add(name)
        return before, after

    def ofport(self, name: str) -> int:
        """The OpenFlow number of a port, 0 while it has none."""
        row = self.ports.get(name)
        return row.ofport if row is not None and row.ofport > 0 else 0

    def tap(self, port_id: str) -> PortRow | None:
        """The plugged tap of a port: on br-int, with a device behind it, not marked inactive; the newest when there are several."""
        rows = [self.ports[name] for name in self._taps.get(port_id, ())]
        ready = [row for row in rows if row.bridge == BR_INT and row.ofport > 0 and row.iface_status in ("", "active")]
        return max(ready, key=lambda row: (row.ofport, row.name), default=None)

    def taps(self, port_id: str) -> set[str]:
        """Names of all ports that carry this iface-id."""
        return self._taps.get(port_id, set())

    def tunnels(self) -> dict[str, PortRow]:
        """Every VXLAN port on br-tun: all of them are ours."""
        return {name: row for name, row in self.ports.items() if row.bridge == BR_TUN and row.type == "vxlan"}


def only_tag(before: PortRow | None, after: PortRow | None) -> bool:
    """Whether nothing but the tag changed: no flow depends on it."""
    return before is not None and after is not None and replace(before, tag=after.tag, trunk=after.trunk) == after


def datapath_type(layout: Layout, view: View) -> str:
    """`system` or `netdev` for our bridges: as set, else as the host's other bridges are (a patch port joins only equals)."""
    if layout.datapath_type:
        return layout.datapath_type
    others = [row for name, row in view.bridges.items() if name not in (BR_INT, BR_TUN)]
    rows = others or [row for name, row in view.bridges.items() if name == BR_INT]
    return "netdev" if any(row.datapath_type == "netdev" for row in rows) else "system"


def _short(prefix: str, name: str) -> str:
    full = prefix + name
    if len(full) <= _NAME_LENGTH:
        return full
    return f"{prefix}{name[: _NAME_LENGTH - len(prefix) - 8]}{crc32(name.encode()):08x}"


def int_patch(bridge: str) -> str:
    """The port on br-int that leads to a physical bridge; at most 15 characters."""
    return _short("int-", bridge)


def phy_patch(bridge: str) -> str:
    """The port on a physical bridge that leads to br-int; at most 15 characters."""
    return _short("phy-", bridge)


def tunnel_name(remote_ip: str) -> str:
    """The VXLAN port to a host: `vxlan-` and its IPv4 address in hex (of an IPv6 address a hash, to stay within 15 characters)."""
    address = ip_address(remote_ip)
    return f"vxlan-{int(address) if address.version == 4 else crc32(address.packed):08x}"
