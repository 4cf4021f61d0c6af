"""What can be asked of ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class WantedAddress:
    """One wish among fixed_ips: an address, a subnet, or an address on a subnet."""

    subnet_id: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True, slots=True)
class WantedDhcpOption:
    """One wish among extra_dhcp_opts; value None: that option is no longer wanted."""

    name: str
    value: str | None
    ip_version: int = 4


@dataclass(frozen=True, slots=True)
class WantedPair:
    """One wish among allowed_address_pairs; mac_address None: the port's own."""

    ip_address: str
    mac_address: str | None = None


@dataclass(frozen=True, slots=True)
class NewPort:
    """One port to make. mac_address None: chosen. fixed_ips None: one address per IP version; empty: none. host empty: unbound.
    port_security None: as its network says. security_groups None: its project's default group."""

    port_id: str
    network_id: str
    project_id: str
    name: str = ""
    description: str = ""
    mac_address: str | None = None
    fixed_ips: tuple[WantedAddress, ...] | None = None
    admin_state_up: bool = True
    device_id: str = ""
    device_owner: str = ""
    host: str = ""
    vnic_type: str = "normal"
    profile: Mapping[str, Any] = field(default_factory=dict)
    dhcp_options: tuple[WantedDhcpOption, ...] = ()
    tags: tuple[str, ...] = ()
    port_security: bool | None = None
    security_groups: tuple[str, ...] | None = None
    address_pairs: tuple[WantedPair, ...] = ()
    dns_name: str = ""


@dataclass(frozen=True, slots=True)
class CreatePorts:
    """Make all of these ports or none."""

    ports: tuple[NewPort, ...]


@dataclass(frozen=True, slots=True)
class UpdatePort:
    """Change the named attributes: name, description, admin_state_up, mac_address, fixed_ips, device_id, device_owner, host,
    vnic_type, profile, dhcp_options (wishes: what is not named stays), dns_name, port_security, security_groups, address_pairs.
    `host` empty unbinds."""

    port_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeletePort:
    """Delete a port and release what it holds. `own` lets netledger's own processes delete ports the ports API protects."""

    port_id: str
    if_revision: int | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class ReportWired:
    """The agent of `host` has wired (or unwired) the port for its binding number `generation`. A report about a port that is not
    bound there, or about an older binding, changes nothing."""

    port_id: str
    host: str
    generation: int
    wired: bool
    reason: str = "unplugged"
