"""The facts about networks, subnets and ports that DHCP needs, folded from their events. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from libs import events
from libs.model import DhcpOption, FixedIp, HostRoute


@dataclass(frozen=True, slots=True)
class Network:
    """A network; `hosts` are those whose DHCP agents serve it."""

    network_id: str
    mtu: int
    admin_state_up: bool
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet with what DHCP hands out on it."""

    subnet_id: str
    network_id: str
    ip_version: int
    cidr: str
    gateway_ip: str | None
    dns_nameservers: tuple[str, ...]
    host_routes: tuple[HostRoute, ...]
    enable_dhcp: bool
    ipv6_ra_mode: str | None
    ipv6_address_mode: str | None


@dataclass(frozen=True, slots=True)
class Port:
    """A port; `fixed_ips` in the order they were allocated, `host` empty when unbound. `device_id` of a guest is its server's.
    dns_name: empty for one that is named by its addresses."""

    port_id: str
    network_id: str
    mac_address: str
    device_owner: str
    host: str = ""
    fixed_ips: tuple[FixedIp, ...] = ()
    device_id: str = ""
    project_id: str = ""
    options: tuple[DhcpOption, ...] = ()
    dns_name: str = ""


Thing = Network | Subnet | Port
Step = Callable[[Any, Any], Thing | None]


def _network_created(_: None, event: events.NetworkCreated) -> Network:
    return Network(event.network_id, event.mtu, event.admin_state_up)


def _subnet_created(_: None, event: events.SubnetCreated) -> Subnet:
    return Subnet(
        event.subnet_id,
        event.network_id,
        event.ip_version,
        event.cidr,
        event.gateway_ip,
        event.dns_nameservers,
        event.host_routes,
        event.enable_dhcp,
        event.ipv6_ra_mode,
        event.ipv6_address_mode,
    )


def _port_created(_: None, event: events.PortCreated) -> Port:
    return Port(
        event.port_id,
        event.network_id,
        event.mac_address,
        event.device_owner,
        device_id=event.device_id,
        project_id=event.project_id,
        options=event.dhcp_options,
        dns_name=event.dns_name,
    )


def _allocated(port: Port, event: events.AddressAllocated) -> Port:
    return replace(port, fixed_ips=(*port.fixed_ips, FixedIp(event.subnet_id, event.ip_address)))


def _released(port: Port, event: events.AddressReleased) -> Port:
    gone = FixedIp(event.subnet_id, event.ip_address)
    return replace(port, fixed_ips=tuple(one for one in port.fixed_ips if one != gone))


def _gone(_: Thing, event: object) -> None:
    return None


BIRTHS: dict[type, Step] = {
    events.NetworkCreated: _network_created,
    events.SubnetCreated: _subnet_created,
    events.PortCreated: _port_created,
}

STEPS: dict[type, Step] = {
    events.NetworkAdminStateChanged: lambda one, event: replace(one, admin_state_up=event.admin_state_up),
    events.NetworkMtuChanged: lambda one, event: replace(one, mtu=event.after),
    events.NetworkDhcpScheduled: lambda one, event: replace(one, hosts=one.hosts | {event.host}),
    events.NetworkDhcpUnscheduled: lambda one, event: replace(one, hosts=one.hosts - {event.host}),
    events.NetworkDeleted: _gone,
    events.SubnetGatewayChanged: lambda one, event: replace(one, gateway_ip=event.after),
    events.SubnetDnsServersChanged: lambda one, event: replace(one, dns_nameservers=event.after),
    events.SubnetHostRoutesChanged: lambda one, event: replace(one, host_routes=event.after),
    events.SubnetDhcpChanged: lambda one, event: replace(one, enable_dhcp=event.enable_dhcp),
    events.SubnetDeleted: _gone,
    events.AddressAllocated: _allocated,
    events.AddressReleased: _released,
    events.PortDeviceChanged: lambda one, event: replace(
        one, device_owner=event.device_owner, device_id=event.device_id
    ),
    events.PortDhcpOptionsChanged: lambda one, event: replace(one, options=event.after),
    events.PortDnsNameChanged: lambda one, event: replace(one, dns_name=event.after),
    events.PortMacChanged: lambda one, event: replace(one, mac_address=event.after),
    events.PortBound: lambda one, event: replace(one, host=event.host),
    events.PortBindingActivated: lambda one, event: replace(one, host=event.host),
    events.PortBindingFailed: lambda one, event: replace(one, host=""),
    events.PortUnbound: lambda one, event: replace(one, host=""),
    events.PortDeleted: _gone,
}
