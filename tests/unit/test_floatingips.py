"""Floating IPs are made: where their address comes from, what they may stand for at once, and who may have them."""

from __future__ import annotations

import pytest

from libs.commands import CreateFloatingIps
from libs.events import AddressAllocated, FloatingIpAllocated, FloatingIpAssociated, PortCreated
from libs.network.kinds import body_of
from libs.network.world import ChooseAddresses, ChooseMac
from tests.unit.given import Given, given, member
from tests.unit.outside import (
    FLOATING,
    FLOATING2,
    HOLDER,
    HOLDER2,
    PUBLIC,
    PUBLIC_SUBNET,
    PUBLIC_SUBNET2,
    ROUTER,
    a_way_out,
    a_wish,
    the_public_network,
)
from tests.unit.people import PORT, SUBNET, US, a_network, a_port, a_subnet


def we(*events: object) -> Given:
    return given(*events).by(member(US))  # type: ignore[arg-type]


def create(**more: object) -> CreateFloatingIps:
    return CreateFloatingIps((a_wish(**more),))  # type: ignore[arg-type]


def test_a_floating_ip_is_an_address_with_a_port_of_its_own():
    made = we(*the_public_network()).when(create(description="web"))
    [port] = made.of(PortCreated)
    assert (port.port_id, port.network_id, port.project_id, port.name) == (HOLDER, PUBLIC, "", "")
    assert (port.device_owner, port.device_id) == ("network:floatingip", FLOATING)
    assert made.of(AddressAllocated) == [AddressAllocated(HOLDER, PUBLIC_SUBNET, "203.0.113.2")]
    assert made.of(FloatingIpAllocated) == [
        FloatingIpAllocated(FLOATING, US, PUBLIC, PUBLIC_SUBNET, "203.0.113.2", HOLDER, "web")
    ]
    assert [change.network_id for change in made.decision.changes] == [PUBLIC, PUBLIC]
    assert made.decision.touched == (f"floatingip-{FLOATING}",)
    assert made.after().state("floatingip", FLOATING).status == "DOWN"


def test_only_the_ipv4_subnets_give_addresses():
    made = we(*the_public_network("2001:db8:9::/64", "203.0.113.0/24")).when(create())
    assert made.asked == (
        ChooseMac(HOLDER),
        ChooseAddresses(HOLDER, PUBLIC, None, ((PUBLIC_SUBNET2, 1),), None, ()),
    )
    assert made.of(AddressAllocated) == [AddressAllocated(HOLDER, PUBLIC_SUBNET2, "203.0.113.2")]


def test_a_slaac_subnet_gives_the_port_of_a_floating_ip_nothing():
    slaac = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    dual = we(*the_public_network(), *a_subnet("2001:db8:9::/64", PUBLIC_SUBNET2, PUBLIC, **slaac))
    assert [one.ip_address for one in dual.when(create()).of(AddressAllocated)] == ["203.0.113.2"]


def test_an_address_that_is_named_is_taken_and_nobody_is_asked_for_one():
    made = we(*the_public_network()).when(create(floating_ip_address="203.0.113.99"))
    assert made.asked == (ChooseMac(HOLDER),)
    assert made.of(AddressAllocated) == [AddressAllocated(HOLDER, PUBLIC_SUBNET, "203.0.113.99")]


def test_a_subnet_that_is_named_gives_the_address():
    made = we(*the_public_network("203.0.113.0/24", "198.51.100.0/24")).when(create(subnet_id=PUBLIC_SUBNET2))
    assert made.of(AddressAllocated) == [AddressAllocated(HOLDER, PUBLIC_SUBNET2, "198.51.100.2")]


