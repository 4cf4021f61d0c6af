"""Advertisements of a router: again by what is plugged, and of one whose radvd dies."""

from __future__ import annotations

from typing import Any

import pytest

from services.agent_l3.brain import Brain
from tests.fakes.l3_brain import Story, a_brain
from tests.fakes.router_host import FakeRouters


def test_a_radvd_that_dies_is_started_again() -> None:
    story = Story()
    v6 = story.facts.subnet(story.town.private, "fd00:4::/64", "fd00:4::1", ipv6_ra_mode="slaac")
    story.facts.interface(story.town.router, story.town.private, v6, "fd00:4::1", "fd00:4::/64")
    story.go()
    [(folder, running)] = story.host.radvds.items()
    story.host.kill(folder)
    story.brain.ended(folder)
    story.go()
    assert story.host.radvds == {folder: running}


def test_by_an_interface_that_was_plugged_just_now_the_router_advertises_again() -> None:
    story = Story()
    story.go()
    assert story.host.advertised == [], "without IPv6 there is nothing to say"
    v6 = story.facts.subnet(story.town.private, "fd00:4::/64", "fd00:4::1", ipv6_ra_mode="slaac")
    story.facts.interface(story.town.router, story.town.private, v6, "fd00:4::1", "fd00:4::/64")
    story.go()
    assert story.host.advertised == [f"/state/agent_l3/{story.space}"]
    story.brain.audit()
    assert len(story.host.advertised) == 1, "guests that have heard it are left alone"


def test_what_a_switch_that_was_away_could_not_carry_is_advertised_when_it_is_back() -> None:
    story = Story()
    v6 = story.facts.subnet(story.town.private, "fd00:4::/64", "fd00:4::1", ipv6_ra_mode="slaac")
    story.facts.interface(story.town.router, story.town.private, v6, "fd00:4::1", "fd00:4::/64")
    story.host.switch = False
    story.go()
    assert story.host.advertised == []
    story.host.switch = True
    story.brain.try_again()
    story.go()
    assert story.host.advertised == [f"/state/agent_l3/{story.space}"]


@pytest.mark.parametrize("during", ["nat.apply", "plugs.ensure", "arp.announce"])
def test_a_radvd_that_dies_while_its_router_is_built_is_started_again(during: str) -> None:
    story = Story()
    v6 = story.facts.subnet(story.town.private, "fd00:4::/64", "fd00:4::1", ipv6_ra_mode="slaac")
    story.facts.interface(story.town.router, story.town.private, v6, "fd00:4::1", "fd00:4::/64")
    host = _TellsDuring(story.host, during)
    story.brain = a_brain(host)  # type: ignore[arg-type]
    host.brain = story.brain
    story.go()
    assert list(story.host.radvds) == [f"/state/agent_l3/{story.space}"]


class _TellsDuring:
    """A host whose radvd dies, and tells so, while the agent waits for a verb."""

    def __init__(self, host: FakeRouters, verb: str) -> None:
        self._host, self._verb = host, verb
        self.brain: Brain | None = None

    def call(self, verb: str, **arguments: Any) -> Any:
        if verb == self._verb and self.brain is not None:
            for folder in list(self._host.radvds):
                self._host.kill(folder)
            self.brain.ended(f"/state/agent_l3/{next(iter(self._host.namespaces))}")
            self.brain = None
        return self._host.call(verb, **arguments)
