"""One host's desired state: events and OVSDB changes in, wanted rows and wanted flows out, by dirty keys. Pure.

Keys: ("static", ""), ("network", id), ("port", id), ("host", name), and those of security.groups. Working on the dirty keys alone
must give what working on all of them gives (`refresh`): the stories check it after every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from libs.eventlog.protocol import Recorded
from libs.feed import PortReport
from libs.materialise.ovs import rows, vlans
from libs.materialise.ovs.book import FlowBook, Owner
from libs.materialise.ovs.facts import Facts
from libs.materialise.ovs.security.groups import Security
from libs.materialise.ovs.things import Port
from libs.materialise.ovs.view import BR_INT, Layout, PortRow, View, only_tag
from libs.materialise.ovs.wanted import Wanted

STATIC: Owner = ("static", "")


class Host:
    """Everything that Open vSwitch must hold here. `book`: wanted flows."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.facts, self.view, self.book = Facts(), View(), FlowBook()
        self.vlans = vlans.LocalVlans()
        self.dirty: set[Owner] = {STATIC}
        self.security = Security(layout.host, self.facts)
        self.wanted = Wanted(layout, self.facts, self.view, self.vlans.of, self.security)
        self._taps: set[str] = set()

    def take(self, recorded: Recorded) -> None:
        """One event of the feed."""
        before = self.facts.ports.get(recorded.stream.removeprefix("port-"))
        touched = self.facts.take(recorded)
        if touched is not None:
            self._touch(touched, before)
        self.dirty |= self.security.take(recorded)

    def held(self, scopes: frozenset[str]) -> None:
        """The scopes (networks, groups, members of groups) that this host is in from now on."""
        self.facts.scopes = scopes
        self.dirty |= self.security.held(scopes)

    def forget(self, networks: Iterable[str] | None) -> None:
        """Drop all facts of these scopes, None: all facts."""
        networks = networks if networks is None else tuple(networks)
        self.dirty |= self.security.forget(networks)
        before = self.facts.ports.copy()
        for touched in self.facts.forget(networks):
            self._touch(touched, before.get(touched[1]))

    def see(self, bridges: Mapping[str, Any], ports: Mapping[str, Any]) -> None:
        """Changed rows of OVSDB by name, None for one that is gone."""
        for name, row in bridges.items():
            if self.view.put_bridge(name, row):
                self._see_bridge(name)
        for name, row in ports.items():
            before, after = self.view.put_port(name, row)
            if before != after:
                self._see_port(before, after)

    def see_all(self, bridges: Mapping[str, Any], ports: Mapping[str, Any]) -> None:
        """Everything that OVSDB holds: what is not named is gone."""
        for name in self.view.bridges.keys() - bridges.keys():
            self.view.put_bridge(name, None)
        for name in self.view.ports.keys() - ports.keys():
            self.view.put_port(name, None)
        for name, row in ports.items():
            self.view.put_port(name, row)
        self.see(bridges, {})
        self.refresh()

    def refresh(self) -> None:
        """Mark everything dirty: the next round works all of it out again."""
        self.dirty |= {STATIC, *(("network", id) for id in {*self.facts.networks, *self.vlans.of})}
        self.dirty |= {("port", id) for id in self.facts.ports}
        self.dirty |= {("host", host) for host in {*self.facts.agents, *self.facts.ports_on}}
        self.dirty |= self.security.everything()
        self._taps |= self.view.ports.keys()

    def base_changes(self) -> list[rows.RowChange]:
        """Our bridges and patch ports, as far as they are missing."""
        return rows.bridges(self.layout, self.view) + rows.patches(self.layout, self.view)

    def row_changes(self) -> list[rows.RowChange]:
        """What OVSDB lacks for the dirty keys; choosing and freeing local VLANs is part of it."""
        marks = self._assign_vlans()
        out: list[rows.RowChange] = []
        if STATIC in self.dirty:
            out += self.base_changes()
        if any(kind in ("host", "static") for kind, _ in self.dirty):
            out += rows.tunnels(self.layout, self.view, self.wanted.tunnels())
        return out + marks

    def tag_changes(self) -> list[rows.RowChange]:
        """Tags that touched taps lack. After the flows: flows alone decide who speaks, and vswitchd, which looks at all its ports
        whenever a tag changes, shall not be busy with that when the flows come."""
        out = rows.tags(self.view, self._tags(self._taps))
        self._taps = {change.name for change in out if isinstance(change, rows.SetTag)}
        return out

    def render(self) -> set[Owner]:
        """Work out the flows of the dirty keys, which are clean then; returns them. Only when `row_changes` has nothing to write."""
        done, self.dirty = self.dirty | self.security.settle(self.dirty), set()
        for owner in sorted(done):
            self.book.put(owner, self.wanted.flows(owner))
        return done

    def report(self, port_id: str) -> PortReport | None:
        """How a port stands by what is wanted, seen and written; None for one that this host is not to wire."""
        port = self.facts.ports.get(port_id)
        generation = None if port is None else port.generation_on(self.layout.host)
        if port is None or generation is None:
            return None
        tap = self.wanted.tap(port)
        wired = tap is not None and tap.tag == self.vlans.of.get(port.network_id)
        wired = wired and bool(self.book.of(("port", port_id))) and not self.is_pending(port_id)
        return PortReport(port.id, generation, wired, "unplugged" if self.wanted.enabled(port) else "disabled")

    def is_pending(self, port_id: str) -> bool:
        """Whether something of this port is not written yet."""
        owner = ("port", port_id)
        return owner in self.dirty or not self.book.dirty.isdisjoint(self.book.of(owner))

    def local_ports(self) -> list[str]:
        """Ids of the ports that are bound here, or may move here."""
        return sorted(self.facts.ports_on.get(self.layout.host, ()))

    def _tags(self, names: Iterable[str]) -> list[tuple[str, int]]:
        """(tap, tag) for ports of br-int that somebody gave an iface-id."""
        there = [self.view.ports[name] for name in names if name in self.view.ports]
        wanted = [(row.name, self.wanted.tag(row)) for row in there if row.bridge == BR_INT and row.iface_id]
        return [(name, tag) for name, tag in wanted if tag is not None]

    def _assign_vlans(self) -> list[rows.RowChange]:
        """Choose and free local VLANs; the marks on br-int that change by it."""
        networks = [id for kind, id in self.dirty if kind == "network"]
        for id in self.vlans.assign(networks, self.wanted.is_local):
            self._touch_network(id)
        bridge = self.view.bridges.get(BR_INT)
        now = bridge.external_ids if bridge is not None else {}
        return [rows.SetMark(key, value) for key, value in self.vlans.marks(networks, now)]

    def _touch(self, key: Owner, before: Port | None) -> None:
        self.dirty.add(key)
        if key[0] == "network":
            self._touch_network(key[1])
        elif key[0] == "host":
            self._touch_host(key[1])
        for port in (before, self.facts.ports.get(key[1])):
            if port is not None:
                self._touch_port(port)

    def _touch_port(self, port: Port) -> None:
        """A port is part of its network's flood lists, of its host's need for a tunnel, of its tap's tag."""
        self.dirty |= {("port", port.id), ("network", port.network_id)}
        self.dirty |= {("host", host) for host in port.hosts if host != self.layout.host}
        self._taps |= self.view.taps(port.id)

    def _touch_network(self, id: str) -> None:
        self.dirty.add(("network", id))
        for port_id in self.facts.ports_of.get(id, ()):
            self._touch_port(self.facts.ports[port_id])

    def _touch_host(self, host: str) -> None:
        self.dirty.add(("host", host))
        for port_id in self.facts.ports_on.get(host, ()):
            self._touch_port(self.facts.ports[port_id])

    def _see_bridge(self, name: str) -> None:
        self.dirty.add(STATIC)
        if name == BR_INT and name in self.view.bridges:
            self.dirty |= {("network", id) for id in self.vlans.remember(self.view.bridges[name].external_ids)}

    def _see_port(self, before: PortRow | None, after: PortRow | None) -> None:
        for row in (before, after):
            if row is None:
                continue
            if row.type == "patch":
                self.refresh()
            elif row.type == "vxlan":
                self._see_tunnel(row.name)
            elif row.iface_id:
                self._taps.add(row.name)
                port = self.facts.ports.get(row.iface_id)
                if port is not None and not only_tag(before, after):
                    self._touch_port(port)

    def _see_tunnel(self, name: str) -> None:
        self.dirty.add(STATIC)
        for host in [host for host in self.facts.ports_on if self.wanted.tunnel_to(host) == name]:
            self._touch_host(host)
