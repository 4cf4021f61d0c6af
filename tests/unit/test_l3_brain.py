"""The L3 agent's brain on a pretended host: what packets meet, what a change touches, and what it leaves alone."""

from __future__ import annotations

import pytest

from libs import events
from libs.model import HostRoute
from tests.fakes.l3_brain import Story, settled
from tests.fakes.l3_facts import Town

FLOATING, OTHER = "198.51.100.100", "198.51.100.101"


class TestPackets:
    """Where they go, and whom they seem to come from."""

    def test_guests_leave_under_the_routers_address(self) -> None:
        story = settled()
        assert story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")[:2] == ("192.0.2.9", Town.OWN)

    def test_a_floating_ip_works_both_ways_and_keeps_the_clients_address(self) -> None:
        story = settled()
        story.town.floating(FLOATING, story.town.two, Town.TWO)
        story.go()
        assert story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)[:2] == (Town.TWO, "192.0.2.9")
        assert story.host.connect(story.space, "qr-", Town.TWO, "192.0.2.9")[:2] == ("192.0.2.9", FLOATING)
        assert story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")[:2] == ("192.0.2.9", Town.OWN)

    def test_a_guest_reaches_its_neighbour_by_the_floating_ip_by_way_of_the_router(self) -> None:
        story = settled()
        story.town.floating(FLOATING, story.town.two, Town.TWO)
        story.town.floating(OTHER, story.town.one, Town.ONE)
        story.go()
        assert story.host.connect(story.space, "qr-", "10.4.0.13", FLOATING)[:2] == (Town.TWO, Town.OWN)
        assert story.host.connect(story.space, "qr-", Town.ONE, FLOATING)[:2] == (Town.TWO, OTHER)

    def test_between_inside_networks_nobody_is_translated(self) -> None:
        story = Story()
        other = story.facts.network()
        subnet = story.facts.subnet(other, "10.5.0.0/24", "10.5.0.1")
        story.facts.interface(story.town.router, other, subnet, "10.5.0.1", "10.5.0.0/24")
        story.town.floating(FLOATING, story.town.two, Town.TWO)
        story.go()
        assert story.host.connect(story.space, "qr-", Town.TWO, "10.5.0.7")[:2] == ("10.5.0.7", Town.TWO)

    def test_without_snat_guests_leave_as_they_are_and_floating_ips_still_work(self) -> None:
        story = settled()
        story.town.floating(FLOATING, story.town.two, Town.TWO)
        story.facts.about(story.town.router, events.RouterSnatChanged(story.town.router, False))
        story.go()
        assert story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")[:2] == ("192.0.2.9", Town.ONE)
        assert story.host.connect(story.space, "qr-", Town.TWO, "192.0.2.9")[:2] == ("192.0.2.9", FLOATING)
        assert story.host.connect(story.space, "qr-", Town.ONE, FLOATING)[:2] == (Town.TWO, Town.OWN)

    def test_metadata_is_the_routers_own_and_its_port_is_nobody_elses(self) -> None:
        story = settled()
        assert story.host.connect(story.space, "qr-", Town.ONE, "169.254.169.254")[:2] == ("router", Town.ONE)
        for way, source in (("qr-", Town.ONE), ("qg-", "192.0.2.9")):
            with pytest.raises(ConnectionError):
                story.host.connect(story.space, way, source, Town.OWN, port=9697)
        with pytest.raises(ConnectionError):
            story.host.connect(story.space, "qr-", Town.ONE, "169.254.169.254", port=22)

    def test_a_router_that_is_off_forwards_nothing_until_it_is_on(self) -> None:
        story = settled()
        story.facts.about(story.town.router, events.RouterAdminStateChanged(story.town.router, False))
        story.go()
        with pytest.raises(ConnectionError):
            story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")
        story.facts.about(story.town.router, events.RouterAdminStateChanged(story.town.router, True))
        story.go()
        assert story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")[0] == "192.0.2.9"

    def test_an_extra_route_leads_to_its_next_hop_and_goes_again(self) -> None:
        story = settled()
        route = HostRoute("172.20.0.0/16", Town.TWO)
        story.facts.about(
            story.town.router, events.RouterRouteAdded(story.town.router, *(route.destination, route.nexthop))
        )
        story.go()
        place = story.host.namespaces[story.space]
        assert place.way_to("172.20.1.1") == f"qr-{story.town.interface[:11]}"
        story.facts.about(
            story.town.router, events.RouterRouteRemoved(story.town.router, route.destination, route.nexthop)
        )
        story.go()
        assert place.way_to("172.20.1.1") == f"qg-{story.town.gateway[:11]}"


