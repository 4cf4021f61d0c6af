"""Routers: update, and routes added and removed. Each attribute's change is a fact of its own; what stays the same is no fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from libs.commands import AddRoutes, RemoveRoutes, UpdateRouter
from libs.decider import fold
from libs.eventlog.protocol import Guard, Within
from libs.events import (
    RouterAdminStateChanged,
    RouterDescribed,
    RouterEvent,
    RouterRenamed,
    RouterRouteAdded,
    RouterRouteRemoved,
)
from libs.model import HostRoute
from libs.network.deciders import router_gateway
from libs.network.deciders.reading import change, changing, check_revision, existing, found
from libs.network.deciders.router_gateway import GatewayChange
from libs.network.deciders.router_rules import (
    canonical_routes,
    check_routes,
    gateway_subnet_streams,
)
from libs.network.quota import ROUTER_ROUTE
from libs.network.resources import stream_of
from libs.network.router import Router, evolve
from libs.network.world import Decision, Need, Question, World


def needs(command: UpdateRouter, world: World) -> tuple[Need, ...]:
    """The router; what its way out needs to change; the gateway's subnets when next hops matter."""
    stream = stream_of("router", command.router_id)
    resource = found(world, "router", command.router_id)
    if resource is None:
        return (stream,)
    router: Router = resource.state
    out: list[Need] = [stream]
    if "gateway" in command.changes:
        out.extend(router_gateway.needs(router, command.changes["gateway"], world))
    if "routes" in command.changes or ("gateway" in command.changes and router.routes):
        out.extend(gateway_subnet_streams(router))
    return tuple(dict.fromkeys(out))


def questions(command: UpdateRouter, world: World) -> tuple[Question, ...]:
    """What the port of the way out leaves open. Raises 404, 400."""
    router: Router = existing(world, "router", command.router_id).state
    if "gateway" not in command.changes:
        return ()
    return router_gateway.questions(router, command.changes["gateway"], world)


def update(command: UpdateRouter, world: World) -> Decision:
    """Say what changed, the gateway's port in the same commit. Raises 404, 412, 400, 409."""
    resource = existing(world, "router", command.router_id)
    check_revision(resource, command.if_revision)
    router: Router = resource.state
    way_out = GatewayChange()
    if "gateway" in command.changes:
        way_out = router_gateway.changed(router, command.changes["gateway"], world)
    facts = [*_plain_changes(router, command.changes), *way_out.facts]
    facts.extend(_route_changes(_after(router, facts), command.changes, bool(way_out.facts), world))
    if not facts:
        return Decision(touched=(resource.stream,))
    guards = (*way_out.guards, *_room(router, facts))
    return Decision((*way_out.ports, change(resource, facts)), guards, (resource.stream,))


def _after(router: Router, facts: list[RouterEvent]) -> Router:
    before: Router | None = router
    return fold(evolve, before, facts) or router


def _plain_changes(router: Router, changes: Mapping[str, Any]) -> Iterator[RouterEvent]:
    if changes.get("name", router.name) != router.name:
        yield RouterRenamed(router.id, router.name, changes["name"])
    if changes.get("description", router.description) != router.description:
        yield RouterDescribed(router.id, router.description, changes["description"])
    if changes.get("admin_state_up", router.admin_state_up) != router.admin_state_up:
        yield RouterAdminStateChanged(router.id, changes["admin_state_up"])


def _route_changes(
    router: Router, changes: Mapping[str, Any], way_out_changes: bool, world: World
) -> Iterator[RouterEvent]:
    """Routes as wished, by way of the gateway that will be; those that stay must keep their way."""
    if "routes" in changes:
        wanted = canonical_routes(changes["routes"] or ())
        check_routes(router, wanted, world)
        yield from _towards(router, wanted)
    elif way_out_changes:
        check_routes(router, router.routes, world)


def _towards(router: Router, wanted: tuple[HostRoute, ...]) -> Iterator[RouterEvent]:
    for one in router.routes:
        if one not in wanted:
            yield RouterRouteRemoved(router.id, one.destination, one.nexthop)
    for one in wanted:
        if one not in router.routes:
            yield RouterRouteAdded(router.id, one.destination, one.nexthop)


def _room(router: Router, facts: list[RouterEvent]) -> tuple[Guard, ...]:
    """Guard for routes that come: the project's quota says how many a router may have."""
    if not any(isinstance(one, RouterRouteAdded) for one in facts):
        return ()
    return (Within(ROUTER_ROUTE, router.project_id, len(_after(router, facts).routes)),)


def route_needs(command: AddRoutes | RemoveRoutes, world: World) -> tuple[Need, ...]:
    """The router, and its gateway's subnets."""
    stream = stream_of("router", command.router_id)
    resource = found(world, "router", command.router_id)
    return (stream,) if resource is None else (stream, *gateway_subnet_streams(resource.state))


def add_routes(command: AddRoutes, world: World) -> Decision:
    """Further routes; those that are there already are no facts. Raises 404, 412, 400; guarded by the project's quota."""
    resource = existing(world, "router", command.router_id)
    check_revision(resource, command.if_revision)
    router: Router = resource.state
    wanted = canonical_routes((*router.routes, *command.routes))
    check_routes(router, wanted, world)
    facts: list[RouterEvent] = [*_towards(router, wanted)]
    return replace(changing(resource, facts), guards=_room(router, facts))


def remove_routes(command: RemoveRoutes, world: World) -> Decision:
    """Fewer routes; those that are not there are no facts. Raises 404, 412, 400."""
    resource = existing(world, "router", command.router_id)
    check_revision(resource, command.if_revision)
    router: Router = resource.state
    gone = canonical_routes(command.routes)
    return changing(resource, _towards(router, tuple(one for one in router.routes if one not in gone)))
