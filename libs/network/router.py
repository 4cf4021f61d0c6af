"""A router: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from libs.events import (
    RouterAdminStateChanged,
    RouterCreated,
    RouterDeleted,
    RouterDescribed,
    RouterEvent,
    RouterGatewayAddressesChanged,
    RouterGatewayCleared,
    RouterGatewaySet,
    RouterInterfaceAttached,
    RouterInterfaceDetached,
    RouterRenamed,
    RouterRouteAdded,
    RouterRouteRemoved,
    RouterScheduled,
    RouterSnatChanged,
    RouterTagsChanged,
    RouterUnscheduled,
)
from libs.model import ACTIVE, FixedIp, HostRoute
from libs.network.tags import retagged


@dataclass(frozen=True, slots=True)
class Gateway:
    """A router's way out: its port on an external network, with its addresses."""

    network_id: str
    port_id: str
    fixed_ips: tuple[FixedIp, ...]
    enable_snat: bool


@dataclass(frozen=True, slots=True)
class Interface:
    """A router's address on one subnet; a port that has several is several interfaces. cidr: of the subnet."""

    port_id: str
    network_id: str
    subnet_id: str
    ip_address: str
    cidr: str


@dataclass(frozen=True, slots=True)
class L3Server:
    """The L3 agent that runs a router."""

    agent_id: str
    host: str
    availability_zone: str


@dataclass(frozen=True, slots=True)
class Router:
    """What joins networks. interfaces and routes in the order in which they came."""

    id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    availability_zone_hints: tuple[str, ...] = ()
    gateway: Gateway | None = None
    interfaces: tuple[Interface, ...] = ()
    routes: tuple[HostRoute, ...] = ()
    server: L3Server | None = None
    tags: tuple[str, ...] = ()
    flavor_id: str | None = None

    @property
    def host(self) -> str:
        """Where it runs, empty for nowhere."""
        return self.server.host if self.server else ""

    @property
    def port_ids(self) -> tuple[str, ...]:
        """Its ports, the gateway's first, each once."""
        ports = (self.gateway.port_id,) if self.gateway else ()
        return tuple(dict.fromkeys((*ports, *(one.port_id for one in self.interfaces))))


def evolve(state: Router | None, event: RouterEvent) -> Router | None:
    """The router after `event`; None before it was created and after it was deleted."""
    if isinstance(event, RouterCreated):
        return Router(
            id=event.router_id,
            project_id=event.project_id,
            name=event.name,
            description=event.description,
            admin_state_up=event.admin_state_up,
            availability_zone_hints=event.availability_zone_hints,
            flavor_id=event.flavor_id,
        )
    if isinstance(event, RouterDeleted) or state is None:
        return None
    return _changed(state, event)


def _changed(state: Router, event: RouterEvent) -> Router:
    match event:
        case RouterRenamed():
            return replace(state, name=event.after)
        case RouterDescribed():
            return replace(state, description=event.after)
        case RouterAdminStateChanged():
            return replace(state, admin_state_up=event.admin_state_up)
        case RouterRouteAdded():
            return replace(state, routes=(*state.routes, HostRoute(event.destination, event.nexthop)))
        case RouterRouteRemoved():
            gone = HostRoute(event.destination, event.nexthop)
            return replace(state, routes=tuple(one for one in state.routes if one != gone))
        case RouterScheduled():
            return replace(state, server=L3Server(event.agent_id, event.host, event.availability_zone))
        case RouterUnscheduled():
            return replace(state, server=None)
        case RouterTagsChanged():
            return replace(state, tags=retagged(state.tags, event))
    return _joined(state, event)


def _joined(state: Router, event: RouterEvent) -> Router:
    match event:
        case RouterGatewaySet():
            gateway = Gateway(event.external_network_id, event.port_id, event.fixed_ips, event.enable_snat)
            return replace(state, gateway=gateway)
        case RouterGatewayAddressesChanged() if state.gateway:
            return replace(state, gateway=replace(state.gateway, fixed_ips=event.after))
        case RouterSnatChanged() if state.gateway:
            return replace(state, gateway=replace(state.gateway, enable_snat=event.enable_snat))
        case RouterGatewayCleared():
            return replace(state, gateway=None)
        case RouterInterfaceAttached():
            new = Interface(event.port_id, event.interface_network_id, event.subnet_id, event.ip_address, event.cidr)
            return replace(state, interfaces=(*state.interfaces, new))
        case RouterInterfaceDetached():
            gone = (event.port_id, event.subnet_id)
            kept = tuple(one for one in state.interfaces if (one.port_id, one.subnet_id) != gone)
            return replace(state, interfaces=kept)
    raise TypeError(f"{type(event).__name__} is no fact about this router")


def body(state: Router, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a router, as an administrator sees it."""
    zones = [state.server.availability_zone] if state.server and state.server.availability_zone else []
    return {
        "id": state.id,
        "name": state.name,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "admin_state_up": state.admin_state_up,
        "status": ACTIVE,
        "external_gateway_info": _gateway_info(state.gateway),
        "routes": [{"destination": one.destination, "nexthop": one.nexthop} for one in state.routes],
        "availability_zone_hints": list(state.availability_zone_hints),
        "availability_zones": zones,
        "flavor_id": state.flavor_id,
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
    }


def _gateway_info(gateway: Gateway | None) -> dict[str, Any] | None:
    if gateway is None:
        return None
    return {
        "network_id": gateway.network_id,
        "enable_snat": gateway.enable_snat,
        "external_fixed_ips": [{"subnet_id": one.subnet_id, "ip_address": one.ip_address} for one in gateway.fixed_ips],
    }
