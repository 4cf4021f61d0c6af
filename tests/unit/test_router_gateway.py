"""A router's way out: set, moved, changed, cleared, and what keeps it."""

from __future__ import annotations

import pytest

from libs.commands import UpdateNetwork, WantedAddress, WantedGateway
from libs.eventlog.lost import refusal_of_guard
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortBound,
    PortCreated,
    PortDeleted,
    RouterGatewayAddressesChanged,
    RouterGatewayCleared,
    RouterGatewaySet,
    RouterRouteRemoved,
    RouterSnatChanged,
)
from libs.model import Context, FixedIp
from libs.network import decisions
from libs.network.world import World
from tests.unit.edge import (
    GATEWAY_TOO,
    a_bare_router,
    a_running_edge,
    an_edge,
    change,
    join,
    land,
    new,
    out,
    route,
    then_did,
)
from tests.unit.given import admin
from tests.unit.outside import GATEWAY_PORT, PUBLIC, PUBLIC_SUBNET, PUBLIC_SUBNET2, ROUTER
from tests.unit.people import NET, NET2, NET3, SUBNET2, US, a_network, a_subnet


def public(*addresses: str) -> tuple[FixedIp, ...]:
    return tuple(FixedIp(PUBLIC_SUBNET, one) for one in addresses)


ELSEWHERE = (a_network(NET3, "others", external=True, segmentation_id=9), *a_subnet("198.51.100.0/24", SUBNET2, NET3))


def test_a_way_out_is_set_later():
    led = a_bare_router().when(change(gateway=out(snat=False)))
    [fact] = led.of(RouterGatewaySet)
    assert fact == RouterGatewaySet(ROUTER, PUBLIC, GATEWAY_PORT, public("203.0.113.2"), False)
    assert led.guards == ()


def test_the_gateway_port_is_bound_where_the_router_runs():
    cleared = then_did(a_running_edge(), change(gateway=None))
    led = cleared.when(change(gateway=out(port=GATEWAY_TOO)))
    assert [(one.host, one.generation) for one in led.of(PortBound)] == [("net1", 1)]


def test_an_address_may_be_asked_for():
    led = a_bare_router().when(change(gateway=out(PUBLIC, GATEWAY_PORT, None, "203.0.113.77")))
    assert led.of(AddressAllocated) == [AddressAllocated(GATEWAY_PORT, PUBLIC_SUBNET, "203.0.113.77")]


def test_saying_again_what_is_so_changes_nothing():
    for wish in (out(), out(snat=True), out(PUBLIC, GATEWAY_TOO, None, "203.0.113.2")):
        assert an_edge().when(change(gateway=wish)).decision.changes == ()


def test_snat_goes_on_and_off():
    off = an_edge().when(change(gateway=out(snat=False)))
    off.then(RouterSnatChanged(ROUTER, False))
    off.after().when(change(gateway=out(snat=True))).then(RouterSnatChanged(ROUTER, True))
    off.after().when(change(gateway=out())).then()
    routed = then_did(an_edge(), change(routes=(route("192.0.2.0/24", "203.0.113.99"),)))
    routed.when(change(gateway=out(snat=False))).then(RouterSnatChanged(ROUTER, False))


def test_the_gateway_gets_another_address():
    moved = an_edge().when(change(gateway=out(PUBLIC, GATEWAY_TOO, False, "203.0.113.9")))
    moved.then(
        AddressReleased(GATEWAY_PORT, PUBLIC_SUBNET, "203.0.113.2"),
        AddressAllocated(GATEWAY_PORT, PUBLIC_SUBNET, "203.0.113.9"),
        RouterGatewayAddressesChanged(ROUTER, GATEWAY_PORT, public("203.0.113.2"), public("203.0.113.9")),
        RouterSnatChanged(ROUTER, False),
    )


def test_the_gateway_moves_to_another_subnet_of_its_network():
    second = a_subnet("198.51.100.0/24", PUBLIC_SUBNET2, PUBLIC, project_id="operators")
    wish = WantedGateway(PUBLIC, GATEWAY_TOO, None, (WantedAddress(PUBLIC_SUBNET2),))
    moved = an_edge(*second).when(change(gateway=wish))
    after = (FixedIp(PUBLIC_SUBNET2, "198.51.100.2"),)
    assert moved.of(RouterGatewayAddressesChanged) == [
        RouterGatewayAddressesChanged(ROUTER, GATEWAY_PORT, public("203.0.113.2"), after)
    ]
    assert moved.after().state("port", GATEWAY_PORT).fixed_ips == after


def test_to_switch_snat_the_network_is_not_read():
    """It changes whenever a subnet comes: the one must not hold up the other."""
    past = an_edge()
    world = World(Context(past.actor, "", "", ""), {f"router-{ROUTER}": past.resources[f"router-{ROUTER}"]})
    assert decisions.needs(change(gateway=out(snat=False)), world) == (f"router-{ROUTER}",)


def test_a_way_out_is_cleared_with_its_port():
    cleared = an_edge().when(change(gateway=None))
    cleared.then(
        AddressReleased(GATEWAY_PORT, PUBLIC_SUBNET, "203.0.113.2"),
        *cleared.of(PortDeleted),
        RouterGatewayCleared(ROUTER, PUBLIC, GATEWAY_PORT),
    )


def test_a_way_out_moves_to_another_network_in_one_commit_and_keeps_its_snat():
    past = then_did(an_edge(*ELSEWHERE), change(gateway=out(snat=False)))
    moved = past.when(change(gateway=out(NET3, GATEWAY_TOO)))
    [deleted], [created], [fact] = moved.of(PortDeleted), moved.of(PortCreated), moved.of(RouterGatewaySet)
    assert (deleted.port_id, created.port_id) == (GATEWAY_PORT, GATEWAY_TOO)
    held = (FixedIp(SUBNET2, "198.51.100.2"),)
    assert fact == RouterGatewaySet(ROUTER, NET3, GATEWAY_TOO, held, False, PUBLIC, GATEWAY_PORT)
    assert moved.of(RouterGatewayCleared) == []


