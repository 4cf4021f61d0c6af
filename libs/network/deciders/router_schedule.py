"""Which L3 agent runs a router: the fact, and its ports bound on that agent's host, in one commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from libs.commands import ScheduleRouter, UnscheduleRouter
from libs.eventlog.protocol import Change
from libs.events import FloatingIpWentDown, RouterEvent, RouterScheduled, RouterUnscheduled
from libs.model import DOWN
from libs.network.deciders.binding import binding_changes, binding_question, binds_anew
from libs.network.deciders.reading import change, existing, found, network_at, ports_at
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.router import Router
from libs.network.world import Decision, Find, Need, Question, Resource, World


def scheduling_needs(command: ScheduleRouter, world: World) -> tuple[Need, ...]:
    """The router, then its ports and their networks."""
    return _with_ports(command.router_id, world, networks=True)


def unscheduling_needs(command: UnscheduleRouter, world: World) -> tuple[Need, ...]:
    """The router, then its ports and the floating IPs that work by it."""
    by_it = _by_way_of(command.router_id)
    floating = (stream_of("floatingip", id) for id in world.found.get(by_it, ()))
    return (*_with_ports(command.router_id, world, networks=False), by_it, *floating)


def _by_way_of(router_id: str) -> Find:
    return Find("floatingip", "router_id", router_id)


def _with_ports(router_id: str, world: World, networks: bool) -> tuple[Need, ...]:
    stream = stream_of("router", router_id)
    resource = found(world, "router", router_id)
    if resource is None:
        return (stream,)
    router: Router = resource.state
    ids = [one.network_id for one in (router.gateway, *router.interfaces) if one is not None]
    further = (stream_of("network", id) for id in dict.fromkeys(ids)) if networks else ()
    return (stream, *(stream_of("port", id) for id in router.port_ids), *further)


def _ports(resource: Resource, world: World) -> tuple[Resource, ...]:
    return ports_at(world, resource.state.port_ids)


def scheduling_questions(command: ScheduleRouter, world: World) -> tuple[Question, ...]:
    """How the ports are to be attached that are not on that host yet, or could not be. Raises 404."""
    there = {"host": command.host}
    ports: Iterator[Port] = (one.state for one in _ports(existing(world, "router", command.router_id), world))
    return tuple(_question(port, there, world) for port in ports if binds_anew(port, there))


def _question(port: Port, there: Mapping[str, Any], world: World) -> Question:
    return binding_question(port, there, existing(world, "network", port.network_id).state.segment)


def schedule(command: ScheduleRouter, world: World) -> Decision:
    """The fact (and the other agent's), and every port bound on the host. A repeat binds what could not be bound before, and is
    nothing else. Raises 404."""
    resource = existing(world, "router", command.router_id)
    facts = tuple(_scheduled(command, resource.state))
    own = (change(resource, facts),) if facts else ()
    return Decision((*own, *_rebound(resource, command.host, world)), touched=(resource.stream,))


def _scheduled(command: ScheduleRouter, router: Router) -> Iterator[RouterEvent]:
    before = router.server
    if before and (before.agent_id, before.host) == (command.agent_id, command.host):
        return
    if before:
        yield RouterUnscheduled(router.id, before.agent_id, before.host, command.reason)
    yield RouterScheduled(router.id, command.agent_id, command.host, command.availability_zone)


def _rebound(resource: Resource, host: str, world: World) -> Iterator[Change]:
    for port in _ports(resource, world):
        network = network_at(world, port.state.network_id)
        events = tuple(binding_changes(port.state, {"host": host}, network.segment if network else None, world))
        if events:
            yield change(port, events)


def unschedule(command: UnscheduleRouter, world: World) -> Decision:
    """The fact, its ports unbound, and its floating IPs down: no agent is left that would say so. Nothing when that agent does not
    run the router. Raises 404."""
    resource = existing(world, "router", command.router_id)
    server = resource.state.server
    if server is None or server.agent_id != command.agent_id:
        return Decision(touched=(resource.stream,))
    fact = RouterUnscheduled(command.router_id, server.agent_id, server.host, command.reason)
    changes = (
        change(resource, (fact,)),
        *_rebound(resource, "", world),
        *_silenced(command.router_id, server.host, world),
    )
    return Decision(changes, touched=(resource.stream,))


def _silenced(router_id: str, host: str, world: World) -> Iterator[Change]:
    """What is not down yet; one that comes meanwhile is read by a router that changed, and so decided again."""
    for id in world.found[_by_way_of(router_id)]:
        floating = found(world, "floatingip", id)
        if floating is not None and floating.state.status != DOWN:
            yield change(floating, (FloatingIpWentDown(id, host, "router moved"),))
