"""What can be asked of subnets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.model import AddressRange, HostRoute

ABSENT = ""
"""gateway_ip of NewSubnet when the caller said nothing (first host address); None means no gateway."""


@dataclass(frozen=True, slots=True)
class NewSubnet:
    """One subnet to make. allocation_pools None: all host addresses but the gateway. cidr None: of the subnet pool, with prefixlen or
    the pool's usual one. service_types: device owners of the ports that get addresses from it, none is all."""

    subnet_id: str
    network_id: str
    project_id: str
    ip_version: int
    cidr: str | None
    name: str = ""
    description: str = ""
    gateway_ip: str | None = ABSENT
    allocation_pools: tuple[AddressRange, ...] | None = None
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()
    enable_dhcp: bool = True
    ipv6_ra_mode: str | None = None
    ipv6_address_mode: str | None = None
    subnetpool_id: str | None = None
    prefixlen: int | None = None
    service_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateSubnets:
    """Make all of these subnets or none. port_ids: all ports on the networks of SLAAC subnets, as far as the caller saw them; they
    get an address there. One that was overlooked makes it a RetryRequest."""

    subnets: tuple[NewSubnet, ...]
    port_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateSubnet:
    """Change the named attributes: name, description, gateway_ip, allocation_pools, dns_nameservers, host_routes, enable_dhcp,
    service_types."""

    subnet_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteSubnet:
    """Delete a subnet; refused while ports other than our own DHCP ports hold its addresses. port_ids: the ports that have one, as
    far as the caller saw them; those of a SLAAC subnet lose it, unless they are a router's."""

    subnet_id: str
    if_revision: int | None = None
    port_ids: tuple[str, ...] = ()
