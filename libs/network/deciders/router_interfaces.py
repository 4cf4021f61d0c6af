"""A router joins a subnet: by a port that is made with the subnet's gateway address, or by a given one.

Rules: Neutron 29's db/l3_db.py (_add_interface_by_subnet, _validate_router_port_info). On a network a router has one port for all
of IPv6, and one for each IPv4 subnet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from libs.commands import AddRouterInterface, NewPort, WantedAddress
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import PortDeviceChanged, PortEvent, RouterInterfaceAttached
from libs.model import ROUTER_INTERFACE_OWNER, FixedIp
from libs.network.deciders.binding import binding_changes, binding_question, binds_anew
from libs.network.deciders.making import PortPlan, fixed_ips_of, mac_of, made, making_questions, plans, port_needs
from libs.network.deciders.port_security import unsecured
from libs.network.deciders.reading import change, check_revision, existing, found, network_at
from libs.network.deciders.router_joinable import attachable_subnet, given_port, ipv6_port
from libs.network.deciders.router_rules import outer_streams
from libs.network.deciders.wishes import allocated
from libs.network.network import Network
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.router import Router
from libs.network.subnet import Subnet
from libs.network.world import Decision, Need, Question, Resource, World


def needs(command: AddRouterInterface, world: World) -> tuple[Need, ...]:
    """The router and its external network's subnets; the subnet or port, then its network, subnets and the port that it may join."""
    stream = stream_of("router", command.router_id)
    resource = found(world, "router", command.router_id)
    if resource is None:
        return (stream,)
    router: Router = resource.state
    further = _subnet_needs(router, command, world) if command.subnet_id else _port_needs(command, world)
    return tuple(dict.fromkeys((stream, *outer_streams(router, world), *further)))


def _subnet_needs(router: Router, command: AddRouterInterface, world: World) -> tuple[str, ...]:
    resource = found(world, "subnet", command.subnet_id or "")
    if resource is None:
        return (stream_of("subnet", command.subnet_id or ""),)
    joined = _joined_port(router, resource.state)
    if joined:
        network = resource.state.network_id
        return (resource.stream, stream_of("network", network), stream_of("port", joined))
    return (resource.stream, *port_needs(_new_port(router, command, resource.state), world))


def _port_needs(command: AddRouterInterface, world: World) -> tuple[str, ...]:
    resource = found(world, "port", command.port_id or "")
    if resource is None:
        return (stream_of("port", command.port_id or ""),)
    subnets = (stream_of("subnet", one.subnet_id) for one in resource.state.fixed_ips)
    return (resource.stream, stream_of("network", resource.state.network_id), *subnets)


def _joined_port(router: Router, subnet: Subnet) -> str:
    """The router's IPv6 port on the subnet's network, which takes further IPv6 subnets; empty for none."""
    return ipv6_port(router, subnet.network_id) if subnet.ip_version == 6 else ""


def _new_port(router: Router, command: AddRouterInterface, subnet: Subnet) -> NewPort:
    return NewPort(
        port_id=command.new_port_id,
        network_id=subnet.network_id,
        project_id=router.project_id,
        fixed_ips=(WantedAddress(subnet.id, subnet.gateway_ip),),
        device_id=router.id,
        device_owner=ROUTER_INTERFACE_OWNER,
        host=router.host,
    )


def questions(command: AddRouterInterface, world: World) -> tuple[Question, ...]:
    """MAC and binding of a port that is made, binding of one that is given. Raises 404, 403, 400, 409."""
    router: Router = existing(world, "router", command.router_id).state
    if not command.subnet_id:
        port: Port = given_port(router, command.port_id or "", world).state
        there = {"host": router.host}
        segment = existing(world, "network", port.network_id).state.segment
        return (binding_question(port, there, segment),) if binds_anew(port, there) else ()
    subnet = attachable_subnet(router, command.subnet_id, world)
    if _joined_port(router, subnet):
        return ()
    return tuple(making_questions(_plan(router, command, subnet, world)))


def add(command: AddRouterInterface, world: World) -> Decision:
    """The port and the facts of the router, one for each subnet. Touched: router, port. Raises 404, 403, 412, 400, 409."""
    resource = existing(world, "router", command.router_id)
    check_revision(resource, command.if_revision)
    router: Router = resource.state
    if not command.subnet_id:
        return _by_port(resource, given_port(router, command.port_id or "", world), world)
    subnet = attachable_subnet(router, command.subnet_id, world)
    joined = _joined_port(router, subnet)
    if joined:
        port = existing(world, "port", joined)
        own = (FixedIp(subnet.id, subnet.gateway_ip or ""),)
        return _attached(resource, change(port, allocated(joined, own)), joined, own, world)
    plan = _plan(router, command, subnet, world)
    held = fixed_ips_of(plan, mac_of(plan, world), world)
    return _attached(resource, made(plan, world), command.new_port_id, held, world)


def _plan(router: Router, command: AddRouterInterface, subnet: Subnet, world: World) -> PortPlan:
    network: Network = existing(world, "network", subnet.network_id).state
    (plan,) = plans(((_new_port(router, command, subnet), network),), world)
    return plan


def _attached(resource: Resource, port: Change, port_id: str, held: Iterable[FixedIp], world: World) -> Decision:
    facts = tuple(_facts(resource.state, port_id, held, world))
    return Decision((port, change(resource, facts)), touched=(resource.stream, port.stream))


def _facts(router: Router, port_id: str, held: Iterable[FixedIp], world: World) -> Iterator[RouterInterfaceAttached]:
    for one in held:
        subnet: Subnet = existing(world, "subnet", one.subnet_id).state
        yield RouterInterfaceAttached(router.id, port_id, subnet.network_id, one.subnet_id, one.ip_address, subnet.cidr)


def _by_port(resource: Resource, given: Resource, world: World) -> Decision:
    """The port becomes the router's, trusted, and bound where the router runs; no floating IP may stand for it."""
    router: Router = resource.state
    port: Port = given.state
    network = network_at(world, port.network_id)
    events: list[PortEvent] = [PortDeviceChanged(port.id, "", router.id, port.device_owner, ROUTER_INTERFACE_OWNER)]
    events.extend(unsecured(port))
    if router.host:
        segment = network.segment if network else None
        events.extend(binding_changes(port, {"host": router.host}, segment, world))
    decision = _attached(resource, change(given, events), port.id, port.fixed_ips, world)
    return Decision(decision.changes, (NoneRefers("floatingip", "port_id", port.id),), decision.touched)
