"""Subnets: create, delete."""

from __future__ import annotations

from dataclasses import replace

from libs.commands import ABSENT, CreateSubnets, DeleteSubnet, NewSubnet
from libs.errors import invalid_input
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import (
    AddressReleased,
    NetworkSubnetAdded,
    NetworkSubnetRemoved,
    SubnetCreated,
    SubnetDeleted,
)
from libs.model import canonical_cidr, canonical_ip
from libs.network import addresses
from libs.network.deciders import subnet_rules as rules
from libs.network.deciders.access import own_network, own_subnet
from libs.network.deciders.reading import change, check_revision, existing, found, network_at, ports_at
from libs.network.deciders.subnet_changes import needs
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


def deletion_needs(command: DeleteSubnet, world: World) -> tuple[str, ...]:
    """The subnet, then its network, then the network's DHCP ports."""
    needed = needs(command, world)
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
