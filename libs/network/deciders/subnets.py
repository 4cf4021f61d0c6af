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
from libs.network.deciders.access import own_network, own_subnet
from libs.network.deciders.reading import change, check_revision, existing, found, network_at, ports_at
from libs.network.deciders.subnet_changes import needs
from libs.network.network import Network
from libs.network.resources import stream_of
from libs.network.subnet import Subnet
from libs.network.world import Decision, World


def creation_needs(command: CreateSubnets, world: World) -> tuple[str, ...]:
    """The networks, and the ports that are to join."""
    networks = dict.fromkeys(stream_of("network", new.network_id) for new in command.subnets)
    return (*networks, *(stream_of("port", id) for id in command.port_ids))


def create(command: CreateSubnets, world: World) -> Decision:
    """All subnets or none; each is also a fact on its network, so that no two can overlap, and ports that are there join SLAAC
    subnets. Raises 404, 403, 400, 409."""
    facts: list[SubnetCreated] = []
    for new in command.subnets:
        network: Network = own_network(world, new.network_id, "create_subnet").state
        fact = created(new, network)
        _check_apart(fact, network, facts)
        facts.append(fact)
    made = [Change(stream_of("subnet", one.subnet_id), 0, (one,), one.network_id) for one in facts]
    automatic = joining.automatic_ones(facts)
    joins = (joining.joined(port, automatic) for port in ports_at(world, command.port_ids))
    return Decision(
        (*_on_networks(facts, world), *made, *(one for one in joins if one.events)),
        joining.no_other_port(automatic, command.port_ids),
        tuple(one.stream for one in made),
    )


def _check_apart(fact: SubnetCreated, network: Network, before: list[SubnetCreated]) -> None:
    """Raises 400 when the subnet overlaps with one of its network or of the same request."""
    others = [one.cidr for one in network.subnets] + [one.cidr for one in before if one.network_id == network.id]
    if any(addresses.overlap(fact.cidr, cidr) for cidr in others):
        raise invalid_input(
            f"Requested subnet with cidr: {fact.cidr} for network: {network.id} overlaps with another subnet"
        )


def _on_networks(facts: list[SubnetCreated], world: World) -> list[Change]:
    added: dict[str, list[NetworkSubnetAdded]] = {}
    for one in facts:
        added.setdefault(one.network_id, []).append(NetworkSubnetAdded(one.network_id, one.subnet_id, one.cidr))
    return [change(existing(world, "network", id), events) for id, events in added.items()]


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
    gateway = _gateway(new)
    rules.check_dns(new.subnet_id, new.ip_version, new.dns_nameservers)
    rules.check_routes(new.subnet_id, new.ip_version, new.host_routes)
    rules.check_modes(new.ip_version, new.cidr, new.enable_dhcp, new.ipv6_ra_mode, new.ipv6_address_mode)
    rules.check_mtu(network, new.ip_version)
    pools = _pools(new, gateway)
    wish = {one.name: getattr(new, one.name) for one in fields(new)}
    return SubnetCreated(**{**wish, "network_id": network.id, "gateway_ip": gateway, "allocation_pools": pools})


def _gateway(new: NewSubnet) -> str | None:
    """The gateway, by default the first host's address. Raises 400."""
    if new.gateway_ip == ABSENT:
        return addresses.default_gateway(new.cidr)
    rules.check_gateway(new.ip_version, new.cidr, new.gateway_ip)
    return new.gateway_ip


def _pools(new: NewSubnet, gateway: str | None) -> tuple[AddressRange, ...]:
    """The pools, by default all host addresses but the gateway. Raises 400, 409."""
    if new.allocation_pools is None:
        return addresses.default_pools(new.cidr, gateway)
    rules.check_pools(new.cidr, new.allocation_pools)
    rules.check_gateway_outside(gateway, new.allocation_pools)
    return new.allocation_pools


def deletion_needs(command: DeleteSubnet, world: World) -> tuple[str, ...]:
    """The subnet, then its network, then the network's DHCP ports and, for a SLAAC subnet, those that are to leave it."""
    needed = needs(command, world)
    resource = found(world, "subnet", command.subnet_id)
    network = None if resource is None else network_at(world, resource.state.network_id)
    if resource is None or network is None:
        return needed
    leaving = command.port_ids if resource.state.is_automatic else ()
    return (*needed, *(stream_of("port", id) for id in dict.fromkeys((*network.dhcp_port_ids, *leaving))))


def delete(command: DeleteSubnet, world: World) -> Decision:
    """The subnet's end, the addresses of our DHCP ports on it released, on a SLAAC subnet those of all but routers' ports; guarded
    against any other port with an address on it."""
    resource = own_subnet(world, command.subnet_id, "delete_subnet")
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
            change(network, (removed,)),
            change(resource, (deleted,), ends=True),
        ),
        (NoneRefers("port", "subnet_ids", subnet.id, besides=tuple(leaving_ids)),),
        (resource.stream,),
    )
