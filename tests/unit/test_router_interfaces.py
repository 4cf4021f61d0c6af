"""A router joins subnets and leaves them, each time with its port in the same commit."""

from __future__ import annotations

import pytest

from libs.commands import AddRouterInterface, RemoveRouterInterface
from libs.eventlog.lost import refusal_of_guard
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortBound,
    PortCreated,
    PortDeleted,
    PortDeviceChanged,
    RouterInterfaceAttached,
    RouterInterfaceDetached,
)
from tests.unit.edge import (
    INTERFACE_TOO,
    a_bare_router,
    a_running_edge,
    an_edge,
    change,
    join,
    land,
    new,
    route,
    then_did,
)
from tests.unit.given import member
from tests.unit.outside import GATEWAY_PORT, INTERFACE, ROUTER
from tests.unit.people import (
    NET,
    NET2,
    PORT,
    SUBNET,
    SUBNET2,
    SUBNET6,
    THEM,
    US,
    a_network,
    a_port,
    a_slaac_subnet,
    a_subnet,
    bound,
    uuid_of,
)

THEIRS = {"project_id": THEM}
SECOND = a_subnet("10.0.1.0/24", SUBNET2)
V6, V6_TOO = a_slaac_subnet(), uuid_of(17)
OTHER_V6 = a_subnet("2001:db8:1::/64", V6_TOO, ipv6_ra_mode="slaac", ipv6_address_mode="slaac")


def join_by(port: str = PORT) -> AddRouterInterface:
    return AddRouterInterface(ROUTER, INTERFACE, port_id=port)


def attached(address: str = "10.0.0.1", port: str = INTERFACE, subnet: str = SUBNET, cidr: str = "10.0.0.0/24"):
    return RouterInterfaceAttached(ROUTER, port, NET, subnet, address, cidr)


def detached(address: str = "10.0.0.1", port: str = INTERFACE, subnet: str = SUBNET):
    return RouterInterfaceDetached(ROUTER, port, NET, subnet, address)


def leave(subnet: str | None = SUBNET, port: str | None = None) -> RemoveRouterInterface:
    return RemoveRouterInterface(ROUTER, subnet, port)


class TestBySubnet:
    def test_the_router_gets_the_gateways_address_by_a_port_of_its_own(self):
        joined = a_bare_router().when(join())
        [port] = joined.of(PortCreated)
        joined.then(port, AddressAllocated(INTERFACE, SUBNET, "10.0.0.1"), attached())
        assert (port.device_id, port.device_owner) == (ROUTER, "network:router_interface")
        assert (port.project_id, port.name) == (US, "")
        assert joined.decision.touched == (f"router-{ROUTER}", f"port-{INTERFACE}")

    def test_the_port_is_bound_where_the_router_runs(self):
        joined = a_running_edge(*SECOND).when(join(SUBNET2, INTERFACE_TOO))
        assert [(one.port_id, one.host, one.host_before) for one in joined.of(PortBound)] == [
            (INTERFACE_TOO, "net1", "")
        ]

    def test_each_ipv4_subnet_of_a_network_has_a_port(self):
        joined = an_edge(*SECOND).when(join(SUBNET2, INTERFACE_TOO))
        assert joined.of(RouterInterfaceAttached) == [attached("10.0.1.1", INTERFACE_TOO, SUBNET2, "10.0.1.0/24")]

    def test_the_ipv6_subnets_of_a_network_share_one(self):
        first = an_edge(*V6, *OTHER_V6).when(join(SUBNET6, INTERFACE_TOO))
        assert first.of(RouterInterfaceAttached) == [attached("2001:db8::", INTERFACE_TOO, SUBNET6, "2001:db8::/64")]
        second = first.after().by(member(US)).when(join(V6_TOO, uuid_of(199)))
        second.then(
            AddressAllocated(INTERFACE_TOO, V6_TOO, "2001:db8:1::"),
            attached("2001:db8:1::", INTERFACE_TOO, V6_TOO, "2001:db8:1::/64"),
        )
        assert second.asked == ()
        assert second.decision.touched == (f"router-{ROUTER}", f"port-{INTERFACE_TOO}")

    def test_a_subnet_without_gateway_cannot_be_joined(self):
        words = "Bad router request: Subnet for router interface must have a gateway IP."
        a_bare_router(*a_subnet("10.0.1.0/24", SUBNET2, gateway_ip=None)).when(join(SUBNET2)).refused(
            400, "BadRequest", words
        )

    def test_a_subnet_that_another_router_advertises_cannot_be_joined(self):
        foreign = a_subnet("2001:db8::/64", SUBNET6, ipv6_address_mode="slaac")
        a_bare_router(*foreign).when(join(SUBNET6)).refused(400, "BadRequest", "RAs from an external router")
        port = a_port("2001:db8::9", subnet=SUBNET6)
        a_bare_router(*foreign, *port).when(join_by()).refused(400, "BadRequest", "RAs from an external router")

    def test_a_gateway_that_is_not_on_its_subnet_cannot_be_a_routers(self):
        odd = a_subnet("10.0.1.0/24", SUBNET2, gateway_ip="10.0.9.1")
        a_bare_router(*odd).when(join(SUBNET2)).refused(400, "InvalidIpForSubnet")

        v6 = a_subnet("2001:db8:1::/64", V6_TOO, gateway_ip="fe80::1")
        past = then_did(a_bare_router(*V6, *v6), join(SUBNET6))
        past.when(join(V6_TOO, INTERFACE_TOO)).refused(400, "InvalidIpForSubnet", "fe80::1")

    def test_the_ipv6_port_takes_no_ipv4_subnet(self):
        past = then_did(a_bare_router(*V6), join(SUBNET6))
        assert past.when(join(SUBNET, INTERFACE_TOO)).of(RouterInterfaceAttached) == [attached(port=INTERFACE_TOO)]

    def test_what_is_not_there_is_not_found(self):
        a_bare_router().when(join(SUBNET2)).refused(404, "SubnetNotFound")
        land().when(join()).refused(404, "RouterNotFound")


