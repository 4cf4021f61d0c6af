"""Pretended hypervisors: Open vSwitch's database and switch behind the verbs of the hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from libs.kernel.hands import HandsLost, KernelRefused
from tests.fakes.switch import Bridge, Output, Packet, Refused
from tests.fakes.switch_names import named

NIC = "nic"


class FakeHost:
    """One host's Open vSwitch. `call` answers like the hands; `tell` is what they would say unasked. Physical bridges are there
    from the start, each with a NIC. `dies_at`: the hands die at the so manieth call from now, 0 for never."""

    def __init__(self, tunnel_ip: str = "", physical: tuple[str, ...] = (), datapath: str = "netdev") -> None:
        self.tunnel_ip = tunnel_ip
        self.bridges: dict[str, Bridge] = {}
        self.rows: dict[str, dict[str, Any]] = {"bridges": {}, "ports": {}}
        self.tell: Callable[[dict[str, Any]], None] = lambda message: None
        self.refuse_flows: Callable[[str], bool] = lambda line: False
        self.calls: list[str] = []
        self.taught: dict[str, str] = {}
        self.tunnel_mac = "02:00:00:00:00:01"
        self.purged_with: list[list[str]] = []  # tunnels that were there whenever the datapath's cache was emptied
        self.dies_at = 0
        self.silent = False
        self._number: dict[str, int] = {}
        self._new: list[str] = []
        for bridge in physical:
            self._set_bridge(bridge, datapath, "secure", [])
            self._set_port(bridge, f"{NIC}-{bridge}", "", {})
        self.vswitchd()

    def call(self, verb: str, **arguments: Any) -> Any:
        """As `libs.kernel.hands.Hands.call`."""
        self.calls.append(verb)
        arguments.pop("rundir", None)
        dies, self.dies_at = self.dies_at == 1, max(self.dies_at - 1, 0)
        if dies and len(self.calls) % 2:
            raise HandsLost(verb)
        answer = getattr(self, "_do_" + verb.replace(".", "_"))(**arguments)
        if dies:  # it was done, but nobody heard of it
            raise HandsLost(verb)
        return answer

    def vswitchd(self) -> None:
        """vswitchd looks at the database: ports that are new get their OpenFlow numbers, which the database did not wait for."""
        new, self._new = self._new, []
        for name in new:
            row = self.rows["ports"].get(name)
            if row is not None:
                self.bridges[row["bridge"]].ports[self._number[name]] = name
                self._change("ports", name, {**row, "ofport": self._number[name]})

    def plug(self, port_id: str, tap: str = "") -> str:
        """Nova plugs a tap with a device behind it; its name."""
        tap = tap or f"tap{port_id[:11]}"
        self._set_port("br-int", tap, "", {})
        self._change("ports", tap, {**self.rows["ports"][tap], "iface_id": port_id, "iface_status": "active"})
        return tap

    def unplug(self, tap: str) -> None:
        """Nova takes it away."""
        self._drop_port(tap)

    def set_port(self, name: str, **columns: Any) -> None:
        """Somebody changes columns of a port."""
        self._change("ports", name, {**self.rows["ports"][name], **columns})

    def restart_vswitchd(self) -> None:
        """All flows are gone; ports and their numbers stay."""
        for bridge in self.bridges.values():
            bridge.flows = {}
            self.tell({"switch": {"bridge": bridge.name, "up": False}})
            self.tell({"switch": {"bridge": bridge.name, "up": True}})

    def flows(self) -> dict[str, list[str]]:
        """{bridge: flows as text, sorted}."""
        return {name: sorted(bridge.dump()) for name, bridge in sorted(self.bridges.items())}

    def named_flows(self) -> dict[str, list[str]]:
        """The same with ports' names instead of their numbers, which depend on the order in which they came."""
        return {
            name: sorted(named(bridge.ports, line) for line in bridge.dump())
            for name, bridge in sorted(self.bridges.items())
        }

    def tag(self, tap: str) -> int | None:
        """A port's VLAN tag."""
        tag: int | None = self.rows["ports"][tap]["tag"]
        return tag

    def send(self, tap: str, packet: Packet) -> list[Output]:
        """What leaves this host's bridges (taps, `vxlan-..` ports, NICs) when a server sends a frame."""
        return self._walk("br-int", tap, packet) if self.rows["ports"][tap]["ofport"] > 0 else []

    def arrive(self, port: str, packet: Packet) -> list[Output]:
        """The same for a frame that comes in from a tunnel or a NIC."""
        row = self.rows["ports"].get(port)
        return self._walk(row["bridge"], port, packet) if row is not None else []

    def _walk(self, bridge: str, port: str, packet: Packet) -> list[Output]:
        out: list[Output] = []
        for name, leaving in self.bridges[bridge].receive(packet, self._number[port]):
            row = self.rows["ports"][name]
            if row["type"] == "patch":
                peer = row["options"]["peer"]
                out += self._walk(self.rows["ports"][peer]["bridge"], peer, leaving)
            elif row["type"] != "internal":
                out.append((name, leaving))
        return out

    # the verbs

    def _do_ovsdb_open(self) -> dict[str, Any]:
        return {kind: dict(rows) for kind, rows in self.rows.items()}

    def _do_ovsdb_write(self, changes: list[dict[str, Any]]) -> None:
        for change in changes:
            verb = change.pop("do")
            if verb == "SetBridge":
                self._set_bridge(**change)
            elif verb == "SetPort":
                self._set_port(**change)
            elif verb == "DropPort":
                self._drop_port(change["name"])
            elif verb == "SetTag":
                self.set_port(change["name"], tag=change["tag"], trunk=False)
            else:
                self._set_mark(**change)

    def _do_flows_watch(self, bridges: list[str]) -> list[str]:
        return [name for name in bridges if name in self.bridges]

    def _do_flows_read(self, bridge: str) -> list[str]:
        if self.silent:
            raise KernelRefused("flows.read: SwitchSilent: it took too long")
        return self.bridges[bridge].dump()

    def _do_flows_apply(self, bridge: str, lines: list[str]) -> int:
        if self.silent:
            self.bridges[bridge].bundle(lines)  # too late for an answer, but done
            raise KernelRefused("flows.apply: SwitchSilent: it took too long")
        refused = [line for line in lines if self.refuse_flows(line)]
        try:
            if refused:
                raise Refused(refused[0])
            self.bridges[bridge].bundle(lines)
        except Refused as error:
            raise KernelRefused(str(error)) from None
        return len(lines)

    def _do_underlay_end(self, address: str) -> dict[str, str]:
        return {"device": "br-ul" if self.tunnel_mac else "", "mac": self.tunnel_mac}

    def _do_underlay_purge(self) -> None:
        self.purged_with.append(sorted(name for name, row in self.rows["ports"].items() if row["type"] == "vxlan"))

    def _do_underlay_teach(self, device: str, neighbours: dict[str, str]) -> int:
        self.taught |= neighbours
        return len(neighbours)

    # rows

    def _set_bridge(self, name: str, datapath_type: str, fail_mode: str, protocols: list[str]) -> None:
        if name not in self.bridges:
            self.bridges[name] = Bridge(name)
        ids = self.rows["bridges"].get(name, {}).get("external_ids", {})
        row = {"name": name, "datapath_type": datapath_type, "fail_mode": fail_mode, "protocols": list(protocols)}
        self._change("bridges", name, {**row, "external_ids": ids})

    def _set_port(self, bridge: str, name: str, type: str, options: dict[str, str]) -> None:
        if name not in self._number:
            numbers = [self._number[port] for port, row in self.rows["ports"].items() if row["bridge"] == bridge]
            self._number[name] = max(numbers, default=0) + 1
            self._new.append(name)
        before = {"tag": None, "trunk": False, "iface_id": "", "iface_status": "", "ofport": 0}
        row = {"name": name, "bridge": bridge, "type": type, "options": dict(options)}
        self._change("ports", name, {**before, **self.rows["ports"].get(name, {}), **row})

    def _drop_port(self, name: str) -> None:
        row = self.rows["ports"].get(name)
        if row is not None:
            self.bridges[row["bridge"]].ports.pop(self._number.pop(name), None)
            self._change("ports", name, None)

    def _set_mark(self, bridge: str, key: str, value: str | None) -> None:
        row = self.rows["bridges"][bridge]
        ids = {name: text for name, text in row["external_ids"].items() if name != key}
        self._change("bridges", bridge, {**row, "external_ids": ids if value is None else {**ids, key: value}})

    def _change(self, kind: str, name: str, row: dict[str, Any] | None) -> None:
        if row is None:
            del self.rows[kind][name]
        else:
            self.rows[kind][name] = row
        self.tell({"ovsdb": {"bridges": {}, "ports": {}, kind: {name: row}}})
