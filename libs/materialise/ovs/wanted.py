"""What one key wants, worked out from facts, view and local VLANs. Pure; reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from libs.materialise.ovs import render
from libs.materialise.ovs.book import Owner
from libs.materialise.ovs.facts import Facts
from libs.materialise.ovs.flow import Flow
from libs.materialise.ovs.security.groups import Security
from libs.materialise.ovs.things import Network, Port
from libs.materialise.ovs.view import (
    BR_INT,
    BR_TUN,
    PATCH_INT,
    PATCH_TUN,
    Layout,
    PortRow,
    View,
    int_patch,
    phy_patch,
    tunnel_name,
)
from libs.materialise.ovs.vlans import DEAD_VLAN


@dataclass(frozen=True, slots=True)
class Wanted:
    """Questions to the state of a host; `vlans` {network_id: local VLAN}. It holds no state of its own."""

    layout: Layout
    facts: Facts
    view: View
    vlans: Mapping[str, int]
    security: Security

    def is_local(self, network_id: str) -> bool:
        """Whether a port that is bound here, or may move here, is on the network."""
        here = self.facts.ports_on.get(self.layout.host, set())
        return network_id in self.facts.networks and not here.isdisjoint(self.facts.ports_of.get(network_id, ()))

    def enabled(self, port: Port) -> bool:
        """Whether its users want it to carry traffic: port and network are up."""
        network = self.facts.networks.get(port.network_id)
        return network is not None and network.admin_up and port.admin_up

    def is_here(self, port: Port) -> bool:
        """Whether this host is to wire it."""
        return port.generation_on(self.layout.host) is not None

    def is_active_here(self, port: Port) -> bool:
        """Whether what is for it is for this host."""
        return port.host == self.layout.host

    def tap(self, port: Port) -> PortRow | None:
        """The tap to wire a port to: it is bound here (or may move here), enabled, plugged, and its network is ready on this host."""
        if not self.is_here(port) or not self.enabled(port) or self._uplink(port.network_id) is None:
            return None
        return self.view.tap(port.id)

    def tag(self, row: PortRow) -> int | None:
        """The VLAN tag of a tap; the dead VLAN for what is unknown, disabled or doubled. None: as it is, until a device is there."""
        port = self.facts.ports.get(row.iface_id)
        if port is None or not self.is_here(port) or not self.enabled(port):
            return DEAD_VLAN
        plugged = self.view.tap(port.id)
        if row.iface_status not in ("", "active") or (plugged is not None and plugged.name != row.name):
            return DEAD_VLAN
        return None if plugged is None else self.vlans.get(port.network_id, DEAD_VLAN)

    def tunnels(self) -> dict[str, str]:
        """VXLAN ports that this host needs: {name: remote address}."""
        ends = {host: self.tunnel_to(host) for host in self.facts.ports_on}
        return {name: self.facts.agents[host].tunnel_ip for host, name in sorted(ends.items()) if name}

    def tunnel_to(self, host: str) -> str:
        """The VXLAN port towards a host that shares an overlay with us; empty when there is nothing to share."""
        agent, ours = self.facts.agents.get(host), self.layout.tunnel_ip
        if agent is None or not agent.tunnel_ip or not ours or agent.tunnel_ip == ours or host == self.layout.host:
            return ""
        ports = (self.facts.ports[id] for id in self.facts.ports_on.get(host, ()))
        return tunnel_name(agent.tunnel_ip) if any(self._vni(port.network_id) for port in ports) else ""

    def neighbours(self) -> dict[str, str]:
        """{address: mac} of the remote ends of tunnels that are there. An address that two hosts call theirs is left to ARP: one of
        them lies, and must not turn the other's packets to itself."""
        claimed = Counter(agent.tunnel_ip for agent in self.facts.agents.values())
        ends = [agent for host, agent in self.facts.agents.items() if self.view.ofport(self.tunnel_to(host))]
        return {end.tunnel_ip: end.tunnel_mac for end in ends if end.tunnel_mac and claimed[end.tunnel_ip] == 1}

    def flows(self, owner: Owner) -> list[Flow]:
        """All flows of one key."""
        kind, id = owner
        if kind == "network":
            return self._network_flows(id)
        if kind == "port":
            return self._port_flows(id)
        if kind in ("group", "set", "member"):
            return self.security.flows(owner) if BR_INT in self.view.bridges else []
        return self._tunnel_flows(id) if kind == "host" else self._static_flows()

    def _vni(self, network_id: str) -> int:
        """The VNI of an overlay that is in use here, else 0."""
        network = self.facts.networks.get(network_id)
        if network is None or network_id not in self.vlans or network.segment.network_type != "vxlan":
            return 0
        return network.segment.segmentation_id or 0

    def _uplink(self, network_id: str) -> int | None:
        """The port of br-int towards other hosts: 0 for a network that stays here, None while it is not ready."""
        network = self.facts.networks.get(network_id)
        if network is None or network_id not in self.vlans:
            return None
        if network.segment.network_type == "local":
            return 0
        one, other = self._patches(network)
        ours, theirs = self.view.ofport(one), self.view.ofport(other)
        return ours if ours and theirs else None

    def _patches(self, network: Network) -> tuple[str, str]:
        if network.segment.network_type == "vxlan":
            return PATCH_TUN, PATCH_INT
        bridge = self.layout.mappings.get(network.segment.physical_network or "", "")
        return int_patch(bridge), phy_patch(bridge)

    def _static_flows(self) -> list[Flow]:
        there = self.view.bridges
        out = render.integration_static() if BR_INT in there else []
        out += render.tunnel_static(self.view.ofport(PATCH_INT)) if BR_TUN in there else []
        for bridge in sorted(set(self.layout.mappings.values()) & there.keys()):
            out += render.physical_static(bridge, self.view.ofport(phy_patch(bridge)))
        return out

    def _network_flows(self, id: str) -> list[Flow]:
        uplink = self._uplink(id)
        if uplink is None:
            return []
        network, lv = self.facts.networks[id], self.vlans[id]
        out = render.delivery(network, lv, self._ears(id), uplink)
        if network.segment.network_type == "vxlan":
            towards = [self.view.ofport(name) for name in self._tunnels_of(id)]
            out += self._shared_macs(network, uplink)
            out += render.overlay(network, lv, uplink, self.view.ofport(PATCH_INT), [one for one in towards if one])
        elif network.segment.network_type in ("vlan", "flat"):
            bridge = self.layout.mappings[network.segment.physical_network or ""]
            out += self._shared_macs(network, uplink)
            out += render.provider(network, lv, bridge, uplink, self.view.ofport(phy_patch(bridge)))
        return out

    def _ears(self, network_id: str, mac: str = "") -> list[render.Ear]:
        """The taps of a network that are wired here; only those whose pairs have this MAC when one is given."""
        here = self.facts.ports_on.get(self.layout.host, set()) & self.facts.ports_of.get(network_id, set())
        ports = [port for port in (self.facts.ports[id] for id in here) if self.is_active_here(port)]
        taps = [(self.tap(port), port) for port in ports if not mac or mac in port.pair_macs]
        return [(tap.ofport, port.secured) for tap, port in taps if tap is not None]

    def _shared_macs(self, network: Network, uplink: int) -> list[Flow]:
        """MACs that ports of the network may use beside their own, and that are nobody's own."""
        ports = [self.facts.ports[id] for id in self.facts.ports_of.get(network.id, ())]
        paired = [port for port in ports if port.pair_macs]
        macs = {mac for port in paired for mac in port.pair_macs} - ({port.mac for port in ports} if paired else set())
        out: list[Flow] = []
        for mac in sorted(macs):
            hosts = {port.host for port in paired if mac in port.pair_macs and self._vni(network.id)}
            tunnels = [self.view.ofport(name) for name in map(self.tunnel_to, hosts) if name]
            towards = [one for one in tunnels if one]
            ears = self._ears(network.id, mac)
            out += render.shared_mac(network, self.vlans[network.id], mac, ears, uplink, towards)
        return out

    def _tunnels_of(self, network_id: str) -> set[str]:
        """VXLAN ports towards every host that has a port on the network."""
        hosts = {self.facts.ports[id].host for id in self.facts.ports_of.get(network_id, ())}
        return {name for name in (self.tunnel_to(host) for host in hosts) if name}

    def _port_flows(self, id: str) -> list[Flow]:
        port = self.facts.ports.get(id)
        if port is None or port.network_id not in self.vlans:
            return []
        lv, tap, asked = self.vlans[port.network_id], self.tap(port), self.security.asked(port)
        if self.is_active_here(port):
            return render.local_port(port, lv, tap.ofport, asked) if tap is not None else []
        out = render.ready_port(port, self.layout.host, lv, tap.ofport, asked) if tap is not None else []
        vni, tunnel = self._vni(port.network_id), self.view.ofport(self.tunnel_to(port.host))
        return out + (render.remote_port(port, vni, lv, tunnel) if vni and tunnel and self.enabled(port) else [])

    def _tunnel_flows(self, host: str) -> list[Flow]:
        ofport = self.view.ofport(self.tunnel_to(host))
        return render.tunnel(ofport, self.facts.agents[host].position) if ofport else []
