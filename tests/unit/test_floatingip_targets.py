"""What a floating IP may stand for: which address, by which router, of whose port."""

from __future__ import annotations

import pytest

from libs.commands import (
    UpdateFloatingIp,
)
from libs.events import (
    AddressAllocated,
    FloatingIpAssociated,
    PortDeviceChanged,
    RouterGatewaySet,
)
from tests.unit.given import given, member
from tests.unit.outside import (
    FLOATING,
    GATEWAY_PORT2,
    INTERFACE2,
    PUBLIC,
    ROUTER,
    ROUTER2,
    a_floating_ip,
    a_router,
    a_way_out,
    another_port,
    on_subnet,
    ours,
    point,
    stands_for,
)
from tests.unit.people import (
    DHCP_PORT,
    MAC2,
    NET,
    NET2,
    PORT2,
    SUBNET2,
    SUBNET6,
    US,
    a_network,
    a_port,
    a_slaac_subnet,
    a_subnet,
    dhcp_served,
)


@pytest.mark.parametrize(
    ("addresses", "fixed", "words"),
    [
        ((), None, f"Cannot add floating IP to port {PORT2} that has no fixed IPv4 addresses"),
        (("10.0.0.6", "10.0.0.7"), None, f"Port {PORT2} has multiple fixed IPv4 addresses.  Must provide"),
        (("10.0.0.6",), "10.0.0.9", f"Port {PORT2} does not have fixed ip 10.0.0.9"),
        (
            ("10.0.0.6",),
            "2001:db8::9",
            "Cannot process floating IP association with 2001:db8::9, since that is not an IPv4 address",
        ),
        (("10.0.0.6",), "10.0.0", "'10.0.0' is not a valid IP address"),
    ],
)
def test_which_address_it_is_to_stand_for_must_be_clear(addresses: tuple[str, ...], fixed: str | None, words: str):
    port = a_port(*addresses, id=PORT2, mac=MAC2)
    ours(*port).when(point(PORT2, fixed)).refused(400, "BadRequest", f"Bad floatingip request: {words}")


def test_ipv6_addresses_of_a_port_do_not_count():
    dual = ours(*a_slaac_subnet()).and_then(*another_port())
    both = dual.and_then(AddressAllocated(PORT2, SUBNET6, "2001:db8::6"))
    assert both.when(point(PORT2)).of(FloatingIpAssociated)[0].fixed_ip_address == "10.0.0.6"
    both.when(point(PORT2, "2001:db8::6")).refused(400, "BadRequest", "that is not an IPv4 address")


def test_an_address_without_a_port_is_refused():
    words = "fixed_ip_address cannot be specified without a port_id"
    ours(stands_for()).when(UpdateFloatingIp(FLOATING, {"fixed_ip_address": "10.0.0.5"})).refused(
        400, "BadRequest", words
    )
    ours(stands_for()).when(point(None, "10.0.0.5")).refused(400, "BadRequest", words)


def test_there_must_be_a_router_between_the_port_and_the_public_network():
    elsewhere = (a_network(NET2), *a_subnet("10.9.0.0/24", SUBNET2, NET2))
    port = a_port("10.9.0.6", id=PORT2, mac=MAC2, subnet=SUBNET2, network_id=NET2)
    ours(*elsewhere, *port).when(point(PORT2)).refused(
        404, "ExternalGatewayForFloatingIPNotFound", SUBNET2, PUBLIC, PORT2
    )
    inner = (*a_router(ROUTER2, gateway=None), on_subnet("10.9.0.1", ROUTER2, INTERFACE2, SUBNET2, "10.9.0.0/24", NET2))
    ours(*elsewhere, *port, *inner).when(point(PORT2)).refused(404, "ExternalGatewayForFloatingIPNotFound")
    another_way = RouterGatewaySet(ROUTER2, NET2, GATEWAY_PORT2, (), True)
    ours(*elsewhere, *port, *inner, another_way).when(point(PORT2)).refused(404, "ExternalGatewayForFloatingIPNotFound")


def test_of_several_routers_the_subnets_gateway_leads():
    second = (*a_router(ROUTER2, "203.0.113.3", GATEWAY_PORT2), on_subnet("10.0.0.254", ROUTER2, INTERFACE2))
    assert ours(*second).when(point()).of(FloatingIpAssociated)[0].router_id == ROUTER
    first_gone = given(*a_way_out()[:-2], *a_floating_ip(), on_subnet("10.0.0.253"), *second[:-1])
    gateway = first_gone.and_then(on_subnet("10.0.0.1", ROUTER2, INTERFACE2)).by(member(US))
    assert gateway.when(point()).of(FloatingIpAssociated)[0].router_id == ROUTER2
    neither = first_gone.and_then(on_subnet("10.0.0.254", ROUTER2, INTERFACE2)).by(member(US))
    assert neither.when(point()).of(FloatingIpAssociated)[0].router_id == ROUTER


@pytest.mark.parametrize(
    "owner", ["network:dhcp", "network:router_interface", "network:router_gateway", "network:floatingip"]
)
def test_ports_of_the_networks_own_devices_have_no_floating_ips(owner: str):
    ours(*another_port(device_owner=owner)).when(point(PORT2)).refused(400, "BadRequest", "unable to be assigned")


def test_a_dhcp_port_is_known_whatever_it_is_said_to_belong_to():
    renamed = PortDeviceChanged(DHCP_PORT, f"dhcp-{NET}", "vm", "network:dhcp", "compute:nova")
    served = ours(*dhcp_served("10.0.0.2"), renamed)
    served.when(point(DHCP_PORT)).refused(400, "BadRequest", "unable to be assigned")
