"""A network: its state, and how facts fold into it; `network_body` shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from libs.events import (
    NetworkAccessGranted,
    NetworkAccessWithdrawn,
    NetworkAddressScopeChanged,
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDefaultChanged,
    NetworkDeleted,
    NetworkDescribed,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    NetworkDnsDomainChanged,
    NetworkEvent,
    NetworkExternalChanged,
    NetworkMtuChanged,
    NetworkPortSecurityChanged,
    NetworkRenamed,
    NetworkSharingChanged,
    NetworkSubnetAdded,
    NetworkSubnetRemoved,
    NetworkTagsChanged,
)
from libs.model import Segment
from libs.network.addresses import version_of
from libs.network.rbac_policy import EVERYBODY, EXTERNAL, SHARED
from libs.network.sharing import Access, first_access, granted, is_open_to, targets, withdrawn
from libs.network.tags import retagged


@dataclass(frozen=True, slots=True)
class NetworkSubnet:
    """What a network knows of its subnet: enough to refuse an overlapping one, or one of another pool (empty: none) or scope."""

    id: str
    cidr: str
    subnetpool_id: str = ""
    address_scope_id: str | None = None


@dataclass(frozen=True, slots=True)
class DhcpServer:
    """A DHCP agent that serves the network through its port `port_id`."""

    agent_id: str
    host: str
    availability_zone: str
    port_id: str


@dataclass(frozen=True, slots=True)
class Network:
    """A layer 2 domain. mtu in bytes. subnets, dhcp and access (who beside its owner) in the order in which they came. is_default:
    of the external ones that which topologies made for projects lead to."""

    id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    mtu: int
    segment: Segment
    availability_zone_hints: tuple[str, ...] = ()
    subnets: tuple[NetworkSubnet, ...] = ()
    dhcp: tuple[DhcpServer, ...] = ()
    tags: tuple[str, ...] = ()
    port_security: bool = True
    access: tuple[Access, ...] = ()
    is_default: bool = False
    dns_domain: str = ""

    @property
    def shared(self) -> bool:
        """Whether every project may use it."""
        return EVERYBODY in targets(self.access, SHARED)

    @property
    def external(self) -> bool:
        """Whether it leads outside, for every project or some."""
        return bool(targets(self.access, EXTERNAL))

    def is_shared_with(self, project: str) -> bool:
        """Whether a project may put ports on it, its owner's aside."""
        return is_open_to(project, targets(self.access, SHARED))

    def is_open_to(self, project: str) -> bool:
        """Whether a project sees it, be it as a way out, its owner's aside."""
        return is_open_to(project, tuple(one.target_project for one in self.access))

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        """Ids of its subnets."""
        return tuple(one.id for one in self.subnets)

    def address_scope(self, ip_version: int) -> str | None:
        """The address scope of its subnets of that IP version, which are never in several; None for none."""
        scopes = (one.address_scope_id for one in self.subnets if version_of(one.cidr) == ip_version)
        return next((one for one in scopes if one), None)

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
        mtu=event.mtu,
        segment=Segment(event.network_type, event.physical_network, event.segmentation_id),
        availability_zone_hints=event.availability_zone_hints,
        port_security=event.port_security,
        access=first_access(event.shared, event.external),
        dns_domain=event.dns_domain,
    )


def _changed(state: Network, event: NetworkEvent) -> Network:
    match event:
        case NetworkRenamed():
            return replace(state, name=event.after)
        case NetworkDescribed():
            return replace(state, description=event.after)
        case NetworkAdminStateChanged():
            return replace(state, admin_state_up=event.admin_state_up)
        case NetworkMtuChanged():
            return replace(state, mtu=event.after)
        case NetworkDnsDomainChanged():
            return replace(state, dns_domain=event.after)
        case NetworkPortSecurityChanged():
            return replace(state, port_security=event.enabled)
        case NetworkTagsChanged():
            return replace(state, tags=retagged(state.tags, event))
        case NetworkDefaultChanged():
            return replace(state, is_default=event.is_default)
    return _with_access(state, event)


def _with_access(state: Network, event: NetworkEvent) -> Network:
    match event:
        case NetworkAccessGranted():
            one = Access(event.action, event.target_project, event.rbac_policy_id)
            return replace(state, access=granted(state.access, one))
        case NetworkAccessWithdrawn():
            return replace(state, access=withdrawn(state.access, event.action, event.target_project))
        case NetworkSharingChanged(shared=True):
            return replace(state, access=granted(state.access, Access(SHARED, EVERYBODY)))
        case NetworkSharingChanged():
            return replace(state, access=withdrawn(state.access, SHARED, EVERYBODY))
        case NetworkExternalChanged(external=True):
            return replace(state, access=granted(state.access, Access(EXTERNAL, EVERYBODY)))
        case NetworkExternalChanged():
            return replace(state, access=withdrawn(state.access, EXTERNAL))
    return _with_parts(state, event)


def _with_parts(state: Network, event: NetworkEvent) -> Network:
    match event:
        case NetworkSubnetAdded():
            added = NetworkSubnet(event.subnet_id, event.cidr, event.subnetpool_id, event.address_scope_id)
            return replace(state, subnets=(*state.subnets, added))
        case NetworkAddressScopeChanged():
            return replace(state, subnets=tuple(_rescoped(one, event) for one in state.subnets))
        case NetworkSubnetRemoved():
            return replace(state, subnets=tuple(one for one in state.subnets if one.id != event.subnet_id))
        case NetworkDhcpScheduled():
            server = DhcpServer(event.agent_id, event.host, event.availability_zone, event.port_id)
            return replace(state, dhcp=(*(one for one in state.dhcp if one.agent_id != event.agent_id), server))
        case NetworkDhcpUnscheduled():
            return replace(state, dhcp=tuple(one for one in state.dhcp if one.agent_id != event.agent_id))
    raise TypeError(f"{type(event).__name__} is no fact about a living network")


def _rescoped(subnet: NetworkSubnet, event: NetworkAddressScopeChanged) -> NetworkSubnet:
    moved = subnet.subnetpool_id == event.subnetpool_id
    return replace(subnet, address_scope_id=event.after) if moved else subnet


def evolve(state: Network | None, event: NetworkEvent) -> Network | None:
    """The network after `event`; None before it was created and after it was deleted."""
    if isinstance(event, NetworkCreated):
        return _created(event)
    if isinstance(event, NetworkDeleted) or state is None:
        return None
    return _changed(state, event)
