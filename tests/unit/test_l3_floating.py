"""Floating IPs on a pretended host: they come, move and go; what that costs, and which connections end."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from libs import events
from libs.feed import FloatingIpReport
from libs.kernel.hands import HandsLost
from libs.model import FixedIp
from services.agent_l3.owed import Owed
from tests.fakes.l3_brain import LosesOneCall, Story, a_brain, settled
from tests.fakes.l3_facts import Town

FLOATING, OTHER = "198.51.100.100", "198.51.100.101"


def test_one_more_of_a_thousand_touches_one_element_of_each_map_and_one_address() -> None:
    story = Story()
    for number in range(1_000):
        fixed = f"10.44.{number // 250}.{number % 250 + 1}"
        story.town.floating(f"198.18.{number // 250}.{number % 250 + 1}", story.town.one, fixed)
    story.go()
    assert len(story.host.texts) == 1, "the first build is one change"
    before = story.brain.tally.counts()
    story.town.floating(FLOATING, story.town.two, Town.TWO)
    assert story.go() == ["nat.apply", "addresses.change", "arp.announce"]
    assert story.host.texts == [
        f"add element ip netledger fip_dnat {{ {FLOATING} : {Town.TWO} }}\n"
        f"add element ip netledger fip_snat {{ {Town.TWO} : {FLOATING} }}\n"
    ]
    assert story.host.told == [(story.space, f"qg-{story.town.gateway[:11]}", FLOATING)]
    after = story.brain.tally.counts()
    assert {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]} == {
        "nat": 2,
        "links": 1,
    }


def test_a_floating_ip_that_moves_cuts_old_connections_and_the_new_server_answers() -> None:
    story = Story()
    floating = story.town.floating(FLOATING, story.town.two, Town.TWO)
    story.go()
    *_, from_outside = story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)
    *_, to_outside = story.host.connect(story.space, "qr-", Town.TWO, "192.0.2.9")
    *_, neighbour = story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")
    story.facts.associate(floating, FLOATING, story.town.router, story.town.one, Town.ONE, story.town.inside)
    assert story.go() == ["nat.apply", "conntrack.cut"], "the address stays where it is"
    assert list(story.host.namespaces[story.space].connections) == [neighbour]
    assert from_outside != to_outside
    assert story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)[0] == Town.ONE


def test_two_floating_ips_change_places() -> None:
    story = Story()
    one, two = (
        story.town.floating(FLOATING, story.town.one, Town.ONE),
        story.town.floating(OTHER, story.town.two, Town.TWO),
    )
    story.go()
    story.facts.disassociate(one, FLOATING, story.town.router, story.town.one, Town.ONE)
    story.facts.associate(two, OTHER, story.town.router, story.town.one, Town.ONE, story.town.inside)
    story.facts.associate(one, FLOATING, story.town.router, story.town.two, Town.TWO, story.town.inside)
    story.go()
    assert story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)[0] == Town.TWO
    assert story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")[1] == OTHER


def test_one_that_leaves_takes_its_address_and_its_connections_along() -> None:
    story = Story()
    floating = story.town.floating(FLOATING, story.town.two, Town.TWO)
    story.go()
    story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)
    story.facts.disassociate(floating, FLOATING, story.town.router, story.town.two, Town.TWO)
    assert story.go() == ["nat.apply", "conntrack.cut", "addresses.change"]
    place = story.host.namespaces[story.space]
    assert (place.connections, FLOATING in place.own) == ({}, False)
    assert story.host.connect(story.space, "qr-", Town.TWO, "192.0.2.9")[1] == Town.OWN


def test_connections_under_a_gateway_address_that_left_are_cut() -> None:
    story = settled()
    story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")
    before = (FixedIp(story.town.outside, Town.OWN),)
    after = (FixedIp(story.town.outside, "198.51.100.20"),)
    event = events.RouterGatewayAddressesChanged(story.town.router, story.town.gateway, before, after)
    story.facts.about(story.town.router, event)
    story.go()
    assert story.host.namespaces[story.space].connections == {}
    assert story.host.connect(story.space, "qr-", Town.ONE, "192.0.2.9")[1] == "198.51.100.20"


def test_they_are_reported_when_they_work_and_once() -> None:
    story = settled()
    assert story.told is None
    floating = story.town.floating(FLOATING, story.town.two, Town.TWO)
    story.go()
    working = FloatingIpReport(floating, story.town.router, Town.TWO, True)
    assert story.told is not None and (story.told.floatingips, story.told.complete) == ((working,), False)
    story.go()
    assert story.told is None
    complete = story.brain.report()
    assert (complete.floatingips, complete.complete) == ((working,), True)
    story.facts.disassociate(floating, FLOATING, story.town.router, story.town.two, Town.TWO)
    story.go()
    assert story.told is None, "the server knows that itself"


def test_one_that_is_let_go_and_taken_again_at_once_is_reported_again() -> None:
    story = settled()
    floating = story.town.floating(FLOATING, story.town.two, Town.TWO)
    other = story.town.floating("198.51.100.12", story.town.one, Town.ONE)
    story.go()
    story.facts.disassociate(floating, FLOATING, story.town.router, story.town.two, Town.TWO)
    story.facts.associate(floating, FLOATING, story.town.router, story.town.two, Town.TWO, story.town.inside)
    assert story.go() == [], "on the host nothing is other than it was"
    told = {one.floatingip_id: one.working for one in story.told.floatingips} if story.told else {}
    assert told == {floating: True}, f"the server holds that one for down, and knows of {other}"
    story.go()
    assert story.told is None


def test_those_of_a_router_that_is_switched_off_work_no_longer() -> None:
    story = Story()
    story.town.floating(FLOATING, story.town.two, Town.TWO)
    story.go()
    story.facts.about(story.town.router, events.RouterAdminStateChanged(story.town.router, False))
    story.go()
    [down] = story.told.floatingips if story.told else ()
    assert (down.working, down.reason, story.brain.report().floatingips) == (False, "", ())


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("at", [4, 5, 6])
def test_an_agent_that_dies_in_the_middle_of_a_move_is_made_good_by_the_next(
    at: int, happened: bool, tmp_path: Path
) -> None:
    story = Story()
    floating = story.town.floating(FLOATING, story.town.two, Town.TWO)
    story.go()
    story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)
    story.facts.associate(floating, FLOATING, story.town.router, story.town.one, Town.ONE, story.town.inside)
    dying = LosesOneCall(story.host, at, happened)
    with contextlib.suppress(HandsLost):
        a_brain(dying, story.facts.said, owed=tmp_path / "owed").apply()  # type: ignore[arg-type]
    a_brain(story.host, story.facts.said, owed=tmp_path / "owed").apply()
    assert story.host.namespaces[story.space].connections == {}
    later = a_brain(story.host, story.facts.said, owed=tmp_path / "owed")
    story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)
    later.apply()
    assert len(story.host.namespaces[story.space].connections) == 1 and later.tally.total == 0, "they are cut once"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cuts": 5}', '{"cuts": {"r": [["x"]]}, "untold": []}', "\0", "null"])
def test_a_file_that_holds_anything_else_stops_nobody(text: str, tmp_path: Path) -> None:
    (tmp_path / "owed").write_text(text)
    owed = Owed(tmp_path / "owed")
    assert (owed.cuts("r"), owed.is_untold("r")) == ((), False)
    owed.add([("r", [("orig-dst", FLOATING)])], ["s"])
    again = Owed(tmp_path / "owed")
    assert (again.cuts("r"), again.is_untold("r"), again.is_untold("s")) == ((("orig-dst", FLOATING),), False, True)


@pytest.mark.parametrize("at", [3, 4, 5])
def test_neighbours_hear_of_a_new_address_although_the_agent_died_before_it_told_them(at: int, tmp_path: Path) -> None:
    story = Story()
    story.go()
    story.town.floating(FLOATING, story.town.two, Town.TWO)
    heard: set[str] = set()
    with contextlib.suppress(HandsLost):
        brain = a_brain(LosesOneCall(story.host, at + 3, True), story.facts.said, owed=tmp_path / "owed")  # type: ignore[arg-type]
        brain.apply()
    heard |= {address for _, _, address in story.host.told}
    a_brain(story.host, story.facts.said, owed=tmp_path / "owed").apply()
    assert FLOATING in heard | {address for _, _, address in story.host.told}
    story.host.told.clear()
    a_brain(story.host, story.facts.said, owed=tmp_path / "owed").apply()
    assert story.host.told == []


def test_what_was_owed_of_a_router_that_went_before_it_was_built_is_forgotten(tmp_path: Path) -> None:
    Owed(tmp_path / "owed").add([("r", [("orig-dst", FLOATING)])], ["r"])
    story = Story()
    a_brain(story.host, story.facts.said, owed=tmp_path / "owed").apply()
    left = Owed(tmp_path / "owed")
    assert (left.cuts("r"), left.is_untold("r")) == ((), False)
