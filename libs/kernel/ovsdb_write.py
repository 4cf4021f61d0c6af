"""The changes of `libs.materialise.ovs.rows` as operations of one IDL transaction; each may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class NoSuchRow(Exception):
    """A change names a bridge that does not exist."""


class _Writer:
    """One transaction; rows made in it are found by later changes of it."""

    def __init__(self, idl: Any, transaction: Any) -> None:
        self._tables, self._transaction = idl.tables, transaction
        self._bridges = {row.name: row for row in idl.tables["Bridge"].rows.values()}
        self._ports: dict[str, Any] | None = None

    def set_bridge(self, name: str, datapath_type: str, fail_mode: str, protocols: list[str]) -> None:
        row = self._bridges.get(name)
        if row is None:
            row = self._bridges[name] = self._transaction.insert(self._tables["Bridge"])
            row.name = name
            root = next(iter(self._tables["Open_vSwitch"].rows.values()))
            root.addvalue("bridges", row)
            self.set_port(name, name, "internal", {})
        row.datapath_type, row.fail_mode, row.protocols = datapath_type, fail_mode, list(protocols)

    def set_port(self, bridge: str, name: str, type: str, options: dict[str, str]) -> None:
        port = self._port(name)
        if port is None:
            interface = self._transaction.insert(self._tables["Interface"])
            interface.name = name
            port = self._all_ports()[name] = self._transaction.insert(self._tables["Port"])
            port.name, port.interfaces = name, [interface]
            self._bridge(bridge).addvalue("ports", port)
        else:
            interface = port.interfaces[0]
            self._move(port, bridge)
        interface.type, interface.options = type, options

    def drop_port(self, bridge: str, name: str) -> None:
        port = self._port(name)
        if port is not None:
            self._bridge(bridge).delvalue("ports", port)

    def set_tag(self, name: str, tag: int) -> None:
        port = self._port(name)
        if port is not None:  # unplugged meanwhile: nothing to tag
            port.tag, port.vlan_mode, port.trunks = [tag], [], []

    def set_mark(self, bridge: str, key: str, value: str | None) -> None:
        if value is None:
            self._bridge(bridge).delkey("external_ids", key)
        else:
            self._bridge(bridge).setkey("external_ids", key, value)

    def _move(self, port: Any, bridge: str) -> None:
        """Put an existing port onto this bridge, off any other."""
        holders = [name for name, row in self._tables_bridges() if port in row.ports]
        if holders != [bridge]:
            for name in holders:
                self._bridges[name].delvalue("ports", port)
            self._bridge(bridge).addvalue("ports", port)

    def _tables_bridges(self) -> list[tuple[str, Any]]:
        return [(row.name, row) for row in self._tables["Bridge"].rows.values()]

    def _bridge(self, name: str) -> Any:
        if name not in self._bridges:
            raise NoSuchRow(f"no bridge {name}")
        return self._bridges[name]

    def _all_ports(self) -> dict[str, Any]:
        if self._ports is None:
            self._ports = {row.name: row for row in self._tables["Port"].rows.values()}
        return self._ports

    def _port(self, name: str) -> Any:
        return self._all_ports().get(name)


def write(idl: Any, transaction: Any, changes: list[dict[str, Any]]) -> None:
    """Put the changes into the transaction. Raises NoSuchRow, KeyError for an unknown change."""
    writer = _Writer(idl, transaction)
    verbs: dict[str, Callable[..., None]] = {
        "SetBridge": writer.set_bridge,
        "SetPort": writer.set_port,
        "DropPort": writer.drop_port,
        "SetTag": writer.set_tag,
        "SetMark": writer.set_mark,
    }
    for change in changes:
        verbs[change["do"]](**{name: value for name, value in change.items() if name != "do"})
