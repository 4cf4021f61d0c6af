"""Ports that routers and floating IPs hold: only their device gives them addresses, places them and ends them.

Rules: Neutron 29's db/l3_db.py (prevent_l3_port_deletion). Stricter: Neutron lets the ports API change the addresses of a router's
port behind the router's back. A port that only says to belong to a device which does not hold it is a port like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from libs.errors import service_port_in_use, unsupported_owner
from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortBindingFailed,
    PortBound,
    PortDeviceChanged,
    PortEvent,
    PortUnbound,
)
from libs.model import FLOATING_IP_OWNER, ROUTER_GATEWAY_OWNER, ROUTER_INTERFACE_OWNER
from libs.network.deciders.reading import found
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.world import World

_KINDS: Mapping[str, str] = {
    ROUTER_INTERFACE_OWNER: "router",
    ROUTER_GATEWAY_OWNER: "router",
    FLOATING_IP_OWNER: "floatingip",
}
_NOT_BY_PORTS_API: Mapping[type, str] = {
    AddressAllocated: "fixed_ips update",
    AddressReleased: "fixed_ips update",
    PortDeviceChanged: "device update",
    PortBound: "binding update",
    PortBindingFailed: "binding update",
    PortUnbound: "binding update",
}


def needs(port: Port) -> tuple[str, ...]:
    """The device that the port says to belong to, for layer 3's own ports alone."""
    kind = _KINDS.get(port.device_owner)
    return (stream_of(kind, port.device_id),) if kind and port.device_id else ()


def is_held(port: Port, world: World) -> bool:
    """Whether a router or floating IP has the port."""
    kind = _KINDS.get(port.device_owner)
    device = found(world, kind, port.device_id) if kind else None
    if device is None:
        return False
    held = device.state.port_ids if kind == "router" else (device.state.own_port_id,)
    return port.id in held


def check_deletable(port: Port, world: World) -> None:
    """Raises 409 when a router or floating IP has the port."""
    if is_held(port, world):
        raise service_port_in_use(port.id, port.device_owner)


def check_changes(port: Port, events: Iterable[PortEvent], world: World) -> None:
    """Raises 409 for changes of a held port that only its device may make."""
    if not is_held(port, world):
        return
    operation = next((_NOT_BY_PORTS_API[type(one)] for one in events if type(one) in _NOT_BY_PORTS_API), None)
    if operation:
        raise unsupported_owner(operation, port.id, port.device_owner)
