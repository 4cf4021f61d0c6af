"""What a router's facts come to: devices, routes, advertisements."""

from __future__ import annotations

from libs import events
from libs.eventlog.protocol import Recorded
from libs.materialise.l3 import Desired, Place, Wanted, serve
from libs.materialise.l3.advert import Advert, Prefix
from libs.model import FixedIp
from tests.fakes.l3_facts import L3Facts, Town

PLACE = Place("compute1", "/state/agent_l3", "@compute1")


def served(said: list[Recorded], router_id: str) -> Wanted:
    desired = Desired()
    for recorded in said:
        desired.take(recorded)
    view = desired.view(router_id)
    assert view is not None
    wanted = serve(view, PLACE)
    assert wanted is not None
    return wanted


def routes(wanted: Wanted) -> dict[str, tuple[str, str]]:
    """{destination: (gateway, `qg-` or `qr-`)}."""
    return {one.destination: (one.gateway, one.device[:3]) for one in wanted.routes}


def test_devices_bear_the_names_that_operators_know() -> None:
    town = Town(facts := L3Facts())
    wanted = served(facts.said, town.router)
    outer, inner = wanted.devices
    assert (
        wanted.namespace == f"qrouter-{town.router}@compute1" and wanted.folder == f"/state/agent_l3/{wanted.namespace}"
    )
    assert (outer.name, outer.tap, outer.addresses) == (
        f"qg-{town.gateway[:11]}",
        f"tap{town.gateway[:11]}",
        ("198.51.100.10/24",),
    )
    assert (inner.name, inner.mtu, inner.addresses) == (f"qr-{town.interface[:11]}", 1450, ("10.4.0.1/24",))
    assert wanted.refused == ()


class TestRoutes:
    """Where packets for anywhere go."""

    def test_the_default_is_the_external_subnets_gateway(self) -> None:
        town = Town(facts := L3Facts())
        assert routes(served(facts.said, town.router)) == {"0.0.0.0/0": (Town.GATEWAY, "qg-")}

    def test_a_gateway_that_lies_outside_its_subnet_is_on_link(self) -> None:
        town = Town(facts := L3Facts())
        facts.say(f"subnet-{town.outside}", events.SubnetGatewayChanged(town.outside, Town.GATEWAY, "203.0.113.1"))
        assert routes(served(facts.said, town.router)) == {
            "0.0.0.0/0": ("203.0.113.1", "qg-"),
            "203.0.113.1/32": ("", "qg-"),
        }

    def test_other_subnets_of_the_external_network_are_on_link_unless_an_inside_one_overlaps(self) -> None:
        town = Town(facts := L3Facts())
        facts.subnet(town.public, "203.0.113.0/24", "203.0.113.1")
        facts.subnet(town.public, "10.4.0.0/16", "10.4.255.1")
        assert routes(served(facts.said, town.router)) == {
            "0.0.0.0/0": (Town.GATEWAY, "qg-"),
            "203.0.113.0/24": ("", "qg-"),
        }

    def test_an_ipv6_gateway_may_be_link_local(self) -> None:
        facts = L3Facts()
        public = facts.network(1500)
        v4 = facts.subnet(public, "198.51.100.0/24", "198.51.100.1")
        v6 = facts.subnet(public, "2001:db8::/64", "fe80::1")
        router = facts.router()
        facts.gateway(router, public, (v4, "198.51.100.10"), (v6, "2001:db8::10"))
        wanted = served(facts.said, router)
        assert routes(wanted) == {"0.0.0.0/0": ("198.51.100.1", "qg-"), "::/0": ("fe80::1", "qg-")}
        assert wanted.nat.gateway == "198.51.100.10"

    def test_the_users_routes_go_over_all_others_and_the_last_one_for_a_destination_counts(self) -> None:
        town = Town(facts := L3Facts())
        for destination, nexthop in (("172.20.0.0/16", Town.ONE), ("172.20.0.0/16", Town.TWO), ("0.0.0.0/0", Town.ONE)):
            facts.about(town.router, events.RouterRouteAdded(town.router, destination, nexthop))
        wanted = served(facts.said, town.router)
        assert routes(wanted) == {"0.0.0.0/0": (Town.ONE, "qr-"), "172.20.0.0/16": (Town.TWO, "qr-")}

    def test_a_route_that_leads_nowhere_or_over_a_subnet_of_its_own_is_left_out_and_said_so(self) -> None:
        town = Town(facts := L3Facts())
        for destination, nexthop in (
            ("172.20.0.0/16", "192.0.2.1"),
            (Town.INSIDE, Town.ONE),
            ("fd00::/64", "10.4.0.11"),
        ):
            facts.about(town.router, events.RouterRouteAdded(town.router, destination, nexthop))
        wanted = served(facts.said, town.router)
        assert routes(wanted) == {"0.0.0.0/0": (Town.GATEWAY, "qg-")} and len(wanted.refused) == 3

    def test_a_router_without_gateway_has_none(self) -> None:
        town = Town(facts := L3Facts())
        facts.about(town.router, events.RouterGatewayCleared(town.router, town.public, town.gateway))
        wanted = served(facts.said, town.router)
        assert (routes(wanted), wanted.outside, wanted.nat.gateway) == ({}, None, "")


