"""Facts about subnets; stream `subnet-<uuid>`."""

from __future__ import annotations

from dataclasses import dataclass

from libs.model import AddressRange, HostRoute


@dataclass(frozen=True, slots=True)
class SubnetCreated:
    """A subnet exists on a network; gateway_ip is None for none. subnetpool_id: where its CIDR was taken from. service_types: the
    device owners of the ports that get addresses from it, none is all."""

    subnet_id: str
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
    subnetpool_id: str | None = None
    service_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubnetRenamed:
    """Its name changed."""

    subnet_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SubnetDescribed:
    """Its description changed."""

    subnet_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SubnetGatewayChanged:
    """Its gateway changed; None is none."""

    subnet_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SubnetPoolsChanged:
    """Its allocation pools changed."""

    subnet_id: str
    before: tuple[AddressRange, ...]
    after: tuple[AddressRange, ...]


@dataclass(frozen=True, slots=True)
class SubnetDnsServersChanged:
    """The DNS servers that DHCP hands out changed."""

    subnet_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubnetHostRoutesChanged:
    """The routes that DHCP hands out changed."""

    subnet_id: str
    before: tuple[HostRoute, ...]
    after: tuple[HostRoute, ...]


@dataclass(frozen=True, slots=True)
class SubnetDhcpChanged:
    """DHCP was switched on or off."""

    subnet_id: str
    enable_dhcp: bool


@dataclass(frozen=True, slots=True)
class SubnetServiceTypesChanged:
    """Which ports (by device_owner) get addresses from it changed; none is all."""

    subnet_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubnetDeleted:
    """It is gone."""

    subnet_id: str
    network_id: str
    project_id: str
    cidr: str
