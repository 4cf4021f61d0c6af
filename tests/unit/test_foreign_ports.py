"""Ports that are known because of their security group, on networks that a host is not in: no matter of DHCP, routers or networks."""

from __future__ import annotations

import pytest

from libs import events
from libs.chain import Chain, is_foreign
from libs.eventlog.protocol import Recorded
from libs.feed import Feed, members_of
from libs.materialise.dhcp.desired import Desired as DhcpDesired
from libs.materialise.l3.desired import Desired as L3Desired
from services.topology.members import Turned, judged
from tests.fakes.dhcp_brain import A, B, folder
from tests.fakes.dhcp_brain import Story as DhcpStory
from tests.fakes.dhcp_facts import an_id
from tests.fakes.l3_brain import settled
from tests.unit.test_chain import fact, message, positions, synced

WEB = members_of("web")


def of_groups(facts: list[Recorded]) -> list[Recorded]:
    """What comes by a group: not where ports are bound."""
    return [one for one in facts if not isinstance(one.event, events.PortBound)]


def test_dhcp_serves_a_network_that_it_enters_as_if_it_had_never_heard_of_its_ports() -> None:
    story = DhcpStory()
    first, _ = story.facts.served_network()
    story.brain.held(frozenset({first, "web", WEB}))
    story.go()
    start = len(story.facts.said)
    second = story.facts.network()
    subnet = story.facts.subnet(second, "10.7.0.0/24")
    story.facts.schedule(second)
    story.facts.dhcp_port(second, "fa:16:3e:dc:00:99", (subnet, "10.7.0.2"))
    guest = story.facts.port(second, A, (subnet, "10.7.0.5"))
    story.facts.say(f"port-{guest}", events.PortBound(guest, second, "compute9", "", 1, "ovs", {}))
    story.facts.allocate(guest, subnet, "10.7.0.6")
    later = story.facts.said[start:]
    for one in of_groups([one for one in later if one.stream == f"port-{guest}"]):
        story.brain.take(one)
    story.brain.apply()
    assert story.brain.load()["networks"] == 1 and story.brain.load()["ports"] == 0
    story.brain.forget((second,))
    story.brain.held(frozenset({first, second, "web", WEB}))
    assert story.go() != []
    assert story.host.lease(folder(second), A) == "10.7.0.5"
    assert story.brain.load()["networks"] == 2
    story.facts.release(guest, subnet, "10.7.0.5")
    story.go()
    assert story.host.lease(folder(second), A) == "10.7.0.6"
    assert story.host.lease(folder(second), B) is None


def test_a_repeat_of_what_is_known_by_the_network_changes_nothing_for_dhcp() -> None:
    story = DhcpStory()
    network, subnet = story.facts.served_network()
    story.brain.held(frozenset({network, WEB}))
    guest = story.facts.port(network, A, (subnet, "10.0.0.5"))
    story.facts.release(guest, subnet, "10.0.0.5")
    story.facts.allocate(guest, subnet, "10.0.0.6")
    story.go()
    for one in of_groups([one for one in story.facts.said if one.stream == f"port-{guest}"]):
        story.brain.take(one)
    assert story.go() == []
    assert story.host.lease(folder(network), A) == "10.0.0.6"


def test_a_router_knows_the_guests_of_a_network_that_it_is_attached_to_later() -> None:
    story = settled()
    facts, town = story.facts, story.town
    here = frozenset({town.public, town.private, town.router})
    story.brain.held(here | {WEB})
    start = len(facts.said)
    network = facts.network()
    subnet = facts.subnet(network, "10.5.0.0/24", "10.5.0.1")
    guest = facts.port(network, "fa:16:3e:00:00:07", (subnet, "10.5.0.7"), device=an_id(7))
    facts.say(f"port-{guest}", events.PortBound(guest, network, "compute9", "", 1, "ovs", {}))
    facts.allocate(guest, subnet, "10.5.0.8")
    for one in of_groups([one for one in facts.said[start:] if one.stream == f"port-{guest}"]):
        story.brain.take(one)
    kept = story.doors.keeps
    story.brain.apply()
    assert story.doors.keeps == kept and "10.5.0.7" not in story.doors.open[story.space].guests
    facts.interface(town.router, network, subnet, "10.5.0.1", "10.5.0.0/24")
    story.brain.forget((network,))
    story.brain.held(here | {WEB, network})
    story.go()
    assert {"10.5.0.7", "10.5.0.8"} <= set(story.doors.open[story.space].guests)


