"""Subnets: create, update, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from libs.commands import ABSENT, CreateSubnets, DeleteSubnet, NewSubnet, UpdateSubnet
from libs.errors import invalid_input
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import (
    AddressReleased,
    NetworkSubnetAdded,
    NetworkSubnetRemoved,
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
)
from libs.model import canonical_cidr, canonical_ip
from libs.network import addresses
from libs.network.deciders import subnet_rules as rules
from libs.network.deciders.access import own_network, own_subnet
from libs.network.deciders.reading import change, changing, check_revision, existing, found, network_at, ports_at
from libs.network.network import Network
from libs.network.resources import stream_of
from libs.network.subnet import Subnet
from libs.network.world import Decision, Resource, World


def creation_needs(command: CreateSubnets, world: World) -> tuple[str, ...]:
    """The networks."""
    return tuple(dict.fromkeys(stream_of("network", new.network_id) for new in command.subnets))


def create(command: CreateSubnets, world: World) -> Decision:
    """All subnets or none; each is also a fact on its network, so that no two can overlap. Raises 404, 403, 400, 409."""
    added: dict[str, list[NetworkSubnetAdded]] = {}
    made: list[Change] = []
    for new in command.subnets:
        network: Network = own_network(world, new.network_id, "create_subnet").state
        fact = created(new, network)
        others = [one.cidr for one in network.subnets] + [one.cidr for one in added.get(network.id, ())]
        if any(addresses.overlap(fact.cidr, cidr) for cidr in others):
            raise invalid_input(
                f"Requested subnet with cidr: {fact.cidr} for network: {network.id} overlaps with another subnet"
            )
        added.setdefault(network.id, []).append(NetworkSubnetAdded(network.id, new.subnet_id, fact.cidr))
        made.append(Change(stream_of("subnet", new.subnet_id), 0, (fact,), network.id))
    on_networks = [change(existing(world, "network", id), facts) for id, facts in added.items()]
    return Decision((*on_networks, *made), touched=tuple(one.stream for one in made))


def canonical(new: NewSubnet) -> NewSubnet:
    """The wish with its CIDR and addresses in their one form, host bits cleared. Raises 400."""
    try:
        cidr = canonical_cidr(new.cidr)
        gateway = canonical_ip(new.gateway_ip) if new.gateway_ip else new.gateway_ip
    except ValueError as error:
        raise invalid_input(str(error)) from None
    return replace(new, cidr=cidr, gateway_ip=gateway, allocation_pools=rules.canonical_pools(new.allocation_pools))


def created(new: NewSubnet, network: Network) -> SubnetCreated:
    """The fact with every default worked out. Raises 400, 409."""
    new = canonical(new)
    rules.check_cidr(new.ip_version, new.cidr)
    if new.enable_dhcp:
        rules.check_dhcp_fits(new.ip_version, new.cidr)
    gateway = addresses.default_gateway(new.cidr) if new.gateway_ip == ABSENT else new.gateway_ip
    if new.gateway_ip != ABSENT:
        rules.check_gateway(new.ip_version, new.cidr, gateway)
    rules.check_dns(new.subnet_id, new.ip_version, new.dns_nameservers)
    rules.check_routes(new.subnet_id, new.ip_version, new.host_routes)
    rules.check_modes(new.ip_version, new.cidr, new.enable_dhcp, new.ipv6_ra_mode, new.ipv6_address_mode)
    rules.check_mtu(network, new.ip_version)
    pools = new.allocation_pools
    if pools is None:
        pools = addresses.default_pools(new.cidr, gateway)
    else:
        rules.check_pools(new.cidr, pools)
        rules.check_gateway_outside(gateway, pools)
    return SubnetCreated(
        subnet_id=new.subnet_id,
        network_id=network.id,
        project_id=new.project_id,
        name=new.name,
        description=new.description,
        ip_version=new.ip_version,
        cidr=new.cidr,
        gateway_ip=gateway,
        allocation_pools=pools,
        dns_nameservers=new.dns_nameservers,
        host_routes=new.host_routes,
        enable_dhcp=new.enable_dhcp,
        ipv6_ra_mode=new.ipv6_ra_mode,
        ipv6_address_mode=new.ipv6_address_mode,
    )


def update_needs(command: UpdateSubnet | DeleteSubnet, world: World) -> tuple[str, ...]:
    """The subnet, then its network."""
    stream = stream_of("subnet", command.subnet_id)
    resource = found(world, "subnet", command.subnet_id)
    return (stream,) if resource is None else (stream, stream_of("network", resource.state.network_id))


def update(command: UpdateSubnet, world: World) -> Decision:
    """Say what changed. Raises 404, 403, 412, 400, 409."""
    resource = own_subnet(world, command.subnet_id, "update_subnet")
    check_revision(resource, command.if_revision)
    subnet: Subnet = resource.state
    wanted = _wanted(subnet, command.changes)
    _check_update(subnet, wanted)
    return changing(resource, _changes(subnet, wanted))


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
    if "enable_dhcp" in wanted:
        yield SubnetDhcpChanged(subnet.id, wanted["enable_dhcp"])


def deletion_needs(command: DeleteSubnet, world: World) -> tuple[str, ...]:
    """The subnet, then its network, then the network's DHCP ports."""
    needed = update_needs(command, world)
    resource = found(world, "subnet", command.subnet_id)
    network = None if resource is None else network_at(world, resource.state.network_id)
    ports = () if network is None else network.dhcp_port_ids
    return (*needed, *(stream_of("port", id) for id in ports))


def delete(command: DeleteSubnet, world: World) -> Decision:
    """The subnet's end, our DHCP ports' addresses on it released; guarded against any other port with an address on it."""
    resource = own_subnet(world, command.subnet_id, "delete_subnet")
    check_revision(resource, command.if_revision)
    subnet: Subnet = resource.state
    network = existing(world, "network", subnet.network_id)
    servers: tuple[str, ...] = network.state.dhcp_port_ids
    releases = [_released(port, subnet.id) for port in ports_at(world, servers)]
    removed = NetworkSubnetRemoved(subnet.network_id, subnet.id, subnet.cidr)
    deleted = SubnetDeleted(subnet.id, subnet.network_id, subnet.project_id, subnet.cidr)
    return Decision(
        (
            *(one for one in releases if one.events),
            change(network, (removed,)),
            change(resource, (deleted,), ends=True),
        ),
        (NoneRefers("port", "subnet_ids", subnet.id, besides=servers),),
        (resource.stream,),
    )


def _released(port: Resource, subnet_id: str) -> Change:
    held = (one for one in port.state.fixed_ips if one.subnet_id == subnet_id)
    return change(port, (AddressReleased(port.state.id, one.subnet_id, one.ip_address) for one in held))
