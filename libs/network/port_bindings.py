"""Bindings of a port beside its active one: their state, and how facts about them fold into the port. Source: binding-extended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from libs.events import (
    PortBindingActivated,
    PortBindingAdded,
    PortBindingProfileChanged,
    PortBindingRemoved,
    PortBindingUnwired,
    PortBindingWired,
    PortBound,
)
from libs.model import DOWN, VIF_OVS, VIF_UNBOUND
from libs.network.ordered import ordered

if TYPE_CHECKING:
    from libs.network.port import Port

BindingEvent = (
    PortBindingAdded
    | PortBindingProfileChanged
    | PortBindingWired
    | PortBindingUnwired
    | PortBindingActivated
    | PortBindingRemoved
)


@dataclass(frozen=True, slots=True)
class PortBinding:
    """An inactive binding. is_wired: as its host's agent reported. One that was active before is attached nowhere (vif_type unbound)
    until it is activated again."""

    host: str
    generation: int
    vnic_type: str
    profile: Mapping[str, Any]
    vif_type: str
    vif_details: Mapping[str, Any]
    is_wired: bool = False

    @property
    def is_bound(self) -> bool:
        """Whether an agent is to prepare it."""
        return self.vif_type == VIF_OVS


def inactive(port: Port, host: str) -> PortBinding | None:
    """The port's inactive binding on a host."""
    return next((one for one in port.others if one.host == host), None)


def without(port: Port, host: str) -> tuple[PortBinding, ...]:
    """The port's inactive bindings but the one on this host."""
    return tuple(one for one in port.others if one.host != host)


def after_binding(port: Port, event: PortBound) -> Port:
    """An active binding takes the place of an inactive one on the same host."""
    made = max(port.bindings_made, event.generation)
    return replace(port, others=without(port, event.host) if port.others else (), bindings_made=made)


def after(port: Port, event: BindingEvent) -> Port:
    """The port after a fact about its further bindings."""
    match event:
        case PortBindingAdded():
            added = PortBinding(
                event.host, event.generation, event.vnic_type, event.profile, event.vif_type, event.vif_details
            )
            made = max(port.bindings_made, event.generation)
            return replace(port, others=(*port.others, added), bindings_made=made)
        case PortBindingRemoved():
            return replace(port, others=without(port, event.host))
        case PortBindingActivated():
            return _activated(port, event)
    return replace(port, others=tuple(_told(one, event) if one.host == event.host else one for one in port.others))


def _told(one: PortBinding, event: PortBindingProfileChanged | PortBindingWired | PortBindingUnwired) -> PortBinding:
    if isinstance(event, PortBindingProfileChanged):
        return replace(one, profile=event.after)
    if one.generation != event.generation:
        return one
    return replace(one, is_wired=isinstance(event, PortBindingWired))


def _activated(port: Port, event: PortBindingActivated) -> Port:
    chosen = inactive(port, event.host)
    former = PortBinding(port.host, port.generation, port.vnic_type, port.profile, VIF_UNBOUND, {})
    others = without(port, event.host)
    return replace(
        port,
        host=event.host,
        generation=event.generation,
        bindings_made=max(port.bindings_made, event.generation),
        vif_type=event.vif_type,
        vif_details=event.vif_details,
        vnic_type=chosen.vnic_type if chosen else port.vnic_type,
        profile=chosen.profile if chosen else port.profile,
        others=(former, *others) if port.host else others,
        status=DOWN,
    )


def bindings_body(port: Port) -> list[dict[str, Any]]:
    """The API's JSON of all bindings, the active one first (of an unbound port: with an empty host, as in Neutron)."""
    active = PortBinding(port.host, port.generation, port.vnic_type, port.profile, port.vif_type, port.vif_details)
    return [_body(active, "ACTIVE"), *(_body(one, "INACTIVE") for one in port.others)]


def _body(one: PortBinding, status: str) -> dict[str, Any]:
    return {
        "host": one.host,
        "vif_type": one.vif_type,
        "vif_details": ordered(one.vif_details),
        "vnic_type": one.vnic_type,
        "profile": ordered(one.profile),
        "status": status,
    }
