"""Writes a log's facts as values, in the words of a story: `net = facts.network(); facts.port(net, host="h1")`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from libs.eventlog.protocol import Recorded
from libs.events import (
    AddressAllocated,
    AddressReleased,
    AgentReconfigured,
    AgentRegistered,
    Event,
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDeleted,
    PortAdminStateChanged,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingRemoved,
    PortBound,
    PortCreated,
    PortDeleted,
    PortMacChanged,
    PortUnbound,
)
from libs.model import OVS_AGENT, VIF_OVS, AddressPair


@dataclass
class APort:
    """A port as the story holds it."""

    id: str
    network: str
    mac: str
    ip: str
    host: str = ""
    generation: int = 0
    made: int = 0
    second: str = ""


@dataclass
class Facts:
    """Every fact so far, by position. Ids are made from a seed, so that a story is the same each time it is told."""

    log: list[Recorded] = field(default_factory=list)
    seed: str = "story"
    _versions: dict[str, int] = field(default_factory=dict)
    _segments: dict[str, tuple[str, str | None, int | None]] = field(default_factory=dict)
    _count: int = 0

    def add(self, stream: str, event: Event) -> Recorded:
        """Append one fact."""
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        recorded = Recorded(len(self.log) + 1, stream, version, event, {}, "2026-01-01T00:00:00.000000Z")
        self.log.append(recorded)
        return recorded

    def agent(self, host: str, tunnel_ip: str, tunnel_mac: str = "") -> None:
        """A host's OVS agent registered."""
        ends = {"tunneling_ip": tunnel_ip, "tunnel_mac": tunnel_mac}
        id = self._id(f"agent-{host}")
        self.add(f"agent-{id}", AgentRegistered(id, host, OVS_AGENT, "ovs", "nova", ends))

    def agent_moved(self, host: str, tunnel_ip: str, tunnel_mac: str = "") -> None:
        """A host's tunnel address changed."""
        id = self._id(f"agent-{host}")
        self.add(
            f"agent-{id}",
            AgentReconfigured(id, host, "nova", {}, {"tunneling_ip": tunnel_ip, "tunnel_mac": tunnel_mac}),
        )

    def network(self, type: str = "vxlan", segment: int | None = 5001, physnet: str | None = None) -> str:
        """A network was created; its id."""
        id = self.new_id("network")
        self._segments[id] = (type, physnet, segment)
        created = NetworkCreated(id, "p", "n", "", True, False, False, 1450, type, physnet, segment)
        self.add(f"network-{id}", created)
        return id

    def network_switched(self, network: str, up: bool) -> None:
        """A user switched it."""
        self.add(f"network-{network}", NetworkAdminStateChanged(network, up))

    def network_deleted(self, network: str) -> None:
        """It is gone."""
        self.add(f"network-{network}", NetworkDeleted(network, "p", *self._segments[network]))

    def port(
        self,
        network: str,
        host: str = "",
        ip: str = "",
        mac: str = "",
        up: bool = True,
        groups: tuple[str, ...] | None = None,
        pairs: tuple[AddressPair, ...] = (),
        more: tuple[str, ...] = (),
    ) -> APort:
        """A port was created, with an address (and `more`), bound when a host is given. groups None: without port security."""
        id = self.new_id("port")
        number = int(uuid.UUID(id)) & 0xFFFFFF
        mac = mac or f"fa:16:3e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        port = APort(id, network, mac, ip)
        security = {"port_security": groups is not None, "security_groups": groups or (), "address_pairs": pairs}
        self.add(f"port-{id}", PortCreated(id, network, "p", "", "", mac, up, "vm", "compute:nova", **security))
        for address in (ip, *more) if ip else more:
            self.add(f"port-{id}", AddressAllocated(id, "s", address))
        if host:
            self.bind(port, host)
        return port

    def bind(self, port: APort, host: str, vif_type: str = VIF_OVS) -> None:
        """It was attached on a host."""
        port.made += 1
        before, port.host, port.generation = port.host, host, port.made
        if port.second == host:
            port.second = ""
        bound: Any = PortBound(port.id, port.network, host, before, port.generation, vif_type, {})
        self.add(f"port-{port.id}", bound)

    def ready(self, port: APort, host: str, vif_type: str = VIF_OVS) -> None:
        """It may move to a host."""
        port.made += 1
        port.second = host
        added: Any = PortBindingAdded(port.id, port.network, host, port.made, "normal", {}, vif_type, {})
        self.add(f"port-{port.id}", added)

    def activate(self, port: APort) -> None:
        """It moves there."""
        before, port.host, port.second, port.generation = port.host, port.second, "", port.made
        moved: Any = PortBindingActivated(port.id, port.network, port.host, before, port.generation, VIF_OVS, {})
        self.add(f"port-{port.id}", moved)

    def give_up(self, port: APort) -> None:
        """It does not move after all."""
        second, port.second = port.second, ""
        self.add(f"port-{port.id}", PortBindingRemoved(port.id, port.network, second))

    def unbind(self, port: APort) -> None:
        """It is attached nowhere."""
        before, port.host = port.host, ""
        self.add(f"port-{port.id}", PortUnbound(port.id, port.network, before))

    def switch(self, port: APort, up: bool) -> None:
        """A user switched it."""
        self.add(f"port-{port.id}", PortAdminStateChanged(port.id, up))

    def readdress(self, port: APort, ip: str) -> None:
        """It got another address instead of its own."""
        self.add(f"port-{port.id}", AddressReleased(port.id, "s", port.ip))
        port.ip = ip
        self.add(f"port-{port.id}", AddressAllocated(port.id, "s", ip))

    def change_mac(self, port: APort, mac: str) -> None:
        """It got another MAC."""
        self.add(f"port-{port.id}", PortMacChanged(port.id, port.network, port.mac, mac))
        port.mac = mac

    def delete(self, port: APort) -> None:
        """It is gone, its address first."""
        if port.ip:
            self.add(f"port-{port.id}", AddressReleased(port.id, "s", port.ip))
        gone = PortDeleted(port.id, port.network, "p", port.mac, port.host, "vm", "compute:nova")
        self.add(f"port-{port.id}", gone)
        port.host = ""

    def new_id(self, kind: str) -> str:
        self._count += 1
        return self._id(f"{kind}-{self._count}")

    def _id(self, name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.seed}/{name}"))
