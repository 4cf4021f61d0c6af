"""A network: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from libs.events import (
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDeleted,
    NetworkDescribed,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    NetworkEvent,
    NetworkExternalChanged,
    NetworkMtuChanged,
    NetworkRenamed,
    NetworkSharingChanged,
    NetworkSubnetAdded,
    NetworkSubnetRemoved,
    NetworkTagsChanged,
)
from libs.model import ACTIVE, Segment
from libs.network.tags import retagged


@dataclass(frozen=True, slots=True)
class NetworkSubnet:
    """What a network knows of its subnet: enough to refuse an overlapping one."""

    id: str
    cidr: str


@dataclass(frozen=True, slots=True)
class DhcpServer:
    """A DHCP agent that serves the network through its port `port_id`."""

    agent_id: str
    host: str
    availability_zone: str
    port_id: str


@dataclass(frozen=True, slots=True)
class Network:
    """A layer 2 domain. mtu in bytes. subnets and dhcp in the order in which they came."""

    id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    shared: bool
    external: bool
    mtu: int
    segment: Segment
    availability_zone_hints: tuple[str, ...] = ()
    subnets: tuple[NetworkSubnet, ...] = ()
    dhcp: tuple[DhcpServer, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        """Ids of its subnets."""
        return tuple(one.id for one in self.subnets)

    @property
    def dhcp_port_ids(self) -> tuple[str, ...]:
        """Ids of netledger's own DHCP ports on it."""
        return tuple(one.port_id for one in self.dhcp if one.port_id)

    @property
    def availability_zones(self) -> tuple[str, ...]:
        """Zones of the agents that serve it."""
        return tuple(sorted({one.availability_zone for one in self.dhcp if one.availability_zone}))


def _created(event: NetworkCreated) -> Network:
    return Network(
        id=event.network_id,
        project_id=event.project_id,
        name=event.name,
        description=event.description,
        admin_state_up=event.admin_state_up,
        shared=event.shared,
        external=event.external,
        mtu=event.mtu,
        segment=Segment(event.network_type, event.physical_network, event.segmentation_id),
        availability_zone_hints=event.availability_zone_hints,
    )


def _changed(state: Network, event: NetworkEvent) -> Network:
    match event:
        case NetworkRenamed():
            return replace(state, name=event.after)
        case NetworkDescribed():
            return replace(state, description=event.after)
        case NetworkAdminStateChanged():
            return replace(state, admin_state_up=event.admin_state_up)
        case NetworkSharingChanged():
            return replace(state, shared=event.shared)
        case NetworkExternalChanged():
            return replace(state, external=event.external)
        case NetworkMtuChanged():
            return replace(state, mtu=event.after)
        case NetworkTagsChanged():
            return replace(state, tags=retagged(state.tags, event))
    return _with_parts(state, event)


def _with_parts(state: Network, event: NetworkEvent) -> Network:
    match event:
        case NetworkSubnetAdded():
            return replace(state, subnets=(*state.subnets, NetworkSubnet(event.subnet_id, event.cidr)))
        case NetworkSubnetRemoved():
            return replace(state, subnets=tuple(one for one in state.subnets if one.id != event.subnet_id))
        case NetworkDhcpScheduled():
            server = DhcpServer(event.agent_id, event.host, event.availability_zone, event.port_id)
            return replace(state, dhcp=(*(one for one in state.dhcp if one.agent_id != event.agent_id), server))
        case NetworkDhcpUnscheduled():
            return replace(state, dhcp=tuple(one for one in state.dhcp if one.agent_id != event.agent_id))
    raise TypeError(f"{type(event).__name__} is no fact about a living network")


def evolve(state: Network | None, event: NetworkEvent) -> Network | None:
    """The network after `event`; None before it was created and after it was deleted."""
    if isinstance(event, NetworkCreated):
        return _created(event)
    if isinstance(event, NetworkDeleted) or state is None:
        return None
    return _changed(state, event)


def body(state: Network, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a network, as an administrator sees it."""
    return {
        "id": state.id,
        "name": state.name,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "admin_state_up": state.admin_state_up,
        "mtu": state.mtu,
        "status": ACTIVE,
        "subnets": list(state.subnet_ids),
        "shared": state.shared,
        "availability_zone_hints": list(state.availability_zone_hints),
        "availability_zones": list(state.availability_zones),
        "provider:network_type": state.segment.network_type,
        "provider:physical_network": state.segment.physical_network,
        "provider:segmentation_id": state.segment.segmentation_id,
        "router:external": state.external,
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
    }
