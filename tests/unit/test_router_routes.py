"""A router's extra routes: whole lists, additions and removals; every next hop is a neighbour."""

from __future__ import annotations

import pytest

from libs.commands import AddRoutes, RemoveRoutes
from libs.eventlog.protocol import Within
from libs.events import RouterGatewaySet, RouterRouteAdded, RouterRouteRemoved
from tests.unit.edge import GATEWAY_TOO, a_bare_router, an_edge, change, out, route, then_did
from tests.unit.given import Given
from tests.unit.outside import ROUTER
from tests.unit.people import US

NEAR, FAR = route("10.9.0.0/16", "10.0.0.9"), route("192.0.2.0/24", "203.0.113.99")


def add(*routes) -> AddRoutes:
    return AddRoutes(ROUTER, routes)


def remove(*routes) -> RemoveRoutes:
    return RemoveRoutes(ROUTER, routes)


def routed(*routes) -> Given:
    return then_did(an_edge(), change(routes=routes))


def test_the_whole_list_is_given():
    an_edge().when(change(routes=(NEAR, FAR))).then(
        RouterRouteAdded(ROUTER, "10.9.0.0/16", "10.0.0.9"), RouterRouteAdded(ROUTER, "192.0.2.0/24", "203.0.113.99")
    )
    routed(NEAR).when(change(routes=(FAR,))).then(
        RouterRouteRemoved(ROUTER, "10.9.0.0/16", "10.0.0.9"),
        RouterRouteAdded(ROUTER, "192.0.2.0/24", "203.0.113.99"),
    )
    routed(NEAR, FAR).when(change(routes=(FAR, NEAR))).then()
    assert len(routed(NEAR, FAR).when(change(routes=())).of(RouterRouteRemoved)) == 2


def test_routes_have_one_form_and_are_there_once():
    an_edge().when(change(routes=(route("10.9.7.7/16", "10.0.0.9"), NEAR))).then(
        RouterRouteAdded(ROUTER, "10.9.0.0/16", "10.0.0.9")
    )


def test_routes_are_added_to_those_that_are_there():
    routed(NEAR).when(add(NEAR, FAR)).then(RouterRouteAdded(ROUTER, "192.0.2.0/24", "203.0.113.99"))
    second = route("10.9.0.0/16", "10.0.0.10")
    routed(NEAR).when(add(second)).then(RouterRouteAdded(ROUTER, "10.9.0.0/16", "10.0.0.10"))


def test_routes_are_removed_from_those_that_are_there():
    routed(NEAR, FAR).when(remove(NEAR, route("10.9.0.0/16", "10.0.0.10"))).then(
        RouterRouteRemoved(ROUTER, "10.9.0.0/16", "10.0.0.9")
    )
    routed(NEAR).when(remove(FAR)).then()


@pytest.mark.parametrize(
    ("destination", "nexthop", "words"),
    [
        ("10.9.0.0/16", "10.0.7.9", "the nexthop is not connected with router"),
        ("10.9.0.0/16", "10.0.0.1", "the nexthop is used by router"),
        ("10.9.0.0/16", "203.0.113.2", "the nexthop is used by router"),
        ("2001:db8::/64", "10.0.0.9", "different IP versions"),
        ("10.9.0.0", "10.0.0.9", "is not a valid IP subnet"),
        ("10.9.0.0/16", "10.0.0", "is not a valid IP address"),
    ],
)
def test_a_route_that_leads_nowhere_is_refused(destination: str, nexthop: str, words: str):
    for command in (change(routes=(route(destination, nexthop),)), add(route(destination, nexthop))):
        an_edge().when(command).refused(400, "InvalidRoutes", words, f"'destination': '{destination}'")


def test_there_is_an_end_to_routes():
    many = tuple(route(f"10.{number}.0.0/16", "10.0.0.9") for number in range(10, 40))
    came = an_edge().when(change(routes=many))
    assert len(came.of(RouterRouteAdded)) == 30
    assert Within("router_route", US, 30) in came.guards
    assert Within("router_route", US, 31) in routed(*many).when(add(FAR)).guards
    fewer = routed(*many).when(change(routes=many[:5]))
    assert not [one for one in fewer.guards if isinstance(one, Within)], "what goes is always allowed"


def test_a_route_may_come_together_with_the_way_that_it_needs():
    together = a_bare_router().when(change(gateway=out(port=GATEWAY_TOO), routes=(FAR,)))
    assert together.of(RouterGatewaySet)
    assert together.of(RouterRouteAdded)
    a_bare_router().when(change(routes=(FAR,))).refused(400, "InvalidRoutes")
