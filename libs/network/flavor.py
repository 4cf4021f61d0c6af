"""Flavors and service profiles: their states, how facts fold into them, and their API bodies. Data only: every router is run in the
same way, whatever its flavor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from libs.events import (
    FlavorCreated,
    FlavorDeleted,
    FlavorDescribed,
    FlavorEnabledChanged,
    FlavorEvent,
    FlavorProfileAssociated,
    FlavorProfileDisassociated,
    FlavorRenamed,
    ServiceProfileCreated,
    ServiceProfileDeleted,
    ServiceProfileDescribed,
    ServiceProfileDriverChanged,
    ServiceProfileEnabledChanged,
    ServiceProfileEvent,
)

L3_SERVICE = "L3_ROUTER_NAT"
PROVIDERS = {"single_node": "neutron.services.l3_router.service_providers.single_node.SingleNodeDriver"}
"""{provider of L3_SERVICE: its driver}, named as Neutron names its own that does what netledger does: one agent runs a router."""


@dataclass(frozen=True, slots=True)
class Flavor:
    """A name for service profiles."""

    id: str
    name: str
    description: str
    service_type: str
    enabled: bool
    service_profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """A driver and what it is told."""

    id: str
    description: str
    driver: str
    metainfo: str
    enabled: bool


def evolve_flavor(state: Flavor | None, event: FlavorEvent) -> Flavor | None:
    """The flavor after `event`; None before it was created and after it was deleted."""
    if isinstance(event, FlavorCreated):
        return Flavor(event.flavor_id, event.name, event.description, event.service_type, event.enabled)
    if isinstance(event, FlavorDeleted) or state is None:
        return None
    return _changed_flavor(state, event)


def _changed_flavor(state: Flavor, event: FlavorEvent) -> Flavor:
    match event:
        case FlavorRenamed():
            return replace(state, name=event.after)
        case FlavorDescribed():
            return replace(state, description=event.after)
        case FlavorEnabledChanged():
            return replace(state, enabled=event.enabled)
        case FlavorProfileAssociated():
            return replace(state, service_profiles=(*state.service_profiles, event.service_profile_id))
        case FlavorProfileDisassociated():
            left = tuple(one for one in state.service_profiles if one != event.service_profile_id)
            return replace(state, service_profiles=left)
    raise TypeError(f"{type(event).__name__} is no fact about a living flavor")


def evolve_profile(state: ServiceProfile | None, event: ServiceProfileEvent) -> ServiceProfile | None:
    """The service profile after `event`; None before it was created and after it was deleted."""
    if isinstance(event, ServiceProfileCreated):
        return ServiceProfile(event.service_profile_id, event.description, event.driver, event.metainfo, event.enabled)
    if isinstance(event, ServiceProfileDeleted) or state is None:
        return None
    match event:
        case ServiceProfileDescribed():
            return replace(state, description=event.after)
        case ServiceProfileDriverChanged():
            return replace(state, driver=event.driver, metainfo=event.metainfo)
        case ServiceProfileEnabledChanged():
            return replace(state, enabled=event.enabled)
    raise TypeError(f"{type(event).__name__} is no fact about a living service profile")


def flavor_body(state: Flavor, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a flavor."""
    return {
        "id": state.id,
        "name": state.name,
        "description": state.description,
        "service_type": state.service_type,
        "enabled": state.enabled,
        "service_profiles": list(state.service_profiles),
    }


def profile_body(state: ServiceProfile, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a service profile."""
    return {
        "id": state.id,
        "description": state.description,
        "driver": state.driver,
        "metainfo": state.metainfo,
        "enabled": state.enabled,
    }