@pytest.mark.parametrize(
    ("wish", "status", "type", "words"),
    [
        ({"floating_ip_address": "192.0.2.1"}, 400, "InvalidIpForNetwork", "192.0.2.1"),
        (
            {"floating_ip_address": "198.51.100.7", "subnet_id": PUBLIC_SUBNET},
            400,
            "InvalidIpForSubnet",
            "198.51.100.7",
        ),
        ({"subnet_id": SUBNET}, 404, "SubnetNotFound", SUBNET),
        ({"fixed_ip_address": "10.0.0.5"}, 400, "BadRequest", "fixed_ip_address cannot be specified without a port_id"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wish: dict[str, str], status: int, type: str, words: str):
    we(*the_public_network()).when(create(**wish)).refused(status, type, words)


def test_an_ipv6_subnet_has_no_floating_ips_to_give():
    dual = we(*the_public_network("203.0.113.0/24", "2001:db8:9::/64"))
    dual.when(create(subnet_id=PUBLIC_SUBNET2)).refused(400, "ExternalIpAddressExhausted", PUBLIC)
    dual.when(create(floating_ip_address="2001:db8:9::7")).refused(400, "ExternalIpAddressExhausted", PUBLIC)


def test_an_empty_pool_is_told_in_neutrons_words():
    full = we(*the_public_network()).with_full(PUBLIC_SUBNET)
    full.when(create()).refused(
        400, "ExternalIpAddressExhausted", f"Unable to find any IP address on external network {PUBLIC}."
    )
    full.when(create(subnet_id=PUBLIC_SUBNET)).refused(400, "ExternalIpAddressExhausted")


def test_floating_ips_come_from_external_networks_with_ipv4_alone():
    we(*the_public_network(external=False, shared=True)).when(create()).refused(
        400, "BadRequest", f"Bad floatingip request: Network {PUBLIC} is not a valid external network."
    )
    we(a_network(PUBLIC, external=True)).when(create()).refused(
        400, "BadRequest", f"Network {PUBLIC} does not contain any IPv4 subnet."
    )
    we().when(create()).refused(404, "NetworkNotFound", PUBLIC)


def test_many_are_made_together_and_a_named_address_is_not_given_to_another():
    wishes = a_wish(), a_wish(FLOATING2, HOLDER2, floating_ip_address="203.0.113.2")
    made = we(*the_public_network()).when(CreateFloatingIps(wishes))
    addresses = {one.port_id: one.ip_address for one in made.of(AddressAllocated)}
    assert addresses == {HOLDER: "203.0.113.3", HOLDER2: "203.0.113.2"}
    assert made.decision.touched == (f"floatingip-{FLOATING}", f"floatingip-{FLOATING2}")


def test_one_that_cannot_be_made_spoils_the_others():
    wishes = a_wish(), a_wish(FLOATING2, HOLDER2, floating_ip_address="192.0.2.1")
    we(*the_public_network()).when(CreateFloatingIps(wishes)).refused(400, "InvalidIpForNetwork")


def test_it_may_stand_for_a_port_from_the_start():
    made = we(*a_way_out()).when(create(port_id=PORT))
    assert made.of(FloatingIpAssociated) == [
        FloatingIpAssociated(FLOATING, "203.0.113.2", ROUTER, PORT, "10.0.0.5", SUBNET)
    ]
    target = made.after().state("floatingip", FLOATING).target
    assert (target.router_id, target.port_id, target.ip_address) == (ROUTER, PORT, "10.0.0.5")


def test_a_target_without_a_way_out_makes_no_floating_ip():
    inside = (a_network(), *a_port("10.0.0.5"))
    alone = we(*the_public_network(), *inside, *a_subnet())
    alone.when(create(port_id=PORT)).refused(
        404, "ExternalGatewayForFloatingIPNotFound", f"External network {PUBLIC} is not reachable from subnet {SUBNET}."
    )
    assert alone.when(create()).events


def test_the_bodys_shape_is_neutrons():
    after = we(*a_way_out()).when(create(port_id=PORT)).after()
    assert body_of(after.resources[f"floatingip-{FLOATING}"]) == {
        "id": FLOATING,
        "tenant_id": US,
        "project_id": US,
        "floating_network_id": PUBLIC,
        "floating_ip_address": "203.0.113.2",
        "router_id": ROUTER,
        "port_id": PORT,
        "fixed_ip_address": "10.0.0.5",
        "status": "DOWN",
        "description": "",
        "created_at": "2026-11-22T15:30:00Z",
        "updated_at": "2026-11-22T15:30:00Z",
        "revision_number": 2,
        "tags": [],
        "dns_name": "",
        "dns_domain": "",
    }