class TestAdvertisements:
    """What guests of an IPv6 subnet hear."""

    def advert(self, mode: str | None, *servers: str, mtu: int = 1450) -> tuple[Advert, ...]:
        facts = L3Facts()
        network, router = facts.network(mtu), facts.router()
        subnet = facts.subnet(
            network, "fd00:4::/64", "fd00:4::1", ipv6_ra_mode=mode, ipv6_address_mode=mode, dns_nameservers=servers
        )
        facts.interface(router, network, subnet, "fd00:4::1", "fd00:4::/64")
        return served(facts.said, router).adverts

    def test_slaac_is_a_prefix_to_make_an_address_of(self) -> None:
        [one] = self.advert("slaac", "fd00::53", "fd00::54", "fd00::55", "fd00::56")
        assert (one.managed, one.other, one.prefixes, one.mtu) == (False, False, (Prefix("fd00:4::/64", True),), 1450)
        assert one.rdnss == ("fd00::53", "fd00::54", "fd00::55")

    def test_stateless_says_ask_for_the_rest(self) -> None:
        [one] = self.advert("dhcpv6-stateless")
        assert (one.managed, one.other, one.prefixes) == (False, True, (Prefix("fd00:4::/64", True),))

    def test_stateful_says_ask_for_an_address(self) -> None:
        [one] = self.advert("dhcpv6-stateful")
        assert (one.managed, one.other, one.prefixes) == (True, False, (Prefix("fd00:4::/64", False),))

    def test_without_a_mode_somebody_else_advertises(self) -> None:
        assert self.advert(None) == ()

    def test_an_mtu_below_what_ipv6_needs_is_not_told(self) -> None:
        [one] = self.advert("slaac", mtu=1000)
        assert one.mtu == 1280

    def test_a_port_on_several_subnets_tells_of_all(self) -> None:
        facts = L3Facts()
        network, router = facts.network(), facts.router()
        port = ""
        for cidr, address, mode in (
            ("fd00:4::/64", "fd00:4::1", "slaac"),
            ("fd00:5::/64", "fd00:5::1", "dhcpv6-stateful"),
        ):
            subnet = facts.subnet(network, cidr, address, ipv6_ra_mode=mode)
            port = facts.interface(router, network, subnet, address, cidr, port)
        wanted = served(facts.said, router)
        [one], [device] = wanted.adverts, wanted.devices
        assert one.prefixes == (Prefix("fd00:4::/64", True), Prefix("fd00:5::/64", False)) and (
            one.managed,
            one.other,
        ) == (True, False)
        assert device.addresses == ("fd00:4::1/64", "fd00:5::1/64")

    def test_a_router_that_is_off_is_silent(self) -> None:
        town = Town(facts := L3Facts(), up=False)
        subnet = facts.subnet(town.private, "fd00:4::/64", "fd00:4::1", ipv6_ra_mode="slaac")
        facts.interface(town.router, town.private, subnet, "fd00:4::1", "fd00:4::/64")
        assert served(facts.said, town.router).adverts == ()


def test_a_gateway_that_changes_its_addresses_is_told_by_the_router() -> None:
    town = Town(facts := L3Facts())
    after = (FixedIp(town.outside, "198.51.100.20"),)
    facts.about(town.router, events.RouterGatewayAddressesChanged(town.router, town.gateway, (), after))
    wanted = served(facts.said, town.router)
    assert wanted.nat.gateway == "198.51.100.20" and wanted.outside is not None
    assert wanted.outside.addresses == ("198.51.100.20/24",)
