"""Facts about ports; stream `port-<uuid>`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.model import DNS_DOMAIN, AddressPair, DhcpOption


@dataclass(frozen=True, slots=True)
class PortCreated:
    """A port exists on a network, with its MAC; addresses and binding are facts of their own. ip_allocation: `immediate`, or
    `none` when the caller asked for no addresses. dns_name as in PortDnsNameChanged; dns_domain: the one that its names stand below,
    for ever. port_security False: whatever it sends and gets passes, so it has no
    security_groups (ids) and no address_pairs either."""

    port_id: str
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
    dhcp_options: tuple[DhcpOption, ...] = ()
    port_security: bool = False
    security_groups: tuple[str, ...] = ()
    address_pairs: tuple[AddressPair, ...] = ()
    dns_name: str = ""
    dns_domain: str = DNS_DOMAIN


@dataclass(frozen=True, slots=True)
class AddressAllocated:
    """The port holds this address from now on; claim `ip/<subnet>/<address>`."""

    port_id: str
    subnet_id: str
    ip_address: str


@dataclass(frozen=True, slots=True)
class AddressReleased:
    """The port no longer holds this address."""

    port_id: str
    subnet_id: str
    ip_address: str


@dataclass(frozen=True, slots=True)
class PortRenamed:
    """Its name changed."""

    port_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PortDescribed:
    """Its description changed."""

    port_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PortAdminStateChanged:
    """It was switched on or off by a user."""

    port_id: str
    admin_state_up: bool


@dataclass(frozen=True, slots=True)
class PortDeviceChanged:
    """It was given to another device, or freed (both empty)."""

    port_id: str
    device_id_before: str
    device_id: str
    device_owner_before: str
    device_owner: str


@dataclass(frozen=True, slots=True)
class PortMacChanged:
    """Its MAC changed."""

    port_id: str
    network_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PortVnicTypeChanged:
    """Its wished kind of vNIC changed."""

    port_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PortProfileChanged:
    """Its binding profile (free JSON of Nova's) changed."""

    port_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PortDhcpOptionsChanged:
    """What DHCP tells its guest beside what the subnet says changed (extra_dhcp_opts); all of it, before and after."""

    port_id: str
    before: tuple[DhcpOption, ...]
    after: tuple[DhcpOption, ...]


@dataclass(frozen=True, slots=True)
class PortSecurityChanged:
    """Whether what it sends and gets is checked at all changed."""

    port_id: str
    network_id: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class PortSecurityGroupsChanged:
    """The ids of its security groups changed; all of them, before and after."""

    port_id: str
    network_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PortAddressPairsChanged:
    """What it may use beside its own addresses changed; all of it, before and after."""

    port_id: str
    network_id: str
    before: tuple[AddressPair, ...]
    after: tuple[AddressPair, ...]


@dataclass(frozen=True, slots=True)
class PortBound:
    """It is attached on a host; a host bound before is left. generation: 1, 2, .. with each binding of this port, so that a late
    report about an older binding is known as such."""

    port_id: str
    network_id: str
    host: str
    host_before: str
    generation: int
    vif_type: str
    vif_details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PortBindingFailed:
    """No agent on that host can attach it; it is bound nowhere (vif_type binding_failed)."""

    port_id: str
    network_id: str
    host: str
    host_before: str
    reason: str


@dataclass(frozen=True, slots=True)
class PortUnbound:
    """It is attached nowhere."""

    port_id: str
    network_id: str
    host: str


@dataclass(frozen=True, slots=True)
class PortBecameActive:
    """The agent of its host reported it wired."""

    port_id: str
    host: str


@dataclass(frozen=True, slots=True)
class PortWentDown:
    """It is wired no longer; reason is `unplugged`, `unbound`, `disabled`."""

    port_id: str
    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class PortDeleted:
    """It is gone; its addresses were released by facts of their own in the same commit. host is empty when unbound."""

    port_id: str
    network_id: str
    project_id: str
    mac_address: str
    host: str
    device_id: str
    device_owner: str
