"""A router's life up to where a story begins: made, led out, joined, running. Everything by commands, as its owner does it."""

from __future__ import annotations

from typing import Any

from libs.commands import (
    AddRouterInterface,
    Command,
    CreateRouters,
    NewRouter,
    ScheduleRouter,
    UpdateRouter,
    WantedAddress,
    WantedGateway,
)
from libs.events import Event
from libs.model import HostRoute
from tests.unit.given import Given, admin, given, member
from tests.unit.outside import GATEWAY_PORT, INTERFACE, L3, PUBLIC, ROUTER, the_public_network
from tests.unit.people import SUBNET, US, a_network, a_subnet, uuid_of

L3_TOO, INTERFACE_TOO, GATEWAY_TOO = uuid_of(172), uuid_of(143), uuid_of(133)


def then_did(past: Given, *commands: Command) -> Given:
    """The past after our commands."""
    for command in commands:
        past = past.when(command).after().by(past.actor)
    return past


def land(*events: Event) -> Given:
    """Our network with a subnet, and the operators' public one; it is us who act."""
    return given(*the_public_network(), a_network(), *a_subnet(), *events).by(member(US))


def new(id: str = ROUTER, project: str = US, **more: Any) -> CreateRouters:
    return CreateRouters((NewRouter(id, project, "edge", **more),))


def out(network: str = PUBLIC, port: str = GATEWAY_PORT, snat: bool | None = None, *addresses: str) -> WantedGateway:
    wishes = tuple(WantedAddress(None, one) for one in addresses) or None
    return WantedGateway(network, port, snat, wishes)


def join(subnet: str = SUBNET, port: str = INTERFACE) -> AddRouterInterface:
    return AddRouterInterface(ROUTER, port, subnet_id=subnet)


def run(host: str = "net1", agent: str = L3, reason: str = "asked") -> ScheduleRouter:
    return ScheduleRouter(ROUTER, agent, host, "nova", reason)


def route(destination: str, nexthop: str) -> HostRoute:
    return HostRoute(destination, nexthop)


def change(**changes: Any) -> UpdateRouter:
    return UpdateRouter(ROUTER, changes)


def a_bare_router(*events: Event) -> Given:
    return then_did(land(*events), new())


def an_edge(*events: Event) -> Given:
    """Our router: led out to 203.0.113.2, joined to our subnet by its gateway address, running nowhere."""
    return then_did(land(*events), new(gateway=out()), join())


def a_running_edge(*events: Event) -> Given:
    """The same, running on net1."""
    past = an_edge(*events)
    return then_did(past.by(admin()), run()).by(member(US))
