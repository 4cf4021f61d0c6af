"""A server moves while it runs: both hosts are ready, and everybody sends to where it is, as seen through pretended switches."""

from __future__ import annotations

import pytest

from tests.fakes.ovs_cloud import Cloud, _tap
from tests.fakes.ovs_facts import APort
from tests.fakes.switch import Packet

KINDS = [("vxlan", 7, None), ("vlan", 101, "physnet1")]


def moving(
    cloud: Cloud, kind: str = "vxlan", segment: int = 7, physnet: str | None = None
) -> tuple[APort, APort, APort]:
    """(one on h1, who moves from h2 to h3, one on h3): its taps are plugged on both hosts."""
    net = cloud.facts.network(kind, segment, physnet)
    here, there = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h3", "10.0.0.3")
    server = cloud.boot(net, "h2", "10.0.0.2")
    cloud.facts.ready(server, "h3")
    cloud.settle()
    cloud.host("h3").plug(server.id)
    cloud.settle()
    return here, server, there


@pytest.mark.parametrize(("kind", "segment", "physnet"), KINDS)
def test_until_it_is_active_there_all_is_sent_to_where_it_was(kind: str, segment: int, physnet: str | None) -> None:
    cloud = Cloud(3)
    here, server, there = moving(cloud, kind, segment, physnet)
    assert cloud.agents["h3"].wired[server.id].generation == 2, "its tap there is reported ready"
    assert cloud.agents["h2"].wired[server.id].generation == 1
    for other in (here, there):
        assert cloud.heard(other, Packet(other.mac, server.mac)) == {("h2", _tap(server))}
    assert cloud.hears_broadcast(here) == {("h2", _tap(server)), ("h3", _tap(there))}, "the copy hears nothing"
    assert cloud.heard(server, Packet(server.mac, here.mac), host="h3") == {("h1", _tap(here))}, "but it may speak"
    assert cloud.heard(server, Packet(server.mac, there.mac), host="h3") == {("h3", _tap(there))}


@pytest.mark.parametrize(("kind", "segment", "physnet"), KINDS)
def test_once_it_is_active_there_the_old_tap_neither_gets_nor_says_anything(
    kind: str, segment: int, physnet: str | None
) -> None:
    cloud = Cloud(3)
    here, server, there = moving(cloud, kind, segment, physnet)
    cloud.facts.activate(server)
    cloud.settle()
    for other in (here, there):
        assert cloud.heard(other, Packet(other.mac, server.mac)) == {("h3", _tap(server))}
        assert cloud.reaches(server, other)
    assert cloud.hears_broadcast(here) == {("h3", _tap(server)), ("h3", _tap(there))}
    assert cloud.heard(server, Packet(server.mac, here.mac), host="h2") == set()
    assert cloud.host("h2").tag(_tap(server)) == 4095
    assert [report.port_id for report in cloud.agents["h2"].brain.report().ports] == []
    assert cloud.agents["h3"].wired[server.id].generation == 2
    if kind == "vxlan":
        assert cloud.asks(here, "10.0.0.2")[1] == [server.mac]


def test_a_host_to_which_nobody_moves_any_more_is_as_it_was() -> None:
    cloud = Cloud(3)
    net = cloud.facts.network()
    here, server = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
    before = {name: host.flows() for name, host in cloud.fabric.hosts.items()}
    cloud.facts.ready(server, "h3")
    cloud.settle()
    cloud.host("h3").plug(server.id)
    cloud.settle()
    assert {row["type"] for row in cloud.host("h1").rows["ports"].values()} >= {"vxlan"}
    tunnels = [row for row in cloud.host("h1").rows["ports"].values() if row["type"] == "vxlan"]
    assert len(tunnels) == 2, "the tunnel to where it will be is there before it is needed"
    cloud.facts.give_up(server)
    cloud.host("h3").unplug(_tap(server))
    cloud.settle()
    assert {name: host.flows() for name, host in cloud.fabric.hosts.items()} == before
    assert cloud.reaches(here, server)


def test_each_host_may_hear_of_the_move_first_and_no_frame_comes_twice() -> None:
    for first in ("h1", "h2", "h3"):
        cloud = Cloud(3)
        here, server, _ = moving(cloud)
        cloud.facts.activate(server)
        agent = cloud.agents[first]
        agent.take(cloud.facts.log)
        agent.apply()
        assert len(cloud.heard(here, Packet(here.mac, server.mac))) <= 1, first
        cloud.settle()
        assert cloud.reaches(here, server)


def test_it_moves_back() -> None:
    cloud = Cloud(3)
    here, server, _ = moving(cloud)
    cloud.facts.activate(server)
    cloud.facts.ready(server, "h2")
    cloud.settle()
    assert cloud.agents["h2"].wired[server.id].generation == 3
    cloud.facts.activate(server)
    cloud.settle()
    assert cloud.heard(here, Packet(here.mac, server.mac)) == {("h2", _tap(server))}


def test_a_port_that_ends_while_it_moves_leaves_nothing() -> None:
    cloud = Cloud(3)
    _, server, there = moving(cloud)
    cloud.facts.delete(server)
    cloud.settle()
    for name in ("h2", "h3"):
        assert cloud.host(name).tag(_tap(server)) == 4095
        assert cloud.heard(server, Packet(server.mac, there.mac), host=name) == set()
    assert not [
        line
        for host in cloud.fabric.hosts.values()
        for lines in host.flows().values()
        for line in lines
        if server.mac in line
    ]
