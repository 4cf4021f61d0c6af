"""Networks: delete, with everything of ours that is on them."""

from __future__ import annotations

from collections.abc import Iterator

from libs.commands import DeleteNetwork
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import NetworkDefaultChanged, NetworkDeleted, NetworkEvent, SubnetDeleted
from libs.network.deciders import floatingip_changes
from libs.network.deciders.dhcp import port_removal
from libs.network.deciders.network_access import closed, policies, policy_streams
from libs.network.deciders.pool_allocation import all_released
from libs.network.deciders.reading import change, check_revision, existing, found, network_at, ports_at, subnets_of
from libs.network.network import Network
from libs.network.resources import stream_of
from libs.network.world import Decision, Find, Need, Resource, World


def needs(command: DeleteNetwork, world: World) -> tuple[Need, ...]:
    """The network, then its subnets and its own DHCP ports; an external one's floating IPs, then the ports that hold them."""
    network = network_at(world, command.network_id)
    if network is None:
        return (stream_of("network", command.network_id),)
    return (
        stream_of("network", network.id),
        *(stream_of("subnet", id) for id in network.subnet_ids),
        *(stream_of("subnetpool", id) for id in _pools(network)),
        *(stream_of("port", id) for id in network.dhcp_port_ids),
        *policy_streams(network),
        *(_floating_needs(network, world) if network.external else ()),
    )


def _pools(network: Network) -> tuple[str, ...]:
    """The subnet pools that its subnets are of."""
    return tuple(dict.fromkeys(one.subnetpool_id for one in network.subnets if one.subnetpool_id))


def _floating_needs(network: Network, world: World) -> Iterator[Need]:
    wanted = _of(network)
    yield wanted
    for id in world.found.get(wanted, ()):
        yield stream_of("floatingip", id)
    for one in _unused(network, world):
        yield stream_of("port", one.state.own_port_id)


def _of(network: Network) -> Find:
    return Find("floatingip", "floating_network_id", network.id)


def _unused(network: Network, world: World) -> tuple[Resource, ...]:
    """Floating IPs that stand for nothing: they end with their network (Neutron's delete_disassociated_floatingips)."""
    resources = (found(world, "floatingip", id) for id in world.found.get(_of(network), ()))
    return tuple(one for one in resources if one is not None and one.state.target is None)


def delete(command: DeleteNetwork, world: World) -> Decision:
    """The network, its subnets, its DHCP ports and its unused floating IPs, in one commit; guarded against any other port on it.
    Raises 404, 403, 412."""
    resource = existing(world, "network", command.network_id)
    check_revision(resource, command.if_revision)
    network: Network = resource.state
    unused = _unused(network, world)
    changes = [port_removal(port) for port in ports_at(world, network.dhcp_port_ids)]
    changes.extend(one for floating in unused for one in floatingip_changes.ended(floating, world))
    changes.extend(_subnet_ends(network, world))
    changes.extend(all_released(subnets_of(world, network), world))
    changes.extend(policies(closed(network, network.access), network.project_id, world))
    changes.append(change(resource, _last_facts(network), ends=True))
    ours = (*network.dhcp_port_ids, *(one.state.own_port_id for one in unused))
    guard = NoneRefers("port", "network_id", network.id, besides=ours)
    return Decision(tuple(changes), (guard,), (resource.stream,))


def _subnet_ends(network: Network, world: World) -> Iterator[Change]:
    for subnet in (existing(world, "subnet", id) for id in network.subnet_ids):
        gone = SubnetDeleted(subnet.state.id, network.id, subnet.state.project_id, subnet.state.cidr)
        yield change(subnet, (gone,), ends=True)


def _last_facts(network: Network) -> tuple[NetworkEvent, ...]:
    default = (NetworkDefaultChanged(network.id, False),) if network.is_default else ()
    return (*default, _deleted(network))


def _deleted(network: Network) -> NetworkDeleted:
    segment = network.segment
    return NetworkDeleted(
        network.id, network.project_id, segment.network_type, segment.physical_network, segment.segmentation_id
    )
