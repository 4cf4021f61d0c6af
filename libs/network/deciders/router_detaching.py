"""A router leaves a subnet: the port ends, or gives up one of its IPv6 addresses.

Rules: Neutron 29's db/{l3_db,extraroute_db}.py (_confirm_router_interface_not_in_use, _remove_interface_by_*).
"""

from __future__ import annotations

from libs.commands import RemoveRouterInterface
from libs.errors.router import (
    bad_router,
    interface_in_use_by_route,
    interface_not_found,
    interface_not_found_for_subnet,
    subnet_mismatch,
)
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import AddressReleased, RouterInterfaceDetached
from libs.network.addresses import reaches
from libs.network.deciders.dhcp import port_removal
from libs.network.deciders.reading import change, check_revision, existing, found, ports_at
from libs.network.l3_rows import target_path
from libs.network.resources import stream_of
from libs.network.router import Interface, Router
from libs.network.world import Decision, Need, Resource, World


def needs(command: RemoveRouterInterface, world: World) -> tuple[Need, ...]:
    """The router, then the port that leaves."""
    stream = stream_of("router", command.router_id)
    resource = found(world, "router", command.router_id)
    ports = [] if resource is None else [one.port_id for one in _meant(resource.state, command)]
    return (stream, *(stream_of("port", id) for id in dict.fromkeys(ports)))


def _meant(router: Router, command: RemoveRouterInterface) -> tuple[Interface, ...]:
    """By port all that it has, by subnet that one."""
    if command.port_id:
        return tuple(one for one in router.interfaces if one.port_id == command.port_id)
    return tuple(one for one in router.interfaces if one.subnet_id == command.subnet_id)


def remove(command: RemoveRouterInterface, world: World) -> Decision:
    """Facts of the router, one for each subnet, and the port's end. Touched: router, port. Raises 404, 412, 400, 409 while routes or
    floating IPs need it."""
    resource = existing(world, "router", command.router_id)
    check_revision(resource, command.if_revision)
    router: Router = resource.state
    leaving = _leaving(router, command)
    for one in leaving:
        if any(reaches((one.cidr,), route.nexthop) for route in router.routes):
            raise interface_in_use_by_route(router.id, one.subnet_id)
    facts = tuple(
        RouterInterfaceDetached(router.id, one.port_id, one.network_id, one.subnet_id, one.ip_address)
        for one in leaving
    )
    guards = tuple(
        NoneRefers("floatingip", "path", target_path(router.id, id)) for id in {one.subnet_id: None for one in leaving}
    )
    ports = tuple(_left(port, router, leaving) for port in ports_at(world, (leaving[0].port_id,)))
    return Decision((change(resource, facts), *ports), guards, (resource.stream, stream_of("port", leaving[0].port_id)))


def _leaving(router: Router, command: RemoveRouterInterface) -> tuple[Interface, ...]:
    if not (command.port_id or command.subnet_id):
        raise bad_router("Either subnet_id or port_id must be specified")
    meant = _meant(router, command)
    if not meant and command.port_id:
        raise interface_not_found(router.id, command.port_id)
    if not meant:
        raise interface_not_found_for_subnet(router.id, command.subnet_id or "")
    if command.subnet_id and command.subnet_id not in {one.subnet_id for one in meant}:
        raise subnet_mismatch(command.port_id or "", command.subnet_id)
    return meant


def _left(port: Resource, router: Router, leaving: tuple[Interface, ...]) -> Change:
    kept = any(one.port_id == port.state.id and one not in leaving for one in router.interfaces)
    if not kept:
        return port_removal(port)
    gone = {one.subnet_id for one in leaving}
    held = (one for one in port.state.fixed_ips if one.subnet_id in gone)
    return change(port, (AddressReleased(port.state.id, one.subnet_id, one.ip_address) for one in held))
