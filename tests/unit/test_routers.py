"""Routers: made, changed, deleted."""

from __future__ import annotations

from libs.commands import CreateRouters, DeleteRouter, NewRouter, RemoveRouterInterface, UpdateRouter
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortCreated,
    PortDeleted,
    RouterAdminStateChanged,
    RouterCreated,
    RouterDeleted,
    RouterDescribed,
    RouterGatewaySet,
    RouterRenamed,
)
from libs.model import FixedIp
from tests.unit.edge import GATEWAY_TOO, a_bare_router, a_running_edge, an_edge, change, join, land, new, out, then_did
from tests.unit.given import given
from tests.unit.outside import GATEWAY_PORT, INTERFACE, PUBLIC, PUBLIC_SUBNET, ROUTER, ROUTER2
from tests.unit.people import SUBNET, US


def test_a_router_is_made():
    made = land().when(CreateRouters((NewRouter(ROUTER, US, "edge", "the way out", False, None, ("nova",)),)))
    made.then(RouterCreated(ROUTER, US, "edge", "the way out", False, ("nova",)))
    assert made.asked == ()


def test_a_router_with_a_way_out_is_one_commit_with_its_gateway_port():
    made = land().when(new(gateway=out()))
    held = FixedIp(PUBLIC_SUBNET, "203.0.113.2")
    made.then(
        *made.of(PortCreated),
        AddressAllocated(GATEWAY_PORT, PUBLIC_SUBNET, "203.0.113.2"),
        RouterCreated(ROUTER, US, "edge", "", True),
        RouterGatewaySet(ROUTER, PUBLIC, GATEWAY_PORT, (held,), True),
    )
    [port] = made.of(PortCreated)
    assert (port.project_id, port.name, port.device_id, port.device_owner) == ("", "", ROUTER, "network:router_gateway")
    assert made.after().state("port", GATEWAY_PORT).host == ""


def test_several_routers_are_made_together_or_not_at_all():
    both = CreateRouters((NewRouter(ROUTER, US), NewRouter(ROUTER2, US, gateway=out())))
    made = land().when(both)
    assert [one.router_id for one in made.of(RouterCreated)] == [ROUTER, ROUTER2]
    assert made.decision.touched == (f"router-{ROUTER}", f"router-{ROUTER2}")
    lost = CreateRouters((NewRouter(ROUTER, US), NewRouter(ROUTER2, US, gateway=out("nowhere"))))
    land().when(lost).refused(404, "NetworkNotFound")


def test_two_routers_of_one_request_do_not_get_the_address_that_one_of_them_names():
    named = NewRouter(ROUTER, US, gateway=out(PUBLIC, GATEWAY_PORT, None, "203.0.113.2"))
    made = land().when(CreateRouters((named, NewRouter(ROUTER2, US, gateway=out(port=GATEWAY_TOO)))))
    assert [one.ip_address for one in made.of(AddressAllocated)] == ["203.0.113.2", "203.0.113.3"]


def test_each_change_is_a_fact_and_what_stays_is_none():
    a_bare_router().when(change(name="rim", description="d", admin_state_up=False)).then(
        RouterRenamed(ROUTER, "edge", "rim"),
        RouterDescribed(ROUTER, "", "d"),
        RouterAdminStateChanged(ROUTER, False),
    )
    a_bare_router().when(change(name="edge", description="", admin_state_up=True, routes=(), gateway=None)).then()


def test_another_revision_than_the_expected_one_is_refused():
    for command in (UpdateRouter(ROUTER, {"name": "x"}, 2), DeleteRouter(ROUTER, 2)):
        a_bare_router().when(command).refused(412, "RevisionNumberConstraintFailed")
    assert a_bare_router().when(DeleteRouter(ROUTER, 1)).events


def test_routers_that_are_not_there_cannot_be_changed():
    for command in (change(name="mine"), DeleteRouter(ROUTER), join(), change(gateway=out())):
        given().when(command).refused(404, "RouterNotFound", f"Router {ROUTER} could not be found")


def test_a_router_ends_with_its_gateway_port():
    ended = then_did(land(), new(gateway=out())).when(DeleteRouter(ROUTER))
    ended.then(
        AddressReleased(GATEWAY_PORT, PUBLIC_SUBNET, "203.0.113.2"),
        *ended.of(PortDeleted),
        RouterDeleted(ROUTER, US, ""),
    )
    assert ended.guards == (NoneRefers("floatingip", "router_id", ROUTER),)
    after = ended.after()
    assert after.resources[f"router-{ROUTER}"] is None
    assert after.resources[f"port-{GATEWAY_PORT}"] is None


def test_a_router_with_interfaces_is_in_use():
    an_edge().when(DeleteRouter(ROUTER)).refused(
        409, "RouterInUse", f"Router {ROUTER} has ports still attached: {INTERFACE}"
    )


def test_a_router_that_ends_says_where_it_ran():
    alone = then_did(a_running_edge(), RemoveRouterInterface(ROUTER, SUBNET))
    assert alone.resources[f"port-{INTERFACE}"] is None
    assert alone.when(DeleteRouter(ROUTER)).of(RouterDeleted) == [RouterDeleted(ROUTER, US, "net1")]
