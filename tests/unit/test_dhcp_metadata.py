"""Where guests find metadata without a router: a route, an address, a door; the route alone goes when a router comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from libs import events
from libs.agent.upkeep import Incomplete
from libs.materialise.dhcp import Desired, Served, serve, text_of
from libs.metadata.asking import Guest
from libs.metadata.keeper import Door
from libs.model import ROUTER_INTERFACE_OWNER, HostRoute
from tests.fakes.dhcp_brain import PLACE, A, B, Story
from tests.fakes.dhcp_facts import Facts, an_id

OPEN = replace(PLACE, metadata=True)
VM = an_id(0x111)
TO_METADATA = "169.254.169.254/32,10.0.0.2"


def served(facts: Facts, network_id: str) -> Served:
    desired = Desired()
    for recorded in facts.said:
        desired.take(recorded)
    view = desired.view(network_id)
    assert view is not None
    wanted = serve(view, OPEN)
    assert wanted is not None
    return wanted


def attach_router(facts: Facts, network_id: str, subnet_id: str, address: str) -> str:
    return facts.port(network_id, "fa:16:3e:00:00:99", (subnet_id, address), owner=ROUTER_INTERFACE_OWNER)


def test_an_isolated_subnet_leads_to_metadata_through_its_dhcp_port_and_repeats_the_default_route() -> None:
    facts = Facts()
    network_id, _ = facts.served_network(gateway="10.0.0.1")
    wanted = served(facts, network_id)
    assert f"option:classless-static-route,{TO_METADATA},0.0.0.0/0,10.0.0.1\n" in text_of(wanted.options)
    assert f",249,{TO_METADATA},0.0.0.0/0,10.0.0.1\n" in text_of(wanted.options)
    assert "option:router,10.0.0.1\n" in text_of(wanted.options)
    assert "169.254.169.254/32" in wanted.device.addresses
    assert wanted.metadata


def test_broadcasts_leave_under_the_servers_own_address_whatever_the_network() -> None:
    facts = Facts()
    network_id, _ = facts.served_network("192.168.5.0/24", "192.168.5.2", gateway="192.168.5.1")
    assert served(facts, network_id).device.addresses == ("192.168.5.2/24", "169.254.169.254/32")


def test_without_a_gateway_there_is_no_default_route_to_repeat() -> None:
    facts = Facts()
    network_id, _ = facts.served_network()
    assert f"option:classless-static-route,{TO_METADATA}\n" in text_of(served(facts, network_id).options)


def test_a_router_at_the_gateway_leads_there_instead_and_who_still_comes_here_is_answered() -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network(gateway="10.0.0.1")
    attach_router(facts, network_id, subnet_id, "10.0.0.1")
    wanted = served(facts, network_id)
    assert "169.254.169.254" not in text_of(wanted.options)
    assert "169.254.169.254/32" in wanted.device.addresses
    assert wanted.metadata


def test_a_network_with_ipv6_alone_has_nobody_to_answer() -> None:
    facts = Facts()
    network_id = facts.network()
    six = facts.subnet(network_id, "fd00::/64", gateway="fd00::1", ipv6_address_mode="dhcpv6-stateful")
    facts.schedule(network_id)
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (six, "fd00::2"))
    wanted = served(facts, network_id)
    assert wanted.device.addresses == ("fd00::2/64",)
    assert not wanted.metadata


def test_a_router_elsewhere_on_the_subnet_does_not() -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network(gateway="10.0.0.1")
    attach_router(facts, network_id, subnet_id, "10.0.0.77")
    assert TO_METADATA in text_of(served(facts, network_id).options)


def test_each_subnet_has_its_own_way() -> None:
    facts = Facts()
    network_id = facts.network()
    routed = facts.subnet(network_id, "10.1.0.0/24", gateway="10.1.0.1")
    alone = facts.subnet(network_id, "10.2.0.0/24", gateway="10.2.0.1")
    six = facts.subnet(network_id, "fd00::/64", gateway="fd00::1")
    facts.schedule(network_id)
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (routed, "10.1.0.2"), (alone, "10.2.0.2"), (six, "fd00::2"))
    attach_router(facts, network_id, routed, "10.1.0.1")
    lines = text_of(served(facts, network_id).options).splitlines()
    assert [line for line in lines if "169.254" in line and "classless" in line] == [
        f"tag:subnet-{alone},option:classless-static-route,169.254.169.254/32,10.2.0.2,10.1.0.0/24,0.0.0.0,0.0.0.0/0,10.2.0.1"
    ]


def test_a_route_to_metadata_that_the_subnet_gives_stands() -> None:
    facts = Facts()
    network_id, _ = facts.served_network(host_routes=(HostRoute("169.254.169.254/32", "10.0.0.9"),))
    text = text_of(served(facts, network_id).options)
    assert "option:classless-static-route,169.254.169.254/32,10.0.0.9\n" in text


def test_more_routes_than_an_option_holds_are_left_out_and_said() -> None:
    facts = Facts()
    many = tuple(HostRoute(f"10.{number}.0.0/24", "10.0.0.9") for number in range(1, 20))
    network_id, _ = facts.served_network(gateway="10.0.0.1", host_routes=many)
    for number in range(50):
        facts.subnet(network_id, f"172.16.{number}.0/24", enable_dhcp=False)
    wanted = served(facts, network_id)
    lines = [line.text() for line in wanted.options]
    assert all(len(line) < 1000 for line in lines), "dnsmasq reads 1024 at a time"
    (routes,) = (line.split(",")[2:] for line in lines if "classless" in line)
    assert (routes[0], routes[-2:]) == ("169.254.169.254/32", ["0.0.0.0/0", "10.0.0.1"])
    assert all(one.destination in routes for one in many), "on-link routes go first"
    assert any("no room" in text for text in wanted.refused)


class TestDoors:
    """Who may ask where."""

    def test_its_guests_are_the_servers_on_the_network_and_nobody_else(self) -> None:
        story = Story(OPEN)
        network_id, subnet_id = story.facts.served_network(gateway="10.0.0.1")
        story.facts.port(network_id, A, (subnet_id, "10.0.0.5"), device=VM)
        story.facts.port(network_id, B, (subnet_id, "10.0.0.6"), owner="compute:nova", device="no-server")
        story.facts.port(network_id, "fa:16:3e:00:00:0c", (subnet_id, "10.0.0.7"), owner="", device=VM)
        story.go()
        door = Door(80, "169.254.169.254", {"10.0.0.5": Guest(VM, "p")})
        assert story.doors.open == {f"qdhcp-{network_id}": door}

    def test_a_server_without_a_hypervisor_is_known_as_it_is_behind_a_router(self) -> None:
        story = Story(OPEN)
        network_id, subnet_id = story.facts.served_network(gateway="10.0.0.1")
        story.facts.port(network_id, A, (subnet_id, "10.0.0.5"), owner="baremetal:none", device=VM)
        story.go()
        assert self.guests(story) == {"10.0.0.5": Guest(VM, "p")}

    def test_a_port_that_comes_moves_or_goes_is_told_without_touching_more_than_its_file(self) -> None:
        story = Story(OPEN)
        network_id, subnet_id = story.facts.served_network(gateway="10.0.0.1")
        story.go()
        port_id = story.facts.port(network_id, A, (subnet_id, "10.0.0.5"), device=VM)
        assert story.go() == ["dnsmasq.change"]
        assert self.guests(story) == {"10.0.0.5": Guest(VM, "p")}
        event = events.PortDeviceChanged(port_id, VM, an_id(0x222), "compute:nova", "compute:nova")
        story.facts.say(f"port-{port_id}", event)
        assert story.go() == []
        assert self.guests(story) == {"10.0.0.5": Guest(an_id(0x222), "p")}
        story.facts.delete_port(port_id, network_id, (subnet_id, "10.0.0.5"))
        story.go()
        assert self.guests(story) == {}

    def test_a_router_that_comes_and_goes_leaves_the_door_open_for_guests_with_a_lease_from_before(self) -> None:
        story = Story(OPEN)
        network_id, subnet_id = story.facts.served_network(gateway="10.0.0.1")
        story.facts.port(network_id, A, (subnet_id, "10.0.0.5"), device=VM)
        story.go()
        router = attach_router(story.facts, network_id, subnet_id, "10.0.0.1")
        verbs = story.go()
        assert "dnsmasq.ensure" not in verbs and "links.ensure" not in verbs, "only what leases tell changes"
        assert TO_METADATA not in str(story.host.folders)
        assert list(story.doors.open) == [f"qdhcp-{network_id}"]
        assert self.guests(story) == {"10.0.0.5": Guest(VM, "p")}
        story.facts.delete_port(router, network_id, (subnet_id, "10.0.0.1"))
        story.go()
        assert TO_METADATA in str(story.host.folders)
        assert self.guests(story) == {"10.0.0.5": Guest(VM, "p")}

    def test_a_network_that_is_unscheduled_is_served_metadata_no_longer(self) -> None:
        story = Story(OPEN)
        network_id, _ = story.facts.served_network()
        story.go()
        story.facts.unschedule(network_id)
        story.go()
        assert story.doors.open == {}

    def test_a_door_that_could_not_be_opened_is_tried_again(self) -> None:
        story = Story(OPEN)
        network_id, _ = story.facts.served_network()
        story.doors.broken.add(f"qdhcp-{network_id}")
        with pytest.raises(Incomplete, match="metadata"):
            story.go()
        story.doors.broken.clear()
        story.go()
        assert list(story.doors.open) == [f"qdhcp-{network_id}"]

    def test_a_lost_child_is_replaced(self) -> None:
        story = Story(OPEN)
        network_id, _ = story.facts.served_network()
        story.go()
        story.doors.open.clear()
        story.brain.metadata_lost()
        story.go()
        assert list(story.doors.open) == [f"qdhcp-{network_id}"]

    def test_nothing_is_asked_where_nothing_changed(self) -> None:
        story = Story(OPEN)
        story.facts.served_network()
        story.go()
        keeps = story.doors.keeps
        story.brain.audit()
        story.go()
        assert story.doors.keeps == keeps

    def test_without_a_nova_there_is_neither_route_nor_address_nor_door(self) -> None:
        story = Story()
        network_id, _ = story.facts.served_network(gateway="10.0.0.1")
        story.go()
        (item,) = story.host.namespaces.values()
        assert "169.254" not in str(item) + str(story.host.folders)
        assert story.doors.open == {}

    @staticmethod
    def guests(story: Story) -> dict[str, Guest]:
        (door,) = story.doors.open.values()
        return dict(door.guests)
