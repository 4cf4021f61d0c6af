"""IDL rows as plain dicts by name, worked out only for what changed."""

from __future__ import annotations

from typing import Any


class Rows:
    """Keeps what was told of each bridge and port, and which of them must be looked at again."""

    def __init__(self) -> None:
        self._bridges: dict[str, dict[str, Any]] = {}
        self._ports: dict[str, dict[str, Any]] = {}
        self._bridge_of: dict[Any, str] = {}
        self._port_of: dict[Any, Any] = {}
        self._members: dict[Any, tuple[str, frozenset[Any]]] = {}
        self._known: dict[Any, tuple[str, Any]] = {}
        self._holder: dict[str, Any] = {}
        self._dirty_bridges: set[Any] = set()
        self._dirty_ports: set[Any] = set()

    def changed(self, event: str, table: str, row: Any) -> None:
        """The IDL says that a row was created, updated or deleted."""
        if table == "Bridge":
            self._dirty_bridges.add(row.uuid)
        elif table == "Port":
            self._dirty_ports.add(row.uuid)
        elif table == "Interface" and row.uuid in self._port_of:
            self._dirty_ports.add(self._port_of[row.uuid])

    def everything(self) -> dict[str, Any]:
        """All rows as they were told."""
        return {"bridges": dict(self._bridges), "ports": dict(self._ports)}

    def take_changes(self, idl: Any) -> dict[str, Any]:
        """Rows that became other than they were told before; None for those that are gone."""
        bridges = {name: row for uuid in _taken(self._dirty_bridges) for name, row in self._look_at_bridge(idl, uuid)}
        ports: dict[str, Any] = {}
        gone: dict[str, Any] = {}
        for uuid in _taken(self._dirty_ports):
            self._look_at_port(idl, uuid, ports, gone)
        return {"bridges": bridges, "ports": {**{n: None for n in gone if n not in self._ports}, **ports}}

    def _look_at_bridge(self, idl: Any, uuid: Any) -> list[tuple[str, Any]]:
        row = idl.tables["Bridge"].rows.get(uuid)
        name, members = self._members.pop(uuid, ("", frozenset()))
        if row is None:
            now: frozenset[Any] = frozenset()
        else:
            now = frozenset(port.uuid for port in row.ports)
            self._members[uuid] = (row.name, now)
            self._bridge_of.update(dict.fromkeys(now - members, row.name))
        for port in members - now:
            if self._bridge_of.get(port) == name:
                del self._bridge_of[port]
        self._dirty_ports |= members ^ now
        if row is None:
            return [(name, None)] if self._bridges.pop(name, None) is not None else []
        told = _bridge(row)
        if self._bridges.get(row.name) == told:
            return []
        self._bridges[row.name] = told
        return [(row.name, told)]

    def _look_at_port(self, idl: Any, uuid: Any, changed: dict[str, Any], gone: dict[str, Any]) -> None:
        row, bridge = idl.tables["Port"].rows.get(uuid), self._bridge_of.get(uuid)
        name, old = self._known.pop(uuid, ("", None))
        self._port_of.pop(old, None)
        if row is None or bridge is None or not row.interfaces:
            if name and self._holder.get(name) == uuid:
                del self._holder[name], self._ports[name]
                gone[name] = None
            return
        interface = row.interfaces[0]
        self._port_of[interface.uuid] = uuid
        self._known[uuid], self._holder[row.name] = (row.name, interface.uuid), uuid
        told = _port(row, interface, bridge)
        if self._ports.get(row.name) != told:
            self._ports[row.name] = changed[row.name] = told


def _taken(dirty: set[Any]) -> list[Any]:
    out = list(dirty)
    dirty.clear()
    return out


def _bridge(row: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "datapath_type": row.datapath_type,
        "fail_mode": row.fail_mode[0] if row.fail_mode else "",
        "protocols": sorted(row.protocols),
        "external_ids": dict(row.external_ids),
    }


def _port(row: Any, interface: Any, bridge: str) -> dict[str, Any]:
    ids = interface.external_ids
    return {
        "name": row.name,
        "bridge": bridge,
        "type": interface.type,
        "ofport": interface.ofport[0] if interface.ofport else 0,
        "tag": row.tag[0] if row.tag else None,
        "trunk": bool(row.vlan_mode or row.trunks),
        "iface_id": ids.get("iface-id", ""),
        "iface_status": ids.get("iface-status", ""),
        "options": dict(interface.options),
    }
