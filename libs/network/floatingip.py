"""A floating IP: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from libs.events import (
    FloatingIpAllocated,
    FloatingIpAssociated,
    FloatingIpBecameActive,
    FloatingIpDescribed,
    FloatingIpDisassociated,
    FloatingIpEvent,
    FloatingIpFailed,
    FloatingIpReleased,
    FloatingIpTagsChanged,
    FloatingIpWentDown,
)
from libs.model import ACTIVE, DOWN, ERROR
from libs.network.tags import retagged


@dataclass(frozen=True, slots=True)
class FloatingTarget:
    """What a floating IP stands for: an address of a port on a subnet of a router."""

    router_id: str
    port_id: str
    ip_address: str
    subnet_id: str


@dataclass(frozen=True, slots=True)
class FloatingIp:
    """An address of an external network that a project has. own_port_id: the port that holds it."""

    id: str
    project_id: str
    floating_network_id: str
    floating_subnet_id: str
    floating_ip_address: str
    own_port_id: str
    description: str = ""
    target: FloatingTarget | None = None
    status: str = DOWN
    tags: tuple[str, ...] = ()
    dns_name: str = ""
    dns_domain: str = ""


def evolve(state: FloatingIp | None, event: FloatingIpEvent) -> FloatingIp | None:
    """The floating IP after `event`; None before it was allocated and after it was released."""
    if isinstance(event, FloatingIpAllocated):
        return FloatingIp(
            id=event.floatingip_id,
            project_id=event.project_id,
            floating_network_id=event.floating_network_id,
            floating_subnet_id=event.floating_subnet_id,
            floating_ip_address=event.floating_ip_address,
            own_port_id=event.port_id,
            description=event.description,
            dns_name=event.dns_name,
            dns_domain=event.dns_domain,
        )
    if isinstance(event, FloatingIpReleased) or state is None:
        return None
    return _changed(state, event)


def _changed(state: FloatingIp, event: FloatingIpEvent) -> FloatingIp:
    match event:
        case FloatingIpDescribed():
            return replace(state, description=event.after)
        case FloatingIpAssociated():
            target = FloatingTarget(event.router_id, event.fixed_port_id, event.fixed_ip_address, event.fixed_subnet_id)
            return replace(state, target=target, status=DOWN)
        case FloatingIpDisassociated():
            return replace(state, target=None, status=DOWN)
        case FloatingIpBecameActive():
            return replace(state, status=ACTIVE)
        case FloatingIpWentDown():
            return replace(state, status=DOWN)
        case FloatingIpFailed():
            return replace(state, status=ERROR)
        case FloatingIpTagsChanged():
            return replace(state, tags=retagged(state.tags, event))
    raise TypeError(f"{type(event).__name__} is no fact about a living floating IP")


def body(state: FloatingIp, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a floating IP, but for port_details, which the reader adds from the port as it is then."""
    target = state.target
    return {
        "id": state.id,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "floating_network_id": state.floating_network_id,
        "floating_ip_address": state.floating_ip_address,
        "router_id": target.router_id if target else None,
        "port_id": target.port_id if target else None,
        "fixed_ip_address": target.ip_address if target else None,
        "status": state.status,
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
        "dns_name": state.dns_name,
        "dns_domain": state.dns_domain,
    }