class TestApart:
    def test_twice_on_one_subnet(self):
        words = f"Bad router request: Router already has a port on subnet {SUBNET}."
        an_edge().when(join(SUBNET, INTERFACE_TOO)).refused(400, "BadRequest", words)
        an_edge(*a_port("10.0.0.9")).when(join_by()).refused(400, "BadRequest", words)

    @pytest.mark.parametrize("cidr", ["10.0.0.0/24", "10.0.0.128/25", "10.0.0.0/16", "0.0.0.0/1"])
    def test_overlapping_subnets(self, cidr: str):
        other = (a_network(NET2, segmentation_id=9), *a_subnet(cidr, SUBNET2, NET2, gateway_ip="10.0.0.200"))
        words = f"Cidr {cidr} of subnet {SUBNET2} overlaps with cidr 10.0.0.0/24 of subnet {SUBNET}."
        an_edge(*other).when(join(SUBNET2, INTERFACE_TOO)).refused(400, "BadRequest", words)

    def test_two_routers_may(self):
        other = (a_network(NET2, segmentation_id=9), *a_subnet("10.0.0.0/24", SUBNET2, NET2))
        second = then_did(an_edge(*other), new(uuid_of(122)))
        assert second.when(AddRouterInterface(uuid_of(122), INTERFACE_TOO, subnet_id=SUBNET2)).events


class TestByPort:
    def test_a_given_port_becomes_the_routers_with_its_address(self):
        joined = a_bare_router(*a_port("10.0.0.9", name="mine")).when(join_by())
        joined.then(
            PortDeviceChanged(PORT, "", ROUTER, "", "network:router_interface"),
            attached("10.0.0.9", PORT),
        )
        assert joined.asked == ()
        assert joined.guards == (NoneRefers("floatingip", "port_id", PORT),)
        assert refusal_of_guard(joined.guards[0], {}).status == 409
        assert joined.decision.touched == (f"router-{ROUTER}", f"port-{PORT}")

    def test_it_is_bound_where_the_router_runs(self):
        for before in ((), (bound("compute1"),)):
            joined = a_running_edge(*SECOND, *a_port("10.0.1.9", subnet=SUBNET2), *before).when(join_by())
            assert [(one.host, one.host_before) for one in joined.of(PortBound)] == [
                ("net1", "compute1" if before else "")
            ]

    def test_a_port_with_several_ipv6_addresses_is_a_fact_for_each(self):
        port = (*a_port("2001:db8::9", subnet=SUBNET6), AddressAllocated(PORT, V6_TOO, "2001:db8:1::9"))
        joined = a_bare_router(*V6, *OTHER_V6, *port).when(join_by())
        assert joined.of(RouterInterfaceAttached) == [
            attached("2001:db8::9", PORT, SUBNET6, "2001:db8::/64"),
            attached("2001:db8:1::9", PORT, V6_TOO, "2001:db8:1::/64"),
        ]

    def test_one_ipv6_port_for_each_network(self):
        past = then_did(an_edge(*V6, *OTHER_V6, *a_port("2001:db8:1::9", subnet=V6_TOO)), join(SUBNET6, INTERFACE_TOO))
        past.when(join_by()).refused(400, "BadRequest", f"Router already contains IPv6 port {INTERFACE_TOO}")

    def test_one_ipv4_address_for_each_port(self):
        a_bare_router(*SECOND, *a_port("10.0.0.8"), AddressAllocated(PORT, SUBNET2, "10.0.1.8")).when(
            join_by()
        ).refused(400, "BadRequest", "Cannot have multiple IPv4 subnets on router port")

    def test_a_port_of_a_device_or_without_address_is_refused(self):
        a_bare_router(*a_port("10.0.0.9", device_id="vm")).when(join_by()).refused(
            409, "PortInUse", f"port {PORT} for network {NET}. Port already has an attached device vm."
        )
        a_bare_router(*a_port()).when(join_by()).refused(400, "BadRequest", "must have at least one fixed IP")


