"""Which guests may ask for metadata behind which router."""

from __future__ import annotations

from libs import events
from libs.metadata.asking import Guest
from tests.fakes.dhcp_facts import an_id
from tests.fakes.l3_brain import settled
from tests.fakes.l3_facts import Town


def test_servers_are_known_by_their_address_on_the_routers_subnets() -> None:
    story = settled()
    facts, town = story.facts, story.town
    other = facts.subnet(town.private, "10.9.0.0/24")
    facts.port(town.private, "fa:16:3e:00:00:04", (other, "10.9.0.5"), device=an_id(4))
    facts.port(town.private, "fa:16:3e:00:00:05", (town.inside, "10.4.0.14"), owner="", device=an_id(5))
    facts.port(town.private, "fa:16:3e:00:00:06", (town.inside, "10.4.0.15"), device="x\r\nX-Tenant-ID: other")
    story.go()
    [(space, door)] = story.doors.open.items()
    assert (space, door.port, dict(door.guests)) == (
        story.space,
        9697,
        dict.fromkeys((Town.ONE, Town.TWO), Guest(an_id(1), "p")),
    )


def test_a_server_that_comes_or_goes_is_told_and_the_router_is_not_touched() -> None:
    story = settled()
    before = story.brain.tally.total
    new = story.facts.port(story.town.private, "fa:16:3e:00:00:03", (story.town.inside, "10.4.0.13"), device=an_id(3))
    assert story.go() == [] and "10.4.0.13" in story.doors.open[story.space].guests
    story.facts.delete_port(new, story.town.private, (story.town.inside, "10.4.0.13"))
    assert story.go() == [] and "10.4.0.13" not in story.doors.open[story.space].guests
    assert story.brain.tally.total == before


def test_what_is_no_matter_of_metadata_asks_nobody() -> None:
    story = settled()
    kept = story.doors.keeps
    story.go()
    story.facts.say(f"port-{story.town.one}", events.PortRenamed(story.town.one, "", "web"))
    story.go()
    assert story.doors.keeps == kept


def test_a_router_that_leaves_shuts_its_door() -> None:
    story = settled()
    router = story.town.router
    story.facts.about(router, events.RouterUnscheduled(router, "a", "compute1", "asked"))
    story.go()
    assert story.doors.open == {}


def test_a_door_that_cannot_be_opened_is_tried_again_and_keeps_nobody_waiting() -> None:
    story = settled()
    story.doors.broken.add(story.space)
    new = story.facts.port(story.town.private, "fa:16:3e:00:00:03", (story.town.inside, "10.4.0.13"), device=an_id(3))
    story.go()
    assert story.doors.open == {} and story.brain.load()["failing"] == 0 and new
    story.doors.broken.clear()
    story.go()
    assert "10.4.0.13" in story.doors.open[story.space].guests


def test_a_child_that_dies_is_made_good() -> None:
    story = settled()
    doors = dict(story.doors.open)
    pokes: list[None] = []
    story.brain.poke = lambda: pokes.append(None)
    story.doors.open, story.doors.lost = {}, True
    story.brain.metadata_lost()
    story.go()
    story.doors.lost = False
    story.go()
    assert story.doors.open == doors and pokes == [None]


def test_a_namespace_that_was_made_anew_has_its_door_opened_anew() -> None:
    story = settled()
    del story.host.namespaces[story.space]
    kept = story.doors.keeps
    story.brain.audit()
    story.go()
    assert story.doors.keeps > kept and story.space in story.doors.open