class TestRouters:
    """They come to this host and leave it."""

    def test_neighbours_are_told_of_every_address_of_a_new_router_before_that_of_nothing(self) -> None:
        story = Story()
        story.town.floating(FLOATING, story.town.two, Town.TWO)
        story.go()
        assert {address for _, _, address in story.host.told} == {Town.OWN, "10.4.0.1", FLOATING}
        assert story.host.calls.index("plugs.ensure") > story.host.calls.index("nat.apply")

    def test_one_that_runs_elsewhere_is_left_alone(self) -> None:
        story = settled()
        story.facts.router(host="compute2")
        assert story.go() == []

    def test_one_that_moves_away_leaves_nothing_behind(self) -> None:
        story = settled()
        router = story.town.router
        story.facts.about(router, events.RouterUnscheduled(router, "a", "compute1", "agent down"))
        story.facts.about(router, events.RouterScheduled(router, "b", "compute2", "nova"))
        story.go()
        assert (story.host.namespaces, story.host.plugs, story.host.radvds) == ({}, {}, {})

    def test_one_that_left_while_the_agent_was_away_is_found_and_removed(self) -> None:
        story = settled()
        story.host.namespaces["qrouter-not-a-uuid"] = story.host.namespaces[story.space]
        router = story.town.router
        story.facts.about(router, events.RouterUnscheduled(router, "a", "compute1", "agent down"))
        story.restart()
        story.go()
        assert (list(story.host.namespaces), story.host.plugs) == (["qrouter-not-a-uuid"], {})

    def test_what_a_router_need_not_know_touches_nothing(self) -> None:
        story = settled()
        facts, town = story.facts, story.town
        facts.about(town.router, events.RouterRenamed(town.router, "r", "s"))
        facts.say(f"port-{town.one}", events.PortBecameActive(town.one, "compute2"))
        facts.port(town.private, "fa:16:3e:00:00:03", (town.inside, "10.4.0.13"))
        facts.floating_ip(town.public, town.outside, OTHER)
        facts.say(f"subnet-{town.inside}", events.SubnetRenamed(town.inside, "", "green"))
        assert story.go() == []

    def test_a_gateway_that_is_cleared_takes_its_device_along(self) -> None:
        story = settled()
        story.facts.about(
            story.town.router, events.RouterGatewayCleared(story.town.router, story.town.public, story.town.gateway)
        )
        story.go()
        assert list(story.host.plugs) == [f"tap{story.town.interface[:11]}"]
        assert list(story.host.namespaces[story.space].devices) == [f"qr-{story.town.interface[:11]}"]

    def test_the_heartbeat_counts_what_is_run(self) -> None:
        story = Story()
        story.town.floating(FLOATING, story.town.two, Town.TWO)
        story.go()
        load = {"routers": 1, "ex_gw_ports": 1, "interfaces": 1, "floating_ips": 1, "failing": 0}
        assert story.brain.load() == load

    def test_a_second_interface_leaves_what_is_plugged_as_it_is(self) -> None:
        story = settled()
        facts, town = story.facts, story.town
        other = facts.network()
        subnet = facts.subnet(other, "10.5.0.0/24", "10.5.0.1")
        new = facts.interface(town.router, other, subnet, "10.5.0.1", "10.5.0.0/24")
        before = story.brain.tally.counts()["plugs"]
        story.go()
        assert story.brain.tally.counts()["plugs"] - before == 1
        assert [address for _, _, address in story.host.told] == ["10.5.0.1"]
        facts.about(town.router, events.RouterInterfaceDetached(town.router, new, other, subnet, "10.5.0.1"))
        story.go()
        assert story.brain.tally.counts()["plugs"] - before == 2 and story.host.told == []
