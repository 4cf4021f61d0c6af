"""Networks, ports and tunnel ends as flows see them, and a port after a further fact. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortAdminStateChanged,
    PortBindingFailed,
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
class Port:
    """A port as flows see it. host: empty unless attached by ovs. position: of PortBound. addresses: {address: position}."""

    id: str
    network_id: str
    mac: str
    admin_up: bool
    host: str = ""
    generation: int = 0
    position: int = 0
    addresses: Mapping[str, int] = field(default_factory=dict)


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
        case PortBound() if event.vif_type == VIF_OVS:
            return replace(port, host=event.host, generation=event.generation, position=at)
        case PortBound() | PortBindingFailed() | PortUnbound():
            return replace(port, host="", position=at)
        case PortDeleted():
            return None
    return port