def test_foreign_ports_are_not_kept() -> None:
    """Nobody would tell when they end."""
    dhcp, l3 = DhcpDesired(), L3Desired()
    for desired in (dhcp, l3):
        desired.held(frozenset({"red", WEB}))
        for one in (fact(1, made("p", "blue"), "port-p"), fact(2, made("q", "red"), "port-q")):
            desired.take(one)
    assert dhcp.networks == {"red"}
    assert l3.ports == {"q"}


def made(port_id: str, network_id: str) -> events.PortCreated:
    return events.PortCreated(
        port_id, network_id, "p", "", "", "fa:16:3e:00:00:01", True, "", "", security_groups=("web",)
    )


def test_only_the_first_fact_of_a_port_tells_that_it_is_foreign() -> None:
    held = frozenset({"red", WEB})
    assert is_foreign(fact(1, made("p", "blue"), "port-p"), held)
    assert not is_foreign(fact(1, made("p", "red"), "port-p"), held)
    assert not is_foreign(fact(2, events.AddressAllocated("p", "s", "10.0.0.3"), "port-p"), held)


@pytest.mark.parametrize("scopes", [("red",), ("red", WEB)])
def test_an_overlapping_message_gives_all_facts_of_a_port_that_came_into_a_group(scopes: tuple[str, ...]) -> None:
    """It was made between the last message and the answer to a Fetch, when it was nobody's business here; now it is."""
    chain: Chain = synced(15, *scopes)
    begin = fact(11, made("p", "blue"), "port-p")
    address = fact(12, events.AddressAllocated("p", "s", "10.0.0.3"), "port-p")
    enters = fact(18, events.PortSecurityGroupsChanged("p", "blue", (), ("web",)), "port-p")
    known = fact(13, events.AddressAllocated("q", "s", "10.0.0.4"), "port-q")
    taken = chain.receive(message(10, 20, begin, address, known, enters))
    assert positions(taken) == ([11, 12, 18] if WEB in scopes else [18])


def test_scopes_of_members_are_asked_for_as_others_are() -> None:
    chain = synced(10, "red")
    chain.receive(Feed("log-1", 1, 10, 11, entered=("web", WEB)))
    assert chain.ask("r").networks == (WEB, "red", "web")


class TestJudged:
    """Which ports that changed or ended were in a group, from (stream, position, groups from then on)."""

    def test_who_stays_in_or_out_all_the_time(self) -> None:
        rows = [("in", 1, ["web"]), ("out", 2, ["db"]), ("in", 30, ["web", "x"]), ("out", 31, ["x"])]
        assert judged(rows, {"web"}, set(), 20) == Turned(frozenset({"in", "out"}), frozenset({"in"}))

    def test_who_left_came_or_ended_since(self) -> None:
        rows = [("left", 1, ["web"]), ("came", 2, []), ("ended", 3, ["web"]), ("both", 4, [])]
        rows += [("left", 21, []), ("came", 22, ["web"]), ("ended", 23, []), ("both", 24, ["web"]), ("both", 25, [])]
        assert judged(rows, {"web"}, set(), 20).members == {"left", "came", "ended", "both"}

    def test_who_was_in_long_ago_is_none_of_it(self) -> None:
        rows = [("once", 1, ["web"]), ("once", 5, []), ("once", 30, ["x"])]
        assert judged(rows, {"web"}, set(), 20).members == set()

    def test_who_will_turn_after_the_relays_position_is_still_what_it_was(self) -> None:
        """Such a port's last fact is behind `upto` and not among the rows."""
        assert judged([("p", 1, ["web"])], {"web"}, set(), 20).members == {"p"}
        assert judged([("p", 1, ["web"])], set(), {"web"}, 20).members == {"p"}

    def test_a_scope_that_is_entered_has_those_who_are_in_now(self) -> None:
        rows = [("left", 1, ["web"]), ("ended", 2, ["web"]), ("in", 3, ["web"]), ("left", 21, []), ("ended", 22, [])]
        assert judged(rows, {"kept"}, {"web"}, 20).members == {"in"}
