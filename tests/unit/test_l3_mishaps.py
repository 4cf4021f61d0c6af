"""What goes wrong on a host that runs routers, and that it ends well."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from libs import events
from libs.kernel.hands import HandsLost
from tests.fakes import nft
from tests.fakes.l3_brain import LosesOneCall, Story, a_brain, namespace
from tests.fakes.l3_facts import Town
from tests.fakes.router_host import FakeRouters

FLOATING = "198.51.100.100"


def two_towns() -> tuple[Story, Town]:
    story = Story()
    return story, Town(story.facts)


def test_a_router_that_fails_does_not_stop_its_neighbour_and_is_tried_again_later() -> None:
    story, other = two_towns()
    story.host.broken.add(story.space)
    story.go()
    assert list(story.host.namespaces) == [namespace(other.router)]
    assert (story.brain.load()["failing"], story.brain.load()[f"failing/{story.town.router}"]) == (1, 1)
    story.host.broken.clear()
    story.go()
    assert story.space not in story.host.namespaces, "not at every poke"
    pokes: list[None] = []
    story.brain.poke = lambda: pokes.append(None)
    story.brain.try_again()
    story.go()
    assert pokes == [None] and story.space in story.host.namespaces and story.brain.load()["failing"] == 0


def test_something_new_about_a_router_that_fails_is_a_reason_to_try() -> None:
    story = Story()
    story.host.broken.add(story.space)
    story.go()
    story.host.broken.clear()
    story.town.floating(FLOATING, story.town.two, Town.TWO)
    story.go()
    assert story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)[0] == Town.TWO


def test_floating_ips_of_a_router_that_keeps_failing_are_told_of_and_of_others_too() -> None:
    story, other = two_towns()
    bad = story.town.floating(FLOATING, story.town.two, Town.TWO)
    good = other.floating("198.51.100.101", other.two, other.TWO)
    story.host.broken.add(story.space)
    story.go()
    assert story.told is not None and [(one.floatingip_id, one.working) for one in story.told.floatingips] == [
        (good, True)
    ]
    story.brain.try_again()
    story.go()
    assert story.told is not None and [(one.floatingip_id, one.working) for one in story.told.floatingips] == [
        (bad, False)
    ]
    story.host.broken.clear()
    story.brain.try_again()
    story.go()
    assert story.told is not None and [(one.floatingip_id, one.working) for one in story.told.floatingips] == [
        (bad, True)
    ]


def test_a_switch_that_is_away_keeps_only_the_plugs_waiting() -> None:
    story = Story()
    story.host.switch = False
    story.go()
    assert story.space in story.host.namespaces and story.host.namespaces[story.space].table is not None
    assert story.brain.load()["failing"] == 1
    story.host.switch = True
    story.brain.try_again()
    story.go()
    assert len(story.host.plugs) == 2
    assert {address for _, _, address in story.host.told} == {Town.OWN, "10.4.0.1"}, "nobody heard it before"


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("at", range(1, 14))
def test_lost_hands_at_any_call_are_made_good_by_the_next_apply(at: int, happened: bool) -> None:
    story = Story()
    floating = story.town.floating(FLOATING, story.town.two, Town.TWO)
    story.brain = a_brain(LosesOneCall(story.host, at, happened))  # type: ignore[arg-type]
    goes(story)
    story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)
    story.facts.associate(floating, FLOATING, story.town.router, story.town.one, Town.ONE, story.town.inside)
    goes(story)
    assert story.host.namespaces[story.space].connections == {}, "the old connection is cut, whenever that was"
    assert story.host.connect(story.space, "qg-", "192.0.2.9", FLOATING)[0] == Town.ONE
    assert len(story.host.plugs) == 2


@pytest.mark.parametrize("at", range(1, 9))
def test_an_agent_killed_in_the_middle_of_building_leaves_what_the_next_start_completes(at: int) -> None:
    story = Story()
    story.town.floating(FLOATING, story.town.two, Town.TWO)
    with pytest.raises(HandsLost):
        a_brain(LosesOneCall(story.host, at, True), story.facts.said).apply()  # type: ignore[arg-type]
    story.restart()
    story.go()
    whole = FakeRouters()
    a_brain(whole, story.facts.said).apply()
    assert story.host.snapshot() == whole.snapshot()


DAMAGE: dict[str, Callable[[Any, str], Any]] = {
    "an element is missing": lambda host, space: host.namespaces[space].table.maps["fip_dnat"].clear(),
    "a rule is missing": lambda host, space: host.namespaces[space].table.chains["postrouting"].rules.pop(),
    "a foreign chain": lambda host, space: host.namespaces[space].table.chains.update(
        x=nft.Chain("filter", "input", 0)
    ),
    "no table": lambda host, space: setattr(host.namespaces[space], "table", None),
    "an address is missing": lambda host, space: next(iter(host.namespaces[space].devices.values()))["addresses"].pop(),
    "no route": lambda host, space: host.namespaces[space].routes.clear(),
    "no forwarding": lambda host, space: host.namespaces[space].sysctls.update({"net.ipv4.ip_forward": "0"}),
    "no namespace": lambda host, space: host.namespaces.pop(space),
    "not plugged": lambda host, space: host.plugs.popitem(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_audit_repairs_and_counts_what_somebody_else_broke(damage: str) -> None:
    story = Story()
    story.town.floating(FLOATING, story.town.two, Town.TWO)
    story.go()
    before = story.host.snapshot()
    DAMAGE[damage](story.host, story.space)
    assert story.host.snapshot() != before
    assert sum(story.brain.audit().values()) > 0
    assert story.host.snapshot() == before
    assert story.brain.audit() == {}


def test_an_audit_says_what_it_repaired_although_another_router_fails() -> None:
    story, other = two_towns()
    story.go()
    story.host.broken.add(namespace(other.router))
    story.host.namespaces[story.space].table = None
    assert story.brain.audit() == {"nat": 1}
    assert story.brain.audit() == {} and story.brain.load()["failing"] == 1


def test_the_counters_lie_in_a_file_and_a_restart_without_news_counts_nothing(tmp_path: Path) -> None:
    story = Story()
    story.go()
    file = tmp_path / "operations.json"
    brain = a_brain(story.host, story.facts.said, file)
    brain.apply()
    assert (json.loads(file.read_text())["total"], brain.tally.total) == (0, 0)
    story.host.switch = True
    brain.take(story.facts.say(f"router-{story.town.router}", events.RouterSnatChanged(story.town.router, False)))
    brain.apply()
    assert json.loads(file.read_text())["operations"]["nat"] == 1


def goes(story: Story) -> None:
    """Applies until it went well."""
    for _ in range(3):
        try:
            story.go()
        except HandsLost:
            story.brain.doubt_everything()
