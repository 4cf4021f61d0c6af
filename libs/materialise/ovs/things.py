"""Networks, ports and tunnel ends as flows see them, and a port after a further fact. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortAdminStateChanged,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingFailed,
    PortBindingRemoved,
    PortBound,
    PortDeleted,
    PortMacChanged,
    PortUnbound,
)
from libs.model import VIF_OVS, Segment, canonical_mac


@dataclass(frozen=True, slots=True)
class Network:
    """A network as flows see it; position: of NetworkCreated."""

    id: str
    segment: Segment
    admin_up: bool
    position: int


@dataclass(frozen=True, slots=True)
class Ready:
    """An inactive binding for which a host is to be ready; position: of PortBindingAdded."""

    generation: int
    position: int


@dataclass(frozen=True, slots=True)
class Port:
    """A port as flows see it. host: where it is active, empty unless attached by ovs. position: of PortBound or PortBindingActivated.
    addresses: {address: position}. ready: {host: Ready} of hosts to which its guest may move."""

    id: str
    network_id: str
    mac: str
    admin_up: bool
    host: str = ""
    generation: int = 0
    position: int = 0
    addresses: Mapping[str, int] = field(default_factory=dict)
    ready: Mapping[str, Ready] = field(default_factory=dict)

    @property
    def hosts(self) -> set[str]:
        """Where it is active or may become so."""
        return {self.host, *self.ready} - {""}

    def generation_on(self, host: str) -> int | None:
        """The number of its binding on a host; None when that is not to wire it."""
        if host and host == self.host:
            return self.generation
        return self.ready[host].generation if host in self.ready else None


@dataclass(frozen=True, slots=True)
class Agent:
    """The tunnel end of an OVS agent's host; position: of the fact that told of it."""

    id: str
    host: str
    tunnel_ip: str
    tunnel_mac: str
    position: int


def port_after(port: Port, event: Any, at: int) -> Port | None:
    """The port after one event of its stream; None once it is gone."""
    match event:
        case PortAdminStateChanged():
            return replace(port, admin_up=event.admin_state_up)
        case PortMacChanged():
            return replace(port, mac=canonical_mac(event.after))
        case AddressAllocated():
            return replace(port, addresses={**port.addresses, event.ip_address: at})
        case AddressReleased():
            return replace(port, addresses={a: p for a, p in port.addresses.items() if a != event.ip_address})
        case PortBindingAdded() if event.vif_type == VIF_OVS:
            return replace(port, ready={**port.ready, event.host: Ready(event.generation, at)})
        case PortBindingRemoved():
            return replace(port, ready=_but(port.ready, event.host))
        case PortBound() | PortBindingActivated() if event.vif_type == VIF_OVS:
            ready = _but(port.ready, event.host)
            return replace(port, host=event.host, generation=event.generation, position=at, ready=ready)
        case PortBound() | PortBindingFailed() | PortUnbound():
            return replace(port, host="", position=at)
        case PortDeleted():
            return None
    return port


def _but(ready: Mapping[str, Ready], host: str) -> Mapping[str, Ready]:
    return {one: what for one, what in ready.items() if one != host} if host in ready else ready
