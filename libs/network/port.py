"""A port: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortAdminStateChanged,
    PortBecameActive,
    PortBindingFailed,
    PortBound,
    PortCreated,
    PortDeleted,
    PortDescribed,
    PortDeviceChanged,
    PortDhcpOptionsChanged,
    PortEvent,
    PortMacChanged,
    PortProfileChanged,
    PortRenamed,
    PortTagsChanged,
    PortUnbound,
    PortVnicTypeChanged,
    PortWentDown,
)
from libs.model import ACTIVE, DOWN, VIF_FAILED, VIF_OVS, VIF_UNBOUND, DhcpOption, FixedIp
from libs.network.ordered import ordered
from libs.network.tags import retagged


@dataclass(frozen=True, slots=True)
class Port:
    """A point of attachment. host is empty when unbound; generation counts its bindings; fixed_ips in the order of allocation."""

    id: str
    network_id: str
    project_id: str
    name: str
    description: str
    mac_address: str
    admin_state_up: bool
    device_id: str
    device_owner: str
    vnic_type: str = "normal"
    profile: Mapping[str, Any] = field(default_factory=dict)
    ip_allocation: str = "immediate"
    fixed_ips: tuple[FixedIp, ...] = ()
    dhcp_options: tuple[DhcpOption, ...] = ()
    host: str = ""
    vif_type: str = VIF_UNBOUND
    vif_details: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 0
    status: str = DOWN
    tags: tuple[str, ...] = ()

    @property
    def is_bound(self) -> bool:
        """Whether an agent is to wire it (a failed binding is none)."""
        return self.vif_type == VIF_OVS


def _created(event: PortCreated) -> Port:
    return Port(
        id=event.port_id,
        network_id=event.network_id,
        project_id=event.project_id,
        name=event.name,
        description=event.description,
        mac_address=event.mac_address,
        admin_state_up=event.admin_state_up,
        device_id=event.device_id,
        device_owner=event.device_owner,
        vnic_type=event.vnic_type,
        profile=event.profile,
        ip_allocation=event.ip_allocation,
        dhcp_options=event.dhcp_options,
    )


def _changed(state: Port, event: PortEvent) -> Port:
    match event:
        case AddressAllocated():
            return replace(state, fixed_ips=(*state.fixed_ips, FixedIp(event.subnet_id, event.ip_address)))
        case AddressReleased():
            gone = FixedIp(event.subnet_id, event.ip_address)
            return replace(state, fixed_ips=tuple(one for one in state.fixed_ips if one != gone))
        case PortRenamed():
            return replace(state, name=event.after)
        case PortDescribed():
            return replace(state, description=event.after)
        case PortAdminStateChanged():
            return replace(state, admin_state_up=event.admin_state_up)
        case PortDeviceChanged():
            return replace(state, device_id=event.device_id, device_owner=event.device_owner)
        case PortMacChanged():
            return replace(state, mac_address=event.after)
        case PortDhcpOptionsChanged():
            return replace(state, dhcp_options=event.after)
        case PortTagsChanged():
            return replace(state, tags=retagged(state.tags, event))
    return _attached(state, event)


def _attached(state: Port, event: PortEvent) -> Port:
    match event:
        case PortVnicTypeChanged():
            return replace(state, vnic_type=event.after)
        case PortProfileChanged():
            return replace(state, profile=event.after)
        case PortBound():
            return replace(
                state,
                host=event.host,
                vif_type=event.vif_type,
                vif_details=event.vif_details,
                generation=event.generation,
                status=DOWN,
            )
        case PortBindingFailed():
            return replace(state, host=event.host, vif_type=VIF_FAILED, vif_details={}, status=DOWN)
        case PortUnbound():
            return replace(state, host="", vif_type=VIF_UNBOUND, vif_details={}, status=DOWN)
        case PortBecameActive():
            return replace(state, status=ACTIVE)
        case PortWentDown():
            return replace(state, status=DOWN)
    raise TypeError(f"{type(event).__name__} is no fact about a living port")


def evolve(state: Port | None, event: PortEvent) -> Port | None:
    """The port after `event`; None before it was created and after it was deleted."""
    if isinstance(event, PortCreated):
        return _created(event)
    if isinstance(event, PortDeleted) or state is None:
        return None
    return _changed(state, event)


def body(state: Port, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a port, as an administrator sees it."""
    return {
        "id": state.id,
        "name": state.name,
        "network_id": state.network_id,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "mac_address": state.mac_address,
        "admin_state_up": state.admin_state_up,
        "status": state.status,
        "device_id": state.device_id,
        "device_owner": state.device_owner,
        "fixed_ips": [{"subnet_id": one.subnet_id, "ip_address": one.ip_address} for one in state.fixed_ips],
        "binding:vnic_type": state.vnic_type,
        "binding:host_id": state.host,
        "binding:profile": ordered(state.profile),
        "binding:vif_type": state.vif_type,
        "binding:vif_details": ordered(state.vif_details),
        "ip_allocation": state.ip_allocation,
        "extra_dhcp_opts": [
            {"opt_name": one.name, "opt_value": one.value, "ip_version": one.ip_version} for one in state.dhcp_options
        ],
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
    }