class TestLeaving:
    def test_the_port_ends_with_the_interface(self):
        for command in (leave(), leave(None, INTERFACE), leave(SUBNET, INTERFACE)):
            left = an_edge().when(command)
            left.then(detached(), AddressReleased(INTERFACE, SUBNET, "10.0.0.1"), *left.of(PortDeleted))
            assert left.guards == (NoneRefers("floatingip", "path", f"{ROUTER}/{SUBNET}"),)
            assert left.decision.touched == (f"router-{ROUTER}", f"port-{INTERFACE}")

    def test_one_of_several_ipv6_subnets_leaves_the_port(self):
        past = then_did(an_edge(*V6, *OTHER_V6), join(SUBNET6, INTERFACE_TOO), join(V6_TOO, uuid_of(199)))
        past.when(leave(SUBNET6)).then(
            detached("2001:db8::", INTERFACE_TOO, SUBNET6), AddressReleased(INTERFACE_TOO, SUBNET6, "2001:db8::")
        )
        both = past.when(leave(None, INTERFACE_TOO))
        assert len(both.of(RouterInterfaceDetached)) == 2
        assert len(both.of(PortDeleted)) == 1
        assert len(both.guards) == 2

    def test_floating_ips_keep_the_interface_they_need(self):
        [guard] = an_edge().when(leave()).guards
        refusal = refusal_of_guard(guard, {})
        assert (refusal.status, refusal.type) == (409, "RouterInterfaceInUseByFloatingIP")
        assert f"Router interface for subnet {SUBNET} on router {ROUTER} cannot be deleted" in refusal.message

    def test_routes_keep_the_interface_they_need(self):
        routed = then_did(
            an_edge(*SECOND), join(SUBNET2, INTERFACE_TOO), change(routes=(route("10.9.0.0/16", "10.0.0.9"),))
        )
        for command in (leave(), leave(None, INTERFACE)):
            routed.when(command).refused(409, "RouterInterfaceInUseByRoute", f"subnet {SUBNET} on router {ROUTER}")
        assert routed.when(leave(SUBNET2)).events

    def test_what_is_no_interface_cannot_leave(self):
        an_edge(*SECOND).when(leave(SUBNET2)).refused(404, "RouterInterfaceNotFoundForSubnet", SUBNET2)
        an_edge(*a_port("10.0.0.9")).when(leave(None, PORT)).refused(404, "RouterInterfaceNotFound", PORT)
        an_edge(*SECOND).when(leave(SUBNET2, INTERFACE)).refused(400, "SubnetMismatchForPort", SUBNET2)
        an_edge().when(leave(None, None)).refused(400, "BadRequest", "Either subnet_id or port_id")

    def test_the_gateway_is_no_interface(self):
        an_edge().when(leave(None, GATEWAY_PORT)).refused(404, "RouterInterfaceNotFound")


def test_an_interface_is_joined_again_after_it_left():
    past = then_did(an_edge(), leave())
    assert past.when(join(SUBNET, INTERFACE_TOO)).of(RouterInterfaceAttached) == [attached(port=INTERFACE_TOO)]
