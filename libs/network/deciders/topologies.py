"""A topology for a project that asks for one: network, subnets, router with its way out and interfaces, all in one commit or nothing.

What the single commands would come to one after the other, each decided on the world as those before left it. Rules: Neutron 29's
services/auto_allocate/db.py, which makes the parts one by one and cleans up after races.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from libs.commands import (
    AddRouterInterface,
    AllocateTopology,
    CreateNetworks,
    CreateRouters,
    CreateSubnets,
    DeleteNetwork,
    DeleteRouter,
    NewNetwork,
    NewRouter,
    NewSubnet,
    PooledSubnet,
    ReleaseTopology,
    RemoveRouterInterface,
    WantedGateway,
)
from libs.errors import Refusal
from libs.errors.topology import NO_CONNECTIVITY, NO_PRIVATE_NETWORK, allocation_failed
from libs.eventlog.protocol import Change
from libs.events import TopologyAllocated, TopologyReleased
from libs.network.deciders import network_end, networks, router_detaching, router_interfaces, routers, subnets
from libs.network.deciders.course import Course
from libs.network.deciders.reading import change, found
from libs.network.resources import stream_of
from libs.network.router import Router
from libs.network.topology import Topology, topology_id
from libs.network.world import ChooseMac, Decision, Need, Question, World

T = TypeVar("T")
NO_PREFIX = "SubnetAllocationError"
"""The refusal of a pool that has nothing left."""


def _record(project_id: str, world: World) -> Topology | None:
    """What the project was given, when its network is still there."""
    resource = found(world, "topology", topology_id(project_id))
    topology: Topology | None = resource.state if resource else None
    return topology if topology and topology.network_id and found(world, "network", topology.network_id) else None


def _record_needs(project_id: str, world: World) -> tuple[str, ...]:
    """What the project was given, then its network."""
    id = topology_id(project_id)
    stream, resource = stream_of("topology", id), found(world, "topology", id)
    given = resource.state.network_id if resource else ""
    return (stream, stream_of("network", given)) if given else (stream,)


def _network(command: AllocateTopology) -> CreateNetworks:
    return CreateNetworks((NewNetwork(command.network_id, command.project_id, "auto_allocated_network"),))


def _subnets(command: AllocateTopology) -> CreateSubnets:
    return CreateSubnets(
        tuple(
            NewSubnet(
                subnet_id=one.subnet_id,
                network_id=command.network_id,
                project_id=command.project_id,
                ip_version=one.ip_version,
                cidr=None,
                name=f"auto_allocated_subnet_v{one.ip_version}",
                subnetpool_id=one.subnetpool_id,
            )
            for one in command.subnets
        )
    )


def _router(command: AllocateTopology) -> CreateRouters:
    way_out = WantedGateway(command.external_network_id, command.gateway_port_id)
    return CreateRouters((NewRouter(command.router_id, command.project_id, "auto_allocated_router", gateway=way_out),))


def _joining(command: AllocateTopology, one: PooledSubnet) -> AddRouterInterface:
    return AddRouterInterface(command.router_id, one.port_id, one.subnet_id)


def needs(command: AllocateTopology, world: World) -> tuple[Need, ...]:
    """What was given already; else the subnet pools, and the external network with its subnets."""
    record = _record_needs(command.project_id, world)
    if _record(command.project_id, world):
        return record
    pools = (stream_of("subnetpool", one.subnetpool_id) for one in command.subnets)
    return (*record, *pools, *routers.creation_needs(_router(command), world))


def questions(command: AllocateTopology, world: World) -> tuple[Question, ...]:
    """A segment, what the gateway's port leaves open, MACs of the interfaces. Raises 409."""
    if _record(command.project_id, world):
        return ()
    way_out = _as(NO_CONNECTIVITY, partial(routers.creation_questions, _router(command), world))
    macs = (ChooseMac(one.port_id) for one in command.subnets)
    return (*networks.creation_questions(_network(command), world), *way_out, *macs)


def allocate(command: AllocateTopology, world: World) -> Decision:
    """The whole topology. Touched: the record, then what is measured by the project's quota. Raises 409."""
    stream = stream_of("topology", topology_id(command.project_id))
    if _record(command.project_id, world):
        return Decision(touched=(stream,))
    course = Course(world)
    course.goes_on(partial(networks.create, _network(command)))
    _as(NO_PRIVATE_NETWORK, partial(course.goes_on, partial(subnets.create, _subnets(command))))
    _as(NO_CONNECTIVITY, partial(course.goes_on, partial(routers.create, _router(command))))
    for one in command.subnets:
        _as(NO_CONNECTIVITY, partial(course.goes_on, partial(router_interfaces.add, _joining(command, one))))
    course.goes_on(partial(_recorded, command))
    made = (stream_of("subnet", one.subnet_id) for one in command.subnets)
    return course.decision(
        stream, stream_of("network", command.network_id), *made, stream_of("router", command.router_id)
    )


def _as(reason: str, part: Callable[[], T]) -> T:
    """What a part comes to; what makes no sense in it is the deployment's fault, and none of the caller's."""
    try:
        return part()
    except Refusal as refusal:
        if refusal.status in (400, 404) or refusal.type == NO_PREFIX:
            raise allocation_failed(reason) from None
        raise


def _recorded(command: AllocateTopology, world: World) -> Decision:
    id = topology_id(command.project_id)
    fact = TopologyAllocated(id, command.project_id, command.network_id, command.router_id, command.external_network_id)
    resource = found(world, "topology", id)
    return Decision((change(resource, (fact,)) if resource else Change(stream_of("topology", id), 0, (fact,)),))


def _leaving(topology: Topology, world: World) -> Iterator[RemoveRouterInterface]:
    resource = found(world, "router", topology.router_id)
    router: Router | None = resource.state if resource else None
    for one in router.interfaces if router else ():
        if one.network_id == topology.network_id:
            yield RemoveRouterInterface(topology.router_id, one.subnet_id)


def release_needs(command: ReleaseTopology, world: World) -> tuple[Need, ...]:
    """What was given; its router and the ports that leave; its network and what is on it."""
    out: list[Need] = [*_record_needs(command.project_id, world)]
    topology = _record(command.project_id, world)
    if topology is None:
        return tuple(out)
    out += routers.deletion_needs(DeleteRouter(topology.router_id), world)
    for leaving in _leaving(topology, world):
        out += router_detaching.needs(leaving, world)
    out += network_end.needs(DeleteNetwork(topology.network_id), world)
    return tuple(dict.fromkeys(out))


def release(command: ReleaseTopology, world: World) -> Decision:
    """The end of what is left of it. Raises 409 while something else uses it."""
    topology = _record(command.project_id, world)
    if topology is None:
        return Decision()
    course = Course(world)
    if found(world, "router", topology.router_id):
        for leaving in _leaving(topology, world):
            course.goes_on(partial(router_detaching.remove, leaving))
        course.goes_on(partial(routers.delete, DeleteRouter(topology.router_id)))
    course.goes_on(partial(network_end.delete, DeleteNetwork(topology.network_id)))
    course.goes_on(partial(_released, command, topology))
    return course.decision()


def _released(command: ReleaseTopology, topology: Topology, world: World) -> Decision:
    id = topology_id(command.project_id)
    resource = found(world, "topology", id)
    fact = TopologyReleased(id, command.project_id, topology.network_id, topology.router_id)
    return Decision((change(resource, (fact,)),) if resource else ())