def test_floating_ips_keep_the_way_out_they_need():
    past = an_edge(*ELSEWHERE)
    for wish in (None, out(NET3, GATEWAY_TOO)):
        [guard] = past.when(change(gateway=wish)).guards
        assert guard == NoneRefers("floatingip", "router_id", ROUTER)
        refusal = refusal_of_guard(guard, past.resources)
        assert (refusal.status, refusal.type) == (409, "RouterExternalGatewayInUseByFloatingIp")
        assert ROUTER in refusal.message
        assert f"external network {PUBLIC} is required" in refusal.message
    assert past.when(change(gateway=out(PUBLIC, GATEWAY_PORT, None, "203.0.113.9"))).guards == ()


def test_only_external_networks_lead_out():
    a_bare_router().when(change(gateway=out(NET))).refused(
        400, "BadRequest", f"Bad router request: Network {NET} is not an external network."
    )
    land().when(new(gateway=out(NET))).refused(400, "BadRequest")
    a_bare_router().when(change(gateway=out(NET2))).refused(404, "NetworkNotFound")


def test_the_address_of_the_networks_own_gateway_is_not_ours():
    words = "External IP 203.0.113.1 is the same as the gateway IP"
    for past in (a_bare_router(), an_edge()):
        past.when(change(gateway=out(PUBLIC, GATEWAY_TOO, None, "203.0.113.1"))).refused(400, "BadRequest", words)


@pytest.mark.parametrize(
    ("address", "type"), [("10.0.0.9", "InvalidIpForNetwork"), ("203.0.113.255", "InvalidIpForNetwork")]
)
def test_an_address_from_elsewhere_is_refused(address: str, type: str):
    a_bare_router().when(change(gateway=out(PUBLIC, GATEWAY_PORT, None, address))).refused(400, type)


def test_a_full_network_refuses_a_gateway():
    a_bare_router().with_full(PUBLIC_SUBNET).when(change(gateway=out())).refused(409, "IpAddressGenerationFailure")


def test_inside_and_outside_must_not_share_addresses():
    overlapping = a_subnet("203.0.113.64/26", SUBNET2)
    words = f"overlaps with cidr 203.0.113.64/26 of subnet {SUBNET2}"
    inside = then_did(a_bare_router(*overlapping), join(SUBNET2))
    inside.when(change(gateway=out())).refused(
        400, "BadRequest", f"Cidr 203.0.113.0/24 of subnet {PUBLIC_SUBNET}", words
    )
    then_did(a_bare_router(*overlapping), change(gateway=out())).when(join(SUBNET2)).refused(
        400, "BadRequest", "overlaps"
    )


def test_all_of_the_public_network_is_outside():
    """Also its subnets that the gateway has no address on: they are on the same wire."""
    second = a_subnet("198.51.100.0/24", PUBLIC_SUBNET2, PUBLIC, project_id="operators")
    overlapping = (a_network(NET2, segmentation_id=9), *a_subnet("198.51.100.128/25", SUBNET2, NET2))
    words = f"overlaps with cidr 198.51.100.0/24 of subnet {PUBLIC_SUBNET2}"
    an_edge(*second, *overlapping).when(join(SUBNET2)).refused(400, "BadRequest", words)
    inside = then_did(a_bare_router(*second, *overlapping), join(SUBNET2))
    inside.when(change(gateway=out())).refused(400, "BadRequest", f"of subnet {PUBLIC_SUBNET2} overlaps with")


def test_routes_that_stay_keep_the_way_out_they_need():
    routed = then_did(an_edge(), change(routes=(route("192.0.2.0/24", "203.0.113.99"),)))
    routed.when(change(gateway=None)).refused(400, "InvalidRoutes", "the nexthop is not connected with router")
    together = routed.when(change(gateway=None, routes=()))
    assert together.of(RouterRouteRemoved) == [RouterRouteRemoved(ROUTER, "192.0.2.0/24", "203.0.113.99")]
    inside = then_did(an_edge(), change(routes=(route("192.0.2.0/24", "10.0.0.99"),)))
    assert inside.when(change(gateway=None)).of(RouterGatewayCleared)


def test_a_way_out_of_both_versions_has_an_address_of_each():
    v6 = a_subnet("2001:db8:ff::/64", PUBLIC_SUBNET2, PUBLIC, project_id="operators")
    led = a_bare_router(*v6).when(change(gateway=out()))
    [fact] = led.of(RouterGatewaySet)
    assert [one.subnet_id for one in fact.fixed_ips] == [PUBLIC_SUBNET, PUBLIC_SUBNET2]


def test_a_public_network_stays_external_as_long_as_routers_or_floating_ips_need_it():
    private = an_edge().by(admin()).when(UpdateNetwork(PUBLIC, {"external": False}))
    assert private.guards == (
        NoneRefers("router", "external_network_id", PUBLIC),
        NoneRefers("floatingip", "floating_network_id", PUBLIC),
    )
    for guard in private.guards:
        refusal = refusal_of_guard(guard, {})
        assert (refusal.status, refusal.type) == (409, "ExternalNetworkInUse")
        assert PUBLIC in refusal.message
    assert an_edge().by(admin()).when(UpdateNetwork(PUBLIC, {"name": "x"})).guards == ()


def test_the_gateway_port_is_nobodys():
    [port] = land().when(new(gateway=out())).of(PortCreated)
    assert port.project_id == ""
    assert US not in (port.project_id, port.name)
