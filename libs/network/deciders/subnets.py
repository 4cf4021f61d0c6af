"""Subnets: create, delete."""

from __future__ import annotations

from dataclasses import fields, replace

from libs.commands import ABSENT, CreateSubnets, DeleteSubnet, NewSubnet
from libs.errors import invalid_input
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import (
    NetworkSubnetAdded,
    NetworkSubnetRemoved,
    SubnetCreated,
    SubnetDeleted,
)
from libs.model import AddressRange, canonical_cidr, canonical_ip
from libs.network import addresses
from libs.network.deciders import joining
from libs.network.deciders import subnet_rules as rules
from libs.network.deciders.pool_allocation import (
    Allocations,
    pool_needs,
    release_needs,
    released,
    scope_of_pool,
)
from libs.network.deciders.reading import change, check_revision, existing, found, network_at, ports_at
from libs.network.deciders.subnet_changes import needs
from libs.network.network import Network, NetworkSubnet
from libs.network.resources import stream_of
from libs.network.subnet import Subnet
from libs.network.world import Decision, World

MAX_SUBNETS = 50
"""Subnets of one network."""


def creation_needs(command: CreateSubnets, world: World) -> tuple[str, ...]:
    """The networks, the subnet pools, and the ports that are to join."""
    networks = dict.fromkeys(stream_of("network", new.network_id) for new in command.subnets)
    ports = (stream_of("port", id) for id in command.port_ids)
    return (*networks, *pool_needs(command.subnets, world), *ports)


def create(command: CreateSubnets, world: World) -> Decision:
    """All subnets or none; each is also a fact on its network, so that no two can overlap, and ports that are there join SLAAC
    subnets. Raises 404, 403, 400, 409."""
    facts: list[SubnetCreated] = []
    pools = Allocations(world)
    for new in command.subnets:
        network: Network = existing(world, "network", new.network_id).state
        network = _with(network, facts)
        _check_room(network)
        fact = created(pools.placed(canonical(new), network), network)
        _check_apart(fact, network)
        facts.append(fact)
    made = [Change(stream_of("subnet", one.subnet_id), 0, (one,), one.network_id) for one in facts]
    automatic = joining.automatic_ones(facts)
    joins = (joining.joined(port, automatic) for port in ports_at(world, command.port_ids))
    return Decision(
        (*pools.changes(), *_on_networks(facts, world), *made, *(one for one in joins if one.events)),
        joining.no_other_port(automatic, command.port_ids),
        tuple(one.stream for one in made),
    )


def _with(network: Network, before: list[SubnetCreated]) -> Network:
    """The network with the subnets that the same request made before."""
    more = (one for one in before if one.network_id == network.id)
    added = (NetworkSubnet(one.subnet_id, one.cidr, one.subnetpool_id or "") for one in more)
    return replace(network, subnets=(*network.subnets, *added))


def _check_room(network: Network) -> None:
    """Raises 400 when the network has as many subnets as it may; Neutron has no such limit, and a port may join them all."""
    if len(network.subnets) >= MAX_SUBNETS:
        raise invalid_input(f"Network {network.id} has {MAX_SUBNETS} subnets, as many as a network may")


def _check_apart(fact: SubnetCreated, network: Network) -> None:
    """Raises 400 when the subnet overlaps with another one of its network."""
    if any(addresses.overlap(fact.cidr, one.cidr) for one in network.subnets):
        raise invalid_input(
            f"Requested subnet with cidr: {fact.cidr} for network: {network.id} overlaps with another subnet"
        )


def _on_networks(facts: list[SubnetCreated], world: World) -> list[Change]:
    added: dict[str, list[NetworkSubnetAdded]] = {}
    for one in facts:
        scope = scope_of_pool(one.subnetpool_id, world)
        fact = NetworkSubnetAdded(one.network_id, one.subnet_id, one.cidr, one.subnetpool_id or "", scope)
        added.setdefault(one.network_id, []).append(fact)
    return [change(existing(world, "network", id), events) for id, events in added.items()]


