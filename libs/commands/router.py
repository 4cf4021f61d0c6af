"""What can be asked of routers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.commands.port import WantedAddress
from libs.model import HostRoute


@dataclass(frozen=True, slots=True)
class WantedGateway:
    """A way out: port_id is for the gateway port, should one have to be made. enable_snat None: as it is, at first true.
    fixed_ips None: one address per IP version, or as they are."""

    network_id: str
    port_id: str
    enable_snat: bool | None = None
    fixed_ips: tuple[WantedAddress, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewRouter:
    """One router to make."""

    router_id: str
    project_id: str
    name: str = ""
    description: str = ""
    admin_state_up: bool = True
    gateway: WantedGateway | None = None
    availability_zone_hints: tuple[str, ...] = ()
    flavor_id: str | None = None


@dataclass(frozen=True, slots=True)
class CreateRouters:
    """Make all of these routers or none."""

    routers: tuple[NewRouter, ...]


@dataclass(frozen=True, slots=True)
class UpdateRouter:
    """Change the named attributes: name, description, admin_state_up, gateway (WantedGateway, None clears it), routes
    (tuple[HostRoute, ..], the whole list)."""

    router_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteRouter:
    """Delete a router with its gateway port; refused while it has interfaces."""

    router_id: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class AddRouterInterface:
    """Attach a router to a subnet (a port with the subnet's gateway address is made, its id is new_port_id), or by a given port.
    Exactly one of subnet_id and port_id."""

    router_id: str
    new_port_id: str
    subnet_id: str | None = None
    port_id: str | None = None
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveRouterInterface:
    """Detach a router from a subnet, or a port from it; the port ends. With both, they must belong together."""

    router_id: str
    subnet_id: str | None = None
    port_id: str | None = None
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class AddRoutes:
    """Add routes to those a router has; those that it has already change nothing."""

    router_id: str
    routes: tuple[HostRoute, ...]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveRoutes:
    """Remove routes; those that it has not change nothing."""

    router_id: str
    routes: tuple[HostRoute, ...]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class ScheduleRouter:
    """Let this L3 agent run the router, and its ports be bound on `host`; from another agent it is taken in the same commit, with
    `reason`. Repeats change nothing."""

    router_id: str
    agent_id: str
    host: str
    availability_zone: str
    reason: str = "asked"


@dataclass(frozen=True, slots=True)
class UnscheduleRouter:
    """Let this L3 agent run the router no longer; its ports are unbound. Repeats change nothing."""

    router_id: str
    agent_id: str
    reason: str = "asked"
