"""Feeds of security groups: who lets a group pass knows its ports, whatever networks they are on, and nobody else does."""

from __future__ import annotations

import pytest

from libs.codec import feed_to_json
from libs.events import (
    AddressAllocated,
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    AddressReleased,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingRemoved,
    PortRenamed,
    PortTagsChanged,
    PortUnbound,
    SecurityGroupDeleted,
    SecurityGroupRenamed,
    SecurityGroupTagsChanged,
)
from libs.feed import MEMBERS, Feed, members_of
from services.topology import feeds
from services.topology.relay import Relay
from tests.fakes.following import Following, Post
from tests.story.feed_world import (
    HOSTS,
    World,
    agent,
    bound,
    deleted,
    group,
    network,
    no_rule,
    port,
    regrouped,
    rule,
)

WEB = members_of("web")


@pytest.fixture
def world() -> World:
    """Three hosts; networks red and blue; a group `web` whose ports may talk to each other."""
    found = World()
    found.happens(
        *(agent(name) for name in HOSTS), network("red"), network("blue"), group("web"), rule("r", "web", "web")
    )
    return found


def last(world: World, host: str) -> Feed:
    return world.messages(host)[-1]


def names(feed: Feed) -> list[str]:
    """What facts a message has: `<stream>@<version>`."""
    return [f"{one.stream}@{one.version}" for one in feed.events]


