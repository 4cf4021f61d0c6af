"""A port: its state, and how facts fold into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortAddressPairsChanged,
    PortAdminStateChanged,
    PortBecameActive,
    PortBindingFailed,
    PortBound,
    PortCreated,
    PortDeleted,
    PortDescribed,
    PortDeviceChanged,
    PortDhcpOptionsChanged,
    PortDnsNameChanged,
    PortEvent,
    PortMacChanged,
    PortProfileChanged,
    PortRenamed,
    PortSecurityChanged,
    PortSecurityGroupsChanged,
    PortTagsChanged,
    PortUnbound,
    PortVnicTypeChanged,
    PortWentDown,
)
from libs.model import ACTIVE, DNS_DOMAIN, DOWN, VIF_FAILED, VIF_OVS, VIF_UNBOUND, AddressPair, DhcpOption, FixedIp
from libs.network import port_bindings
from libs.network.tags import retagged


@dataclass(frozen=True, slots=True)
class Port:
    """A point of attachment. host is empty when unbound; generation: the number of its active binding, of `bindings_made`; others:
    the inactive ones; fixed_ips in the order of allocation; dns_domain: what its names stand below."""

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
    port_security: bool = False
    security_groups: tuple[str, ...] = ()
    address_pairs: tuple[AddressPair, ...] = ()
    others: tuple[port_bindings.PortBinding, ...] = ()
    bindings_made: int = 0
    dns_name: str = ""
    dns_domain: str = DNS_DOMAIN

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
        port_security=event.port_security,
        security_groups=event.security_groups,
        address_pairs=event.address_pairs,
        dns_name=event.dns_name,
        dns_domain=event.dns_domain,
    )


def _released(state: Port, event: AddressReleased) -> Port:
    gone = FixedIp(event.subnet_id, event.ip_address)
    return replace(state, fixed_ips=tuple(one for one in state.fixed_ips if one != gone))


_STEPS: Mapping[type, Callable[[Port, Any], Port]] = {
    AddressAllocated: lambda state, event: replace(
        state, fixed_ips=(*state.fixed_ips, FixedIp(event.subnet_id, event.ip_address))
    ),
    AddressReleased: _released,
    PortRenamed: lambda state, event: replace(state, name=event.after),
    PortDescribed: lambda state, event: replace(state, description=event.after),
    PortAdminStateChanged: lambda state, event: replace(state, admin_state_up=event.admin_state_up),
    PortDeviceChanged: lambda state, event: replace(state, device_id=event.device_id, device_owner=event.device_owner),
    PortMacChanged: lambda state, event: replace(state, mac_address=event.after),
    PortDhcpOptionsChanged: lambda state, event: replace(state, dhcp_options=event.after),
    PortDnsNameChanged: lambda state, event: replace(state, dns_name=event.after),
    PortTagsChanged: lambda state, event: replace(state, tags=retagged(state.tags, event)),
    PortSecurityChanged: lambda state, event: replace(state, port_security=event.enabled),
    PortSecurityGroupsChanged: lambda state, event: replace(state, security_groups=event.after),
    PortAddressPairsChanged: lambda state, event: replace(state, address_pairs=event.after),
    PortVnicTypeChanged: lambda state, event: replace(state, vnic_type=event.after),
    PortProfileChanged: lambda state, event: replace(state, profile=event.after),
}


def _attached(state: Port, event: PortEvent) -> Port:
    match event:
        case PortBound():
            return replace(
                port_bindings.after_binding(state, event),
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
    if isinstance(event, port_bindings.BindingEvent):
        return port_bindings.after(state, event)
    raise TypeError(f"{type(event).__name__} is no fact about a living port")


def evolve(state: Port | None, event: PortEvent) -> Port | None:
    """The port after `event`; None before it was created and after it was deleted."""
    if isinstance(event, PortCreated):
        return _created(event)
    if isinstance(event, PortDeleted) or state is None:
        return None
    step = _STEPS.get(type(event))
    return _attached(state, event) if step is None else step(state, event)
