"""Packets between servers on two hypervisors, by real Open vSwitch and the real agent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dataplane.ovs_process import until
from tests.dataplane.ovs_world import World

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(Path(tempfile.mkdtemp(prefix="nlo")), f"nlo{os.getpid() % 10000}-")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def _all_flows(world: World) -> list[list[str]]:
    return [world.flows(host, bridge) for host in ("h1", "h2") for bridge in ("br-int", "br-tun")]


def test_servers_of_an_overlay_reach_each_other_across_hosts(world: World) -> None:
    net = world.facts.network("vxlan", 5001)
    here, there = world.boot(net, "h1", "10.1.0.1"), world.boot(net, "h2", "10.1.0.2")
    assert world.ping(here, there.ip, count=3) == 3, "the first packet is lost, or none arrives"


def test_servers_on_the_same_host_reach_each_other(world: World) -> None:
    net = world.facts.network("local", None)
    one, other = world.boot(net, "h1", "10.2.0.1"), world.boot(net, "h1", "10.2.0.2")
    assert world.reaches(one, other)


def test_servers_of_a_provider_vlan_reach_each_other(world: World) -> None:
    net = world.facts.network("vlan", 101, "physnet1")
    here, there = world.boot(net, "h1", "10.3.0.1"), world.boot(net, "h2", "10.3.0.2")
    assert world.reaches(here, there)


def test_servers_of_a_flat_network_reach_each_other(world: World) -> None:
    net = world.facts.network("flat", None, "public")
    here, there = world.boot(net, "h1", "10.4.0.1"), world.boot(net, "h2", "10.4.0.2")
    assert world.reaches(here, there)


def test_two_tenants_with_the_same_addresses_do_not_meet(world: World) -> None:
    red, blue = world.facts.network("vxlan", 6001), world.facts.network("vxlan", 6002)
    red_one, blue_one = world.boot(red, "h1", "10.5.0.1"), world.boot(blue, "h1", "10.5.0.1")
    red_two, blue_three = world.boot(red, "h2", "10.5.0.2"), world.boot(blue, "h1", "10.5.0.3")
    assert world.reaches(red_one, red_two) and world.reaches(blue_one, blue_three)
    assert world.ping(blue_one, red_two.ip) == 0
    assert world.ping(red_one, blue_three.ip) == 0


def test_an_unplugged_and_deleted_port_leaves_nothing_behind(world: World) -> None:
    before = _all_flows(world)
    net = world.facts.network("vxlan", 7001)
    here, there = world.boot(net, "h1", "10.6.0.1"), world.boot(net, "h2", "10.6.0.2")
    assert world.reaches(here, there)
    world.unplug(here)
    world.unwired(here)
    assert not [flow for flow in world.flows("h1", "br-int") if here.mac in flow]
    world.unplug(there)
    world.facts.delete(here)
    world.facts.delete(there)
    world.publish()
    until(lambda: _all_flows(world) == before)
    assert net not in world.lab.host("h1").vsctl("get", "Bridge", "br-int", "external_ids")


def test_a_tap_that_nobody_knows_is_dead(world: World) -> None:
    net = world.facts.network("local", None)
    known = world.boot(net, "h1", "10.7.0.1")
    stranger = world.facts.port(net, "", "10.7.0.2")
    world.publish()
    world.build(stranger, "h1")
    world.plug(stranger, "h1")
    assert until(lambda: world.lab.host("h1").vsctl("get", "Port", world.tap(stranger), "tag").strip() == "4095")
    assert world.ping(stranger, known.ip) == 0
    world.facts.bind(stranger, "h1")
    world.publish()
    world.wired(stranger)
    assert world.reaches(stranger, known), "once it is bound here, it lives"
    world.facts.unbind(stranger)
    world.publish()
    until(lambda: not [flow for flow in world.flows("h1", "br-int") if stranger.mac in flow])
    assert world.ping(known, stranger.ip) == 0


def test_a_tap_of_the_isolating_kind_is_wired_too(world: World) -> None:
    net = world.facts.network("local", None)
    one, other = world.boot(net, "h1", "10.8.0.1"), world.facts.port(net, "h1", "10.8.0.2")
    world.publish()
    world.build(other)
    world.plug(other, "", "tag=4095", "vlan_mode=trunk", "trunks=4095")
    world.wired(other)
    assert world.reaches(one, other)


def test_a_port_that_is_switched_off_is_cut(world: World) -> None:
    net = world.facts.network("local", None)
    one, other = world.boot(net, "h1", "10.9.0.1"), world.boot(net, "h1", "10.9.0.2")
    assert world.reaches(one, other)
    world.facts.switch(other, False)
    world.publish()
    world.unwired(other)
    assert world.ping(one, other.ip) == 0
    world.facts.switch(other, True)
    world.publish()
    world.wired(other)
    assert world.reaches(one, other)
