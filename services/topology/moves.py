"""What facts say about places: which member of which network or router comes to a host, or goes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from libs.eventlog.protocol import Recorded
from libs.events import (
    NetworkDeleted,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingFailed,
    PortBindingRemoved,
    PortBound,
    PortDeleted,
    PortUnbound,
    RouterDeleted,
    RouterScheduled,
    RouterUnscheduled,
)

_ROUTERS = RouterScheduled | RouterUnscheduled | RouterDeleted


@dataclass(frozen=True, slots=True)
class Placed:
    """An event and the scope (network, router or group) it belongs to, empty for an agent's."""

    recorded: Recorded
    network_id: str


@dataclass(frozen=True, slots=True)
class Move:
    """A member is on the host `joins` from now on and no longer on `leaves`; empty for none, `leaves` None for all others."""

    member: str
    joins: str = ""
    leaves: str | None = ""


def move_of(one: Placed) -> Move | None:
    """What an event says about places; None: nothing. A port may be on several hosts: its binding's, and those it may move to."""
    event = one.recorded.event
    match event:
        case PortBound() | PortBindingActivated():
            return Move(f"port-{event.port_id}", event.host, event.host_before)
        case PortBindingAdded():
            return Move(f"port-{event.port_id}", event.host)
        case PortUnbound() | PortBindingRemoved():
            return Move(f"port-{event.port_id}", leaves=event.host)
        case PortBindingFailed():
            return Move(f"port-{event.port_id}", leaves=event.host_before)
        case PortDeleted():
            return Move(f"port-{event.port_id}", leaves=None)
        case NetworkDhcpScheduled():
            return Move(f"dhcp-{event.network_id}", event.host)
        case NetworkDhcpUnscheduled():
            return Move(f"dhcp-{event.network_id}", leaves=event.host)
        case NetworkDeleted():
            return Move(f"dhcp-{event.network_id}", leaves=None)
    return _router_move(event) if isinstance(event, _ROUTERS) else None


def _router_move(event: _ROUTERS) -> Move:
    member = f"router-{event.router_id}"
    if isinstance(event, RouterScheduled):
        return Move(member, event.host, None)
    return Move(member, leaves=event.host if isinstance(event, RouterUnscheduled) else None)