def canonical(new: NewSubnet) -> NewSubnet:
    """The wish with its CIDR (if it has one) and addresses in their one form, host bits cleared. Raises 400."""
    try:
        cidr = None if new.cidr is None else canonical_cidr(new.cidr)
        gateway = canonical_ip(new.gateway_ip) if new.gateway_ip else new.gateway_ip
    except ValueError as error:
        raise invalid_input(str(error)) from None
    return replace(new, cidr=cidr, gateway_ip=gateway, allocation_pools=rules.canonical_pools(new.allocation_pools))


def created(new: NewSubnet, network: Network) -> SubnetCreated:
    """The fact of a wish that has its CIDR, every default worked out. Raises 400, 409."""
    cidr = new.cidr or ""
    rules.check_cidr(new.ip_version, cidr)
    if new.enable_dhcp:
        rules.check_dhcp_fits(new.ip_version, cidr)
    gateway = _gateway(new, cidr)
    rules.check_dns(new.subnet_id, new.ip_version, new.dns_nameservers)
    rules.check_routes(new.subnet_id, new.ip_version, new.host_routes)
    rules.check_modes(new.ip_version, cidr, new.enable_dhcp, new.ipv6_ra_mode, new.ipv6_address_mode)
    rules.check_mtu(network, new.ip_version)
    pools = _pools(new, cidr, gateway)
    wish = {one.name: getattr(new, one.name) for one in fields(new) if one.name != "prefixlen"}
    return SubnetCreated(**{**wish, "network_id": network.id, "gateway_ip": gateway, "allocation_pools": pools})


def _gateway(new: NewSubnet, cidr: str) -> str | None:
    """The gateway, by default the first host's address. Raises 400."""
    if new.gateway_ip == ABSENT:
        return addresses.default_gateway(cidr)
    rules.check_gateway(new.ip_version, cidr, new.gateway_ip)
    return new.gateway_ip


def _pools(new: NewSubnet, cidr: str, gateway: str | None) -> tuple[AddressRange, ...]:
    """The pools, by default all host addresses but the gateway. Raises 400, 409."""
    if new.allocation_pools is None:
        return addresses.default_pools(cidr, gateway)
    rules.check_pools(cidr, new.allocation_pools)
    rules.check_gateway_outside(gateway, new.allocation_pools)
    return new.allocation_pools


def deletion_needs(command: DeleteSubnet, world: World) -> tuple[str, ...]:
    """The subnet, then its network and subnet pool, then the network's DHCP ports and, for a SLAAC subnet, those that are to leave
    it."""
    needed = needs(command, world)
    resource = found(world, "subnet", command.subnet_id)
    network = None if resource is None else network_at(world, resource.state.network_id)
    if resource is None or network is None:
        return needed
    leaving = command.port_ids if resource.state.is_automatic else ()
    ports = (stream_of("port", id) for id in dict.fromkeys((*network.dhcp_port_ids, *leaving)))
    return (*needed, *release_needs(resource.state), *ports)


def delete(command: DeleteSubnet, world: World) -> Decision:
    """The subnet's end, the addresses of our DHCP ports on it released, on a SLAAC subnet those of all but routers' ports; guarded
    against any other port with an address on it."""
    resource = existing(world, "subnet", command.subnet_id)
    check_revision(resource, command.if_revision)
    subnet: Subnet = resource.state
    network = existing(world, "network", subnet.network_id)
    servers: tuple[str, ...] = network.state.dhcp_port_ids
    leaving = joining.leavers(ports_at(world, command.port_ids)) if subnet.is_automatic else []
    leaving_ids = dict.fromkeys((*servers, *(one.state.id for one in leaving)))
    releases = [joining.left(port, subnet.id) for port in ports_at(world, leaving_ids)]
    removed = NetworkSubnetRemoved(subnet.network_id, subnet.id, subnet.cidr)
    deleted = SubnetDeleted(subnet.id, subnet.network_id, subnet.project_id, subnet.cidr)
    return Decision(
        (
            *(one for one in releases if one.events),
            *released(subnet, world),
            change(network, (removed,)),
            change(resource, (deleted,), ends=True),
        ),
        (NoneRefers("port", "subnet_ids", subnet.id, besides=tuple(leaving_ids)),),
        (resource.stream,),
    )
