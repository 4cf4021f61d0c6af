"""Feeds: whatever happens, a host holds exactly the facts of its networks, and no others are sent to it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.events import (
    AgentAdminStateChanged,
    AgentDeleted,
    AgentDescribed,
    AgentReconfigured,
    Event,
    FloatingIpBecameActive,
    FloatingIpReleased,
    FloatingIpTagsChanged,
    NetworkDeleted,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    NetworkTagsChanged,
    PortBecameActive,
    PortBindingFailed,
    PortRenamed,
    PortTagsChanged,
    PortUnbound,
    PortWentDown,
    RouterDeleted,
)
from libs.model import OVS_AGENT
from services.topology import feeds
from services.topology.relay import Relay
from tests.story.feed_world import HOSTS, World, agent, bound, deleted, floating, network, port, router, runs, stops


@pytest.fixture
def world() -> World:
    """Three hosts with their agents, one network that nobody is in."""
    found = World()
    found.happens(*(agent(name) for name in HOSTS), network("red"))
    return found


def test_a_host_enters_a_network_with_its_first_port_and_gets_all_its_facts(world: World) -> None:
    world.happens(*port("a", "red"), *port("b", "red"), bound("a", "red", "compute1"))
    world.relay()
    [message] = world.messages("compute1")
    assert message.entered == ("red",)
    assert world.hosts["compute1"].holds() == world.truth("compute1") == set(range(4, 10))
    assert world.messages("compute2") == []


def test_who_is_in_follows_and_who_is_not_hears_nothing(world: World) -> None:
    world.happens(*port("a", "red"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(("port-a", PortRenamed("a", "a", "web")))
    world.relay()
    assert [feed.entered for feed in world.messages("compute1")] == [("red",), ()]
    assert world.messages("compute1")[1].prev == world.messages("compute1")[0].position
    assert world.messages("compute2") == []


def test_two_hosts_of_a_network_learn_each_others_tunnels(world: World) -> None:
    world.happens(*port("a", "red"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(*port("b", "red"), bound("b", "red", "compute2"))
    world.relay()
    assert world.hosts["compute1"].agents == {2}
    assert world.hosts["compute2"].agents == {1}
    world.happens(("agent-compute2", AgentReconfigured("id-compute2", "compute2", "nova", {}, {"tunneling_ip": "9"})))
    world.relay()
    assert len(world.log) in world.hosts["compute1"].agents
    assert len(world.log) not in world.hosts["compute3"].agents


def test_a_host_leaves_with_its_last_port(world: World) -> None:
    world.happens(*port("a", "red"), *port("b", "red"), bound("a", "red", "compute1"), bound("b", "red", "compute1"))
    world.relay()
    world.happens(deleted("a", "red", "compute1"))
    world.relay()
    assert world.hosts["compute1"].holds() == world.truth("compute1") != set()
    world.happens(("port-b", PortUnbound("b", "red", "compute1")))
    world.relay()
    assert world.messages("compute1")[-1].left == ("red",)
    assert world.hosts["compute1"].holds() == set()


def test_a_moved_port_takes_its_network_along(world: World) -> None:
    world.happens(*port("a", "red"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(bound("a", "red", "compute2", "compute1", 2))
    world.relay()
    assert world.messages("compute1")[-1].left == ("red",)
    assert world.messages("compute2")[-1].entered == ("red",)
    assert world.store.members == {("port-a", "compute2"): "red"}


def test_binding_again_on_the_same_host_neither_leaves_nor_enters(world: World) -> None:
    world.happens(*port("a", "red"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(bound("a", "red", "compute1", "compute1", 2))
    world.relay()
    last = world.messages("compute1")[-1]
    assert (last.entered, last.left, len(last.events)) == ((), (), 1)


def test_a_failed_binding_takes_the_host_out(world: World) -> None:
    world.happens(*port("a", "red"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(("port-a", PortBindingFailed("a", "red", "compute2", "compute1", "no agent")))
    world.relay()
    assert world.hosts["compute1"].networks == set()
    world.happens(deleted("a", "red", "compute2"))
    world.relay()
    assert world.messages("compute2") == []


def test_a_host_that_only_serves_dhcp_is_in_the_network(world: World) -> None:
    world.happens(("network-red", NetworkDhcpScheduled("red", "d", "compute3", "nova", "dhcp")))
    world.relay()
    world.happens(*port("a", "red"), bound("a", "red", "compute1"))
    world.relay()
    assert world.hosts["compute3"].holds() == world.truth("compute3") == set(range(4, 9))
    world.happens(("network-red", NetworkDhcpUnscheduled("red", "d", "compute3", "dhcp")))
    world.relay()
    assert world.messages("compute3")[-1].left == ("red",)


def test_a_deleted_network_is_left_by_all(world: World) -> None:
    world.happens(("network-red", NetworkDhcpScheduled("red", "d", "compute3", "nova", "dhcp")))
    world.relay()
    world.happens(("network-red", NetworkDeleted("red", "p", "vxlan", None, 7)))
    world.relay()
    assert world.messages("compute3")[-1].left == ("red",)
    assert world.store.members == {}


def test_the_host_that_runs_a_router_has_its_facts_and_no_other_host_has(world: World) -> None:
    world.happens(*router("r", "public", "red"), runs("r", "compute1"))
    world.relay()
    assert [feed.entered for feed in world.messages("compute1")] == [("r",)]
    assert world.hosts["compute1"].holds() == world.truth("compute1") == set(range(5, 9))
    assert world.hosts["compute1"].agents == set(), "a router has no neighbours"
    world.happens(*port("a", "red"), bound("a", "red", "compute2"))
    world.relay()
    assert world.hosts["compute2"].networks == {"red"}
    assert len(world.messages("compute1")) == 1, "the networks of a router come with its ports"


def test_a_moved_router_enters_its_new_host_and_leaves_the_old_one(world: World) -> None:
    world.happens(*router("r", "public", "red"), runs("r", "compute1"))
    world.relay()
    world.happens(stops("r", "compute1"), runs("r", "compute2"))
    world.relay()
    assert (world.messages("compute1")[-1].left, world.messages("compute1")[-1].events) == (("r",), ())
    assert world.messages("compute2")[-1].entered == ("r",)
    assert world.store.members == {("router-r", "compute2"): "r"}
    assert world.hosts["compute2"].holds() == world.truth("compute2") == set(range(5, 11))
    world.happens(stops("r", "compute2", "asked"))
    world.relay()
    assert world.messages("compute2")[-1].left == ("r",)
    assert world.store.members == {}


def test_a_deleted_router_is_left(world: World) -> None:
    world.happens(*router("r", "public"), runs("r", "compute1"), ("router-r", RouterDeleted("r", "p", "compute1")))
    world.relay()
    assert world.hosts["compute1"].holds() == set()
    assert world.store.members == {}


def test_floating_ips_come_with_their_external_network(world: World) -> None:
    world.happens(network("public"), *router("r", "public", "red"), *port("gw-r", "public"))
    world.happens(*floating("f", "public", "r"), bound("gw-r", "public", "compute1"), runs("r", "compute1"))
    world.relay()
    assert world.hosts["compute1"].networks == {"public", "r"}
    assert world.hosts["compute1"].holds() == world.truth("compute1")
    assert world.hosts["compute1"].streams["floatingip-f"] == {11, 12}
    before = len(world.post.sent)
    world.happens(("floatingip-f", FloatingIpBecameActive("f", "compute1")))
    world.relay()
    assert len(world.post.sent) == before, "it said so itself"
    world.happens(("floatingip-f", FloatingIpReleased("f", "p", "public", "203.0.113.7", "own-f")))
    world.relay()
    assert "floatingip-f" not in world.hosts["compute1"].streams
    assert world.hosts["compute1"].holds() == world.truth("compute1")


def test_hosts_hear_that_a_neighbours_agent_is_gone_and_nothing_of_its_descriptions(world: World) -> None:
    world.happens(*port("a", "red"), bound("a", "red", "compute1"), *port("b", "red"), bound("b", "red", "compute2"))
    world.relay()
    before, stream = len(world.post.sent), "agent-compute2"
    world.happens((stream, AgentAdminStateChanged("id-compute2", "compute2", False)))
    world.happens((stream, AgentDescribed("id-compute2", "compute2", "", "rack 7")))
    world.relay()
    assert len(world.post.sent) == before
    world.happens((stream, AgentDeleted("id-compute2", "compute2", OVS_AGENT)))
    world.relay()
    assert len(world.log) in world.hosts["compute1"].agents


def test_what_a_host_reported_itself_is_not_sent_back(world: World) -> None:
    world.happens(*port("a", "red"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(("port-a", PortBecameActive("a", "compute1")), ("port-a", PortWentDown("a", "compute1", "unplugged")))
    world.relay()
    assert len(world.messages("compute1")) == 1


def test_tags_are_no_hosts_business(world: World) -> None:
    world.happens(network("red"), *port("a", "red"), bound("a", "red", "compute1"), *floating("f", "red", "r"))
    world.relay()
    before = len(world.post.sent)
    tags = (("network-red", NetworkTagsChanged("red", ("x",))), ("port-a", PortTagsChanged("a", ("x",))))
    world.happens(*tags, ("floatingip-f", FloatingIpTagsChanged("f", ("x",))))
    world.relay()
    assert len(world.post.sent) == before
    world.happens(*port("b", "red"), bound("b", "red", "compute2"))
    world.relay()
    assert world.hosts["compute2"].holds() == world.truth("compute2")
    positions = {one.position for one in world.log if "Tags" in type(one.event).__name__}
    assert len(positions) == 3 and not positions & world.hosts["compute2"].holds()


def test_too_much_for_a_message_becomes_a_nudge_after_it_was_stored(world: World) -> None:
    for number in range(feeds.MAX_FACTS):
        world.happens(*port(f"p{number}", "red"))
    world.relay()
    world.happens(bound("p1", "red", "compute1"))
    world.relay()
    [message] = world.messages("compute1")
    assert (message.prev, message.position, message.events) == (len(world.log), len(world.log), ())
    assert world.hosts["compute1"].gaps == 1
    assert world.store.position == len(world.log)


def test_the_cost_of_a_port_is_one_message_for_each_host_of_its_network(world: World) -> None:
    for number in range(20):
        name = f"net{number}"
        world.happens(network(name), *port(f"x{number}", name), bound(f"x{number}", name, "compute3"))
    world.happens(*port("a", "red"), bound("a", "red", "compute1"))
    world.relay()
    before = len(world.post.sent)
    world.happens(*port("b", "red"), bound("b", "red", "compute1"))
    world.relay()
    assert [name for name, _ in world.post.sent[before:]] == ["compute1"]


def some_history(random: Random, steps: int) -> World:
    """A cloud that lives: networks, ports, routers and floating IPs come, move, fail and go."""
    world = World()
    world.happens(*(agent(name) for name in HOSTS))
    places: dict[str, tuple[str, str]] = {}
    networks: dict[str, set[str]] = {}
    routers: dict[str, str] = {}
    for number in range(steps):
        if networks and random.random() < 0.3:
            world.happens(*_layer3_step(random, number, sorted(networks), routers))
        else:
            world.happens(*_one_step(random, number, places, networks))
    return world


def _layer3_step(
    random: Random, number: int, networks: Sequence[str], routers: dict[str, str]
) -> Sequence[tuple[str, Event]]:
    """routers: {name: the host that runs it, empty for none}."""
    kind, host = random.randrange(6), random.choice(HOSTS)
    if kind == 0 or not routers:
        routers[f"r{number}"] = ""
        return router(f"r{number}", random.choice(networks), random.choice(networks))
    name = random.choice(sorted(routers))
    before = routers[name]
    if kind == 1:
        return floating(f"f{number}", random.choice(networks), name)
    if kind == 2:
        del routers[name]
        return [(f"router-{name}", RouterDeleted(name, "p", before))]
    routers[name] = "" if before == host else host
    left = [stops(name, before)] if before else []
    return [*left, *([runs(name, host)] if before != host else [])]


def _one_step(
    random: Random, number: int, places: dict[str, tuple[str, str]], networks: dict[str, set[str]]
) -> Sequence[tuple[str, Event]]:
    kind, host = random.randrange(9), random.choice(HOSTS)
    if kind == 0 or not networks:
        networks[f"n{number}"] = set()
        return [network(f"n{number}")]
    net = random.choice(sorted(networks))
    if kind == 1:
        fresh = host not in networks[net]
        (networks[net].add if fresh else networks[net].discard)(host)
        event = NetworkDhcpScheduled if fresh else NetworkDhcpUnscheduled
        zone = ("nova",) if fresh else ()
        return [(f"network-{net}", event(net, f"d-{host}", host, *zone))]
    if kind in (2, 3) or not places:
        places[f"p{number}"] = (net, "")
        return port(f"p{number}", net)
    return _port_step(random, kind, host, places)


def _port_step(random: Random, kind: int, host: str, places: dict[str, tuple[str, str]]) -> Sequence[tuple[str, Event]]:
    name = random.choice(sorted(places))
    net, before = places[name]
    if kind in (4, 5, 6):
        places[name] = (net, host)
        return [bound(name, net, host, before)]
    if kind == 7:
        del places[name]
        return [deleted(name, net, before)]
    places[name] = (net, "")
    return (
        [(f"port-{name}", PortUnbound(name, net, before))]
        if before
        else [(f"port-{name}", PortRenamed(name, "a", "b"))]
    )


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=80, deadline=None)
def test_however_the_log_is_cut_into_batches_hosts_end_with_the_truth(story: int, cuts: int) -> None:
    world, random = some_history(Random(story), 50), Random(cuts)
    world.relay(iter(lambda: random.randint(1, 9), 0))
    for name, host in world.hosts.items():
        assert host.holds() == world.truth(name)
        assert host.gaps == 0


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=80, deadline=None)
def test_a_relay_that_dies_between_sending_and_storing_leaves_no_host_wrong(story: int, cuts: int) -> None:
    """The next one cuts the log elsewhere and tells again what was told."""
    world, random = some_history(Random(story), 50), Random(cuts)
    save = world.store.save
    while world.store.position < len(world.log):
        relay = Relay(world.store, world.post)
        if random.random() < 0.4:
            world.store.save = _dying  # type: ignore[method-assign, assignment]
        try:
            relay.take(world.log[relay.position : relay.position + random.randint(1, 12)])
            relay.rest()
        except ConnectionError:
            world.store.save = save  # type: ignore[method-assign]
    for name, host in world.hosts.items():
        assert host.holds() == world.truth(name)
        assert host.gaps == 0


def _dying(*_: object) -> None:
    raise ConnectionError("the process died here")
