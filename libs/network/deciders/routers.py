"""Routers: create, with a way out or without, and delete."""

from __future__ import annotations

from collections.abc import Iterator

from libs.commands import CreateRouters, DeleteRouter, NewRouter, WantedGateway
from libs.errors.router import router_in_use
from libs.eventlog.protocol import Change, Guard, NoneRefers
from libs.events import RouterCreated, RouterDeleted, RouterEvent
from libs.network.deciders.dhcp import port_removal
from libs.network.deciders.flavors import check_use, use_needs
from libs.network.deciders.making import making_questions, port_needs
from libs.network.deciders.reading import change, check_revision, existing, found, ports_at
from libs.network.deciders.router_gateway import gateway_port, new_plans, set_by
from libs.network.resources import stream_of
from libs.network.router import Router
from libs.network.world import Decision, Need, Question, World


def _created(new: NewRouter) -> RouterCreated:
    return RouterCreated(
        router_id=new.router_id,
        project_id=new.project_id,
        name=new.name,
        description=new.description,
        admin_state_up=new.admin_state_up,
        availability_zone_hints=new.availability_zone_hints,
        flavor_id=new.flavor_id,
    )


def _bare(new: NewRouter) -> Router:
    """The router before it has a way out."""
    return Router(new.router_id, new.project_id, new.name, new.description, new.admin_state_up)


def _leading_out(command: CreateRouters) -> Iterator[tuple[Router, WantedGateway]]:
    return ((_bare(new), new.gateway) for new in command.routers if new.gateway)


def creation_needs(command: CreateRouters, world: World) -> tuple[Need, ...]:
    """The external networks with their subnets, and the flavors."""
    streams = (port_needs(gateway_port(*pair), world) for pair in _leading_out(command))
    flavors = use_needs((new.flavor_id for new in command.routers), world)
    return tuple(dict.fromkeys((*(stream for each in streams for stream in each), *flavors)))


def creation_questions(command: CreateRouters, world: World) -> tuple[Question, ...]:
    """MACs and addresses of gateway ports. Raises 404, 400."""
    return tuple(question for plan in new_plans(_leading_out(command), world) for question in making_questions(plan))


def create(command: CreateRouters, world: World) -> Decision:
    """All routers with their gateway ports, or none. Raises 404, 400 (no external network, ..), 409 (no address left)."""
    plans = iter(new_plans(_leading_out(command), world))
    changes: list[Change] = []
    for new in command.routers:
        check_use(new.flavor_id, world)
        facts: list[RouterEvent] = [_created(new)]
        if new.gateway:
            way_out = set_by(_bare(new), new.gateway, next(plans), world)
            facts.extend(way_out.facts)
            changes.extend(way_out.ports)
        changes.append(Change(stream_of("router", new.router_id), 0, tuple(facts), new.router_id))
    return Decision(tuple(changes), touched=tuple(stream_of("router", new.router_id) for new in command.routers))


def deletion_needs(command: DeleteRouter, world: World) -> tuple[Need, ...]:
    """The router, then its gateway port."""
    stream = stream_of("router", command.router_id)
    resource = found(world, "router", command.router_id)
    gateway = None if resource is None else resource.state.gateway
    return (stream, stream_of("port", gateway.port_id)) if gateway else (stream,)


def delete(command: DeleteRouter, world: World) -> Decision:
    """The router's end and its gateway port's. Raises 404, 412, 409 while it has interfaces or floating IPs need it."""
    resource = existing(world, "router", command.router_id)
    check_revision(resource, command.if_revision)
    router: Router = resource.state
    if router.interfaces:
        raise router_in_use(router.id, dict.fromkeys(one.port_id for one in router.interfaces))
    ended = change(resource, (RouterDeleted(router.id, router.project_id, router.host),), ends=True)
    if router.gateway is None:
        return Decision((ended,), touched=(resource.stream,))
    removals = (port_removal(one) for one in ports_at(world, (router.gateway.port_id,)))
    guards: tuple[Guard, ...] = (NoneRefers("floatingip", "router_id", router.id),)
    return Decision((*removals, ended), guards, (resource.stream,))
