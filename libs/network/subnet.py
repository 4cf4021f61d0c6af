"""A subnet: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from libs.events import (
    SubnetCreated,
    SubnetDeleted,
    SubnetDescribed,
    SubnetDhcpChanged,
    SubnetDnsServersChanged,
    SubnetEvent,
    SubnetGatewayChanged,
    SubnetHostRoutesChanged,
    SubnetPoolsChanged,
    SubnetRenamed,
    SubnetServiceTypesChanged,
    SubnetTagsChanged,
)
from libs.model import AddressRange, HostRoute
from libs.network import addresses
from libs.network.tags import retagged


@dataclass(frozen=True, slots=True)
class Subnet:
    """A range of addresses on a network; gateway_ip None is none. service_types: device owners of the ports that get addresses
    from it, none is all."""

    id: str
    network_id: str
    project_id: str
    name: str
    description: str
    ip_version: int
    cidr: str
    gateway_ip: str | None
    allocation_pools: tuple[AddressRange, ...]
    dns_nameservers: tuple[str, ...]
    host_routes: tuple[HostRoute, ...]
    enable_dhcp: bool
    ipv6_ra_mode: str | None = None
    ipv6_address_mode: str | None = None
    tags: tuple[str, ...] = ()
    subnetpool_id: str | None = None
    service_types: tuple[str, ...] = ()

    @property
    def is_automatic(self) -> bool:
        """Whether ports get their address here from their MAC (EUI-64), without any choice."""
        return addresses.is_automatic(self.ipv6_ra_mode, self.ipv6_address_mode)


def _created(event: SubnetCreated) -> Subnet:
    return Subnet(
        id=event.subnet_id,
        network_id=event.network_id,
        project_id=event.project_id,
        name=event.name,
        description=event.description,
        ip_version=event.ip_version,
        cidr=event.cidr,
        gateway_ip=event.gateway_ip,
        allocation_pools=event.allocation_pools,
        dns_nameservers=event.dns_nameservers,
        host_routes=event.host_routes,
        enable_dhcp=event.enable_dhcp,
        ipv6_ra_mode=event.ipv6_ra_mode,
        ipv6_address_mode=event.ipv6_address_mode,
        subnetpool_id=event.subnetpool_id,
        service_types=event.service_types,
    )


def _changed(state: Subnet, event: SubnetEvent) -> Subnet:
    match event:
        case SubnetRenamed():
            return replace(state, name=event.after)
        case SubnetDescribed():
            return replace(state, description=event.after)
        case SubnetGatewayChanged():
            return replace(state, gateway_ip=event.after)
        case SubnetPoolsChanged():
            return replace(state, allocation_pools=event.after)
        case SubnetDnsServersChanged():
            return replace(state, dns_nameservers=event.after)
        case SubnetHostRoutesChanged():
            return replace(state, host_routes=event.after)
        case SubnetDhcpChanged():
            return replace(state, enable_dhcp=event.enable_dhcp)
        case SubnetServiceTypesChanged():
            return replace(state, service_types=event.after)
        case SubnetTagsChanged():
            return replace(state, tags=retagged(state.tags, event))
    raise TypeError(f"{type(event).__name__} is no fact about a living subnet")


def evolve(state: Subnet | None, event: SubnetEvent) -> Subnet | None:
    """The subnet after `event`; None before it was created and after it was deleted."""
    if isinstance(event, SubnetCreated):
        return _created(event)
    if isinstance(event, SubnetDeleted) or state is None:
        return None
    return _changed(state, event)


def body(state: Subnet, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a subnet."""
    return {
        "id": state.id,
        "name": state.name,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "network_id": state.network_id,
        "ip_version": state.ip_version,
        "cidr": state.cidr,
        "gateway_ip": state.gateway_ip,
        "allocation_pools": [{"start": pool.start, "end": pool.end} for pool in state.allocation_pools],
        "dns_nameservers": list(state.dns_nameservers),
        "host_routes": [{"destination": one.destination, "nexthop": one.nexthop} for one in state.host_routes],
        "enable_dhcp": state.enable_dhcp,
        "ipv6_ra_mode": state.ipv6_ra_mode,
        "ipv6_address_mode": state.ipv6_address_mode,
        "subnetpool_id": state.subnetpool_id,
        "service_types": list(state.service_types),
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
    }
