"""What can be asked of networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewNetwork:
    """One network to make. network_type None: topology chooses type and id. mtu None: the largest that the segment carries."""

    network_id: str
    project_id: str
    name: str = ""
    description: str = ""
    admin_state_up: bool = True
    shared: bool = False
    external: bool = False
    mtu: int | None = None
    network_type: str | None = None
    physical_network: str | None = None
    segmentation_id: int | None = None
    availability_zone_hints: tuple[str, ...] = ()
    port_security: bool = True
    dns_domain: str = ""
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class CreateNetworks:
    """Make all of these networks or none."""

    networks: tuple[NewNetwork, ...]


@dataclass(frozen=True, slots=True)
class UpdateNetwork:
    """Change the named attributes: name, description, admin_state_up, shared, external, is_default, mtu,
    port_security."""

    network_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteNetwork:
    """Delete a network with its subnets and our own DHCP ports; refused while other ports are on it."""

    network_id: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class ScheduleDhcp:
    """Let this DHCP agent serve the network: the fact and the agent's DHCP port (port_id) in one commit. Repeats change nothing.

    replaces: id of an agent that ends serving in the same commit, for `reason`; its port goes, and its addresses go over.
    """

    network_id: str
    agent_id: str
    host: str
    availability_zone: str
    port_id: str
    replaces: str = ""
    reason: str = "asked"


@dataclass(frozen=True, slots=True)
class UnscheduleDhcp:
    """Let this DHCP agent serve the network no longer: the fact, and its DHCP port deleted, in one commit. Repeats change nothing."""

    network_id: str
    agent_id: str
    host: str
    port_id: str
    reason: str = "asked"
