"""Subnets: update. Each attribute's change is a fact of its own; what stays the same is no fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from libs.commands import DeleteSubnet, UpdateSubnet
from libs.errors import invalid_input
from libs.errors.router import gateway_address_in_use
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    SubnetDescribed,
    SubnetDhcpChanged,
    SubnetDnsServersChanged,
    SubnetEvent,
    SubnetGatewayChanged,
    SubnetHostRoutesChanged,
    SubnetPoolsChanged,
    SubnetRenamed,
    SubnetServiceTypesChanged,
)
from libs.model import canonical_ip
from libs.network.deciders import subnet_rules as rules
from libs.network.deciders.reading import changing, check_revision, existing, found
from libs.network.resources import stream_of
from libs.network.subnet import Subnet
from libs.network.world import Decision, Find, Need, World


def _routers_on(subnet_id: str) -> Find:
    return Find("router", "subnet_ids", subnet_id)


def update_needs(command: UpdateSubnet, world: World) -> tuple[Need, ...]:
    """The subnet, then its network; when its gateway changes, the routers that are on it."""
    needed = needs(command, world)
    if "gateway_ip" not in command.changes:
        return needed
    routers = _routers_on(command.subnet_id)
    return (*needed, routers, *(stream_of("router", id) for id in world.found.get(routers, ())))


def needs(command: UpdateSubnet | DeleteSubnet, world: World) -> tuple[str, ...]:
    """The subnet, then its network."""
    stream = stream_of("subnet", command.subnet_id)
    resource = found(world, "subnet", command.subnet_id)
    return (stream,) if resource is None else (stream, stream_of("network", resource.state.network_id))


def update(command: UpdateSubnet, world: World) -> Decision:
    """Say what changed. Raises 404, 403, 412, 400, 409."""
    resource = existing(world, "subnet", command.subnet_id)
    check_revision(resource, command.if_revision)
    subnet: Subnet = resource.state
    wanted = _wanted(subnet, command.changes)
    _check_update(subnet, wanted)
    decision = changing(resource, _changes(subnet, wanted))
    return replace(decision, guards=_gateway_unused(subnet, world)) if "gateway_ip" in wanted else decision


def _gateway_unused(subnet: Subnet, world: World) -> tuple[NoneRefers, ...]:
    """Guard: no router is on the subnet but those that were found. Raises 409 when one of them holds the gateway's address."""
    wanted = _routers_on(subnet.id)
    ids = world.found.get(wanted, ())
    for router in (one.state for one in (found(world, "router", id) for id in ids) if one is not None):
        for one in router.interfaces:
            if (one.subnet_id, one.ip_address) == (subnet.id, subnet.gateway_ip):
                raise gateway_address_in_use(one.ip_address, one.port_id)
    return (NoneRefers(wanted.kind, wanted.column, wanted.value, besides=ids),)


def _wanted(subnet: Subnet, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from what is so, addresses in their one form; allocation_pools None is no wish. Raises 400."""
    wanted = dict(changes)
    pools = rules.canonical_pools(wanted.pop("allocation_pools", None))
    if pools is not None:
        wanted["allocation_pools"] = pools
    if wanted.get("gateway_ip"):
        try:
            wanted["gateway_ip"] = canonical_ip(wanted["gateway_ip"])
        except ValueError as error:
            raise invalid_input(str(error)) from None
    return {name: value for name, value in wanted.items() if getattr(subnet, name) != value}


def _check_update(subnet: Subnet, wanted: Mapping[str, Any]) -> None:
    if wanted.get("enable_dhcp"):
        rules.check_dhcp_fits(subnet.ip_version, subnet.cidr)
    if wanted.get("enable_dhcp") is False and (subnet.ipv6_ra_mode or subnet.ipv6_address_mode):
        raise invalid_input("Cannot disable enable_dhcp with ipv6 attributes set")
    gateway = wanted.get("gateway_ip", subnet.gateway_ip)
    pools = wanted.get("allocation_pools", subnet.allocation_pools)
    if "gateway_ip" in wanted:
        rules.check_gateway(subnet.ip_version, subnet.cidr, gateway)
    rules.check_dns(subnet.id, subnet.ip_version, wanted.get("dns_nameservers") or ())
    rules.check_routes(subnet.id, subnet.ip_version, wanted.get("host_routes") or ())
    if "allocation_pools" in wanted:
        rules.check_pools(subnet.cidr, pools)
    if "gateway_ip" in wanted or "allocation_pools" in wanted:
        rules.check_gateway_outside(gateway, pools)


def _changes(subnet: Subnet, wanted: Mapping[str, Any]) -> Iterator[SubnetEvent]:
    if "name" in wanted:
        yield SubnetRenamed(subnet.id, subnet.name, wanted["name"])
    if "description" in wanted:
        yield SubnetDescribed(subnet.id, subnet.description, wanted["description"])
    if "gateway_ip" in wanted:
        yield SubnetGatewayChanged(subnet.id, subnet.gateway_ip, wanted["gateway_ip"])
    if "allocation_pools" in wanted:
        yield SubnetPoolsChanged(subnet.id, subnet.allocation_pools, wanted["allocation_pools"])
    if "dns_nameservers" in wanted:
        yield SubnetDnsServersChanged(subnet.id, subnet.dns_nameservers, wanted["dns_nameservers"] or ())
    if "host_routes" in wanted:
        yield SubnetHostRoutesChanged(subnet.id, subnet.host_routes, wanted["host_routes"] or ())
    if "service_types" in wanted:
        yield SubnetServiceTypesChanged(subnet.id, subnet.service_types, wanted["service_types"])
    if "enable_dhcp" in wanted:
        yield SubnetDhcpChanged(subnet.id, wanted["enable_dhcp"])