def test_a_port_takes_its_host_into_its_group_and_into_what_the_groups_rules_name(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    world.relay()
    assert set(last(world, "compute1").entered) == {"red", "web", WEB}
    positions = [one.position for one in last(world, "compute1").events]
    assert positions == sorted(set(positions)), "each fact once, though the port is in the network and in the group"
    assert world.messages("compute2") == []
    world.check()


def test_a_member_on_another_network_is_known_and_its_network_is_not(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(*port("b", "blue", "web"), bound("b", "blue", "compute2"))
    world.relay()
    assert names(last(world, "compute1")) == ["port-b@1", "port-b@2"], "not where it is bound"
    assert world.hosts["compute1"].networks == {"red", "web", WEB}
    assert "port-b" not in world.hosts["compute1"].streams and "port-b" in world.hosts["compute1"].members.streams
    world.check()


def test_a_port_that_is_bound_nowhere_is_a_member(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"), *port("b", "blue", "web"))
    world.relay()
    assert "port-b" in world.hosts["compute1"].members.streams
    world.check()


def test_a_group_without_rules_about_groups_tells_nothing_of_its_members(world: World) -> None:
    world.happens(group("plain"), rule("cidr", "plain"), *port("a", "red", "plain"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(*port("b", "blue", "plain"), bound("b", "blue", "compute2"))
    world.relay()
    assert len(world.messages("compute1")) == 1
    assert world.hosts["compute1"].networks == {"red", "plain"}
    world.check()


def test_who_lets_another_group_pass_knows_its_ports_and_not_its_rules(world: World) -> None:
    world.happens(group("db"), rule("d", "db", "web"), *port("a", "red", "db"), bound("a", "red", "compute1"))
    world.happens(*port("b", "blue", "web"))
    world.relay()
    assert world.hosts["compute1"].networks == {"red", "db", WEB}
    assert "security_group_rule-r" not in world.hosts["compute1"].streams
    world.check()


def test_it_goes_one_step_and_no_farther(world: World) -> None:
    """Whom web lets pass is no business of a host that only lets web pass."""
    world.happens(group("db"), group("far"), rule("d", "db", "web"), rule("w", "web", "far"), *port("f", "blue", "far"))
    world.happens(*port("a", "red", "db"), bound("a", "red", "compute1"))
    world.relay()
    assert members_of("far") not in world.hosts["compute1"].networks
    world.check()


def test_rules_that_come_and_go_bring_members_and_take_them(world: World) -> None:
    world.happens(group("db"), *port("a", "red", "db"), bound("a", "red", "compute1"), *port("b", "blue", "web"))
    world.relay()
    world.happens(rule("d1", "db", "web"))
    world.relay()
    assert last(world, "compute1").entered == (WEB,)
    assert names(last(world, "compute1")) == ["port-b@1", "port-b@2", "security_group_rule-d1@1"]
    world.happens(rule("d2", "db", "web"), no_rule("d1", "db"))
    world.relay()
    assert last(world, "compute1").left == () and last(world, "compute1").entered == ()
    world.happens(no_rule("d2", "db"))
    world.relay()
    assert last(world, "compute1").left == (WEB,)
    assert world.hosts["compute1"].knows() == set()
    world.check()


def test_an_address_group_comes_with_the_rule_that_names_it(world: World) -> None:
    world.happens(("address_group-ag", AddressGroupCreated("ag", "p", "ag", "", ("192.0.2.0/24",))))
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    world.relay()
    assert "ag" not in world.hosts["compute1"].networks
    world.happens(rule("by", "web", addresses="ag"))
    world.relay()
    world.happens(("address_group-ag", AddressGroupAddressesChanged("ag", ("198.51.100.0/24",))))
    world.relay()
    assert names(last(world, "compute1")) == ["address_group-ag@2"]
    world.check()
    world.happens(no_rule("by", "web"))
    world.relay()
    assert last(world, "compute1").left == ("ag",)
    world.check()


def test_a_port_that_comes_into_a_group_is_told_from_its_start_and_leaves_with_one_fact(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"), group("other"), *port("b", "blue", "other"))
    world.happens(("port-b", PortRenamed("b", "", "x")), bound("b", "blue", "compute2"))
    world.relay()
    world.happens(regrouped("b", "blue", ("other",), "other", "web"))
    world.relay()
    assert names(last(world, "compute1")) == ["port-b@1", "port-b@2", "port-b@5"]
    world.check()
    world.happens(regrouped("b", "blue", ("other", "web"), "other"))
    world.relay()
    assert names(last(world, "compute1")) == ["port-b@6"]
    assert "port-b" not in world.hosts["compute1"].members.streams
    world.happens(("port-b", AddressReleased("b", "subnet", "10.0.0.3")))
    count = len(world.messages("compute1"))
    world.relay()
    assert len(world.messages("compute1")) == count
    world.check()


def test_what_matters_of_a_member_is_told_and_the_rest_is_not(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"), *port("b", "blue", "web"))
    world.relay()
    world.happens(("port-b", PortRenamed("b", "", "x")), ("port-b", PortTagsChanged("b", ("t",))))
    world.happens(bound("b", "blue", "compute2"), ("port-b", AddressAllocated("b", "v6", "2001:db8::3")))
    world.happens(("security_group-web", SecurityGroupRenamed("web", "web", "www")))
    world.happens(("security_group-web", SecurityGroupTagsChanged("web", ("t",))))
    world.relay()
    assert names(last(world, "compute1")) == ["port-b@6"]
    world.happens(deleted("b", "blue", "compute2"))
    world.relay()
    assert names(last(world, "compute1")) == ["port-b@7"]
    assert "port-b" not in world.hosts["compute1"].members.streams
    world.check()


def test_the_facts_of_a_member_do_not_hide_those_that_come_with_its_network(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    world.happens(
        *port("b", "blue", "web"), bound("b", "blue", "compute2"), ("port-b", AddressAllocated("b", "s", "10.0.0.9"))
    )
    world.relay()
    world.happens(*port("c", "blue"), bound("c", "blue", "compute1"))
    world.relay()
    assert world.hosts["compute1"].streams["port-b"] == {one.position for one in world.log if one.stream == "port-b"}
    world.check()
    world.happens(deleted("c", "blue", "compute1"))
    world.relay()
    assert "port-b" not in world.hosts["compute1"].streams and "port-b" in world.hosts["compute1"].members.streams
    world.check()


def test_the_last_port_takes_its_host_out_of_everything(world: World) -> None:
    world.happens(
        *port("a", "red", "web"), bound("a", "red", "compute1"), *port("b", "red", "web"), bound("b", "red", "compute1")
    )
    world.relay()
    world.happens(deleted("a", "red", "compute1"))
    world.relay()
    assert last(world, "compute1").left == ()
    world.happens(("port-b", PortUnbound("b", "red", "compute1")))
    world.relay()
    assert set(last(world, "compute1").left) == {"red", "web", WEB}
    assert world.store.grouped == set() and world.store.members == {}
    world.check()


def test_a_moving_guest_is_on_two_hosts_until_it_is_activated(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(("port-a", PortBindingAdded("a", "red", "compute2", 2, "normal", {}, "ovs", {})))
    world.relay()
    assert world.hosts["compute2"].networks == world.hosts["compute1"].networks == {"red", "web", WEB}
    world.check()
    world.happens(("port-a", PortBindingActivated("a", "red", "compute2", "compute1", 2, "ovs", {})))
    world.relay()
    assert set(last(world, "compute1").left) == {"red", "web", WEB}
    assert world.hosts["compute2"].networks == {"red", "web", WEB}
    world.happens(("port-a", PortBindingRemoved("a", "red", "compute1")))
    world.relay()
    world.check()
    world.happens(("port-a", PortBindingAdded("a", "red", "compute3", 3, "normal", {}, "ovs", {})))
    world.happens(("port-a", PortBindingRemoved("a", "red", "compute3")))
    world.relay()
    assert world.hosts["compute3"].networks == set()
    world.check()


def test_binding_elsewhere_leaves_the_host_that_was_prepared_where_it_is(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    world.happens(("port-a", PortBindingAdded("a", "red", "compute2", 2, "normal", {}, "ovs", {})))
    world.happens(bound("a", "red", "compute3", "compute1", 3))
    world.relay()
    assert [bool(world.hosts[name].networks) for name in HOSTS] == [False, True, True]
    world.happens(deleted("a", "red", "compute3"))
    world.relay()
    assert world.store.grouped == set() and world.store.members == {}
    world.check()


def test_a_group_in_use_by_nobody_leaves_no_trace(world: World) -> None:
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    world.relay()
    world.happens(
        regrouped("a", "red", ("web",)),
        no_rule("r", "web"),
        ("security_group-web", SecurityGroupDeleted("web", "p", "web")),
    )
    world.relay()
    assert set(last(world, "compute1").left) == {"web", WEB}
    assert world.store.grouped == set()
    world.check()


def test_a_port_that_passes_through_a_group_that_a_host_just_enters_is_not_left_there(world: World) -> None:
    """All in one batch: the host hears by web that the port is in db now, and must hear, too, that it is no longer."""
    world.happens(
        *port("a", "red", "web"), bound("a", "red", "compute1"), *port("b", "blue", "web"), group("db"), group("x")
    )
    world.relay()
    world.happens(regrouped("b", "blue", ("web",), "db"), regrouped("b", "blue", ("db",), "x"), rule("d", "web", "db"))
    world.relay()
    assert "port-b" not in world.hosts["compute1"].members.streams
    world.check()


def test_too_many_members_for_a_message_become_a_nudge(world: World) -> None:
    for number in range(feeds.MAX_FACTS // 2 + 1):
        world.happens(*port(f"m{number}", "blue", "web"))
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    world.relay()
    [message] = world.messages("compute1")
    assert (message.prev, message.position, message.events) == (len(world.log), len(world.log), ())
    assert world.hosts["compute1"].gaps == 1


def test_one_more_member_of_a_large_group_is_one_small_message_a_host_and_no_look_at_the_past() -> None:
    """A default group on 100 hosts, whose networks are their own, so that nothing but the group joins them."""
    world, hosts = World(), [f"host{number}" for number in range(100)]
    world.post = Post([Following(name) for name in hosts])
    world.happens(group("web"), rule("v4", "web", "web"), rule("v6", "web", "web"))
    for number in range(1_000):
        name, host = f"p{number}", hosts[number % 100]
        world.happens(*port(name, f"net{number}", "web"), bound(name, f"net{number}", host))
    quiet = Post([])
    relay = Relay(world.store, quiet)
    relay.take(world.log)
    world.store.reads.clear()
    quiet.sent.clear()
    world.happens(*port("new", "net0", "web"), bound("new", "net0", "host0"))
    relay.take(world.log)
    assert sorted(name for name, _ in quiet.sent) == sorted(hosts)
    assert world.store.reads.total() == 0, "all that it needed was known"
    sizes = [len(str(feed_to_json(feed))) for name, feed in quiet.sent if name != "host0"]
    print(f"one more member: {len(quiet.sent)} messages of {max(sizes)} bytes")
    assert max(sizes) < 1500
    assert {tuple(names(feed)) for name, feed in quiet.sent if name != "host0"} == {("port-new@1", "port-new@2")}


def test_a_relay_that_forgot_everything_goes_on_as_the_one_before(world: World) -> None:
    world.happens(
        *port("a", "red", "web"),
        bound("a", "red", "compute1"),
        *port("b", "blue", "web"),
        bound("b", "blue", "compute2"),
    )
    world.relay()
    for fact in (
        ("port-b", AddressAllocated("b", "s", "10.0.0.9")),
        bound("b", "blue", "compute3", "compute2", 2),
        no_rule("r", "web"),
        rule("r2", "web", "web"),
        deleted("b", "blue", "compute3"),
    ):
        world.happens(fact)
        world.relay()
        world.check()
    assert not any(scope.startswith(MEMBERS) for scope in world.hosts["compute3"].networks)
