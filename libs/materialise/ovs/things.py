"""Networks, ports and tunnel ends as flows see them, and a port after a further fact. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortAddressPairsChanged,
    PortAdminStateChanged,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingFailed,
    PortBindingRemoved,
    PortBound,
    PortCreated,
    PortDeleted,
    PortMacChanged,
    PortSecurityChanged,
    PortSecurityGroupsChanged,
    PortUnbound,
)
from libs.model import VIF_OVS, AddressPair, Segment, canonical_mac

_V = TypeVar("_V")


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
    addresses: {address: position}. ready: {host: Ready} of hosts to which its guest may move. secured: what it sends and gets is
    checked, by its groups (ids). pairs: what it may use beside its own. grouped_at, paired_at: of the facts that said so."""

    id: str
    network_id: str
    mac: str
    admin_up: bool
    host: str = ""
    generation: int = 0
    position: int = 0
    addresses: Mapping[str, int] = field(default_factory=dict)
    ready: Mapping[str, Ready] = field(default_factory=dict)
    secured: bool = False
    groups: tuple[str, ...] = ()
    grouped_at: int = 0
    pairs: tuple[AddressPair, ...] = ()
    paired_at: int = 0

    @property
    def pair_macs(self) -> set[str]:
        """MACs that it may use beside its own."""
        return {pair.mac_address for pair in self.pairs} - {self.mac}

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


def port_created(event: PortCreated, at: int) -> Port:
    """The port as it begins."""
    port = Port(event.port_id, event.network_id, canonical_mac(event.mac_address), event.admin_state_up)
    groups, pairs = tuple(event.security_groups), _lower(event.address_pairs)
    return replace(port, secured=event.port_security, groups=groups, grouped_at=at, pairs=pairs, paired_at=at)


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
            return replace(port, addresses=_but(port.addresses, event.ip_address))
        case PortDeleted():
            return None
    return _after_binding(_after_security(port, event, at), event, at)


def _after_security(port: Port, event: Any, at: int) -> Port:
    match event:
        case PortSecurityChanged():
            return replace(port, secured=event.enabled)
        case PortSecurityGroupsChanged():
            return replace(port, groups=tuple(event.after), grouped_at=at)
        case PortAddressPairsChanged():
            return replace(port, pairs=_lower(event.after), paired_at=at)
    return port


def _after_binding(port: Port, event: Any, at: int) -> Port:
    match event:
        case PortBindingAdded() if event.vif_type == VIF_OVS:
            return replace(port, ready={**port.ready, event.host: Ready(event.generation, at)})
        case PortBindingRemoved():
            return replace(port, ready=_but(port.ready, event.host))
        case PortBound() | PortBindingActivated() if event.vif_type == VIF_OVS:
            ready = _but(port.ready, event.host)
            return replace(port, host=event.host, generation=event.generation, position=at, ready=ready)
        case PortBound() | PortBindingFailed() | PortUnbound():
            return replace(port, host="", position=at)
    return port


def _lower(pairs: Iterable[AddressPair]) -> tuple[AddressPair, ...]:
    """MACs as the switch prints them."""
    return tuple(AddressPair(one.ip_address, one.mac_address.lower()) for one in pairs)


def _but(those: Mapping[str, _V], one: str) -> Mapping[str, _V]:
    return {key: value for key, value in those.items() if key != one} if one in those else those
