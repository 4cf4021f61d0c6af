"""agent_l3's brain on the real kernel and on the pretended host: the same story, the same counts. The switch is pretended in both."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from libs import events
from libs.agent.stages import Switch
from libs.agent.tally import Tally
from libs.materialise.l3 import Place
from services.agent_l3.brain import KINDS, OWNER, Brain
from tests.contract.router_rigs import FakeRig, RealRig, Rig
from tests.fakes.l3_brain import FakeDoors
from tests.fakes.l3_facts import L3Facts, Town
from tests.fakes.router_host import FakeRouters

FLOATING, MANY = "198.51.100.100", 1_000


class Host:
    """The rig's verbs, with plugs of its own where the rig has none."""

    def __init__(self, rig: Rig) -> None:
        self._rig, self._plugs = rig, FakeRouters()

    def call(self, verb: str, **arguments: Any) -> Any:
        return (self._plugs if verb.startswith("plugs.") else self._rig).call(verb, **arguments)


class Scene:
    """A town on a host of the rig."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.host = rig, Host(rig)
        self.facts = L3Facts()
        self.town = Town(self.facts)
        self.facts.port(self.town.private, "fa:16:3e:00:00:09", (self.town.inside, "10.4.0.99"))
        self.brain = self.start()

    def start(self) -> Brain:
        """An agent that was told everything, and has not applied it."""
        place = Place(self.facts.host, self.rig.folder, self.rig.suffix)
        brain = Brain(place, self.host, Switch("", OWNER), Tally("routers are", KINDS), FakeDoors())
        for recorded in self.facts.said:
            brain.take(recorded)
        return brain

    def says(self, count: int = 1) -> None:
        """The last facts are heard, and applied."""
        for recorded in self.facts.said[-count:]:
            self.brain.take(recorded)
        self.brain.apply()
        assert self.brain.load()["failing"] == 0

    def nothing_to_do(self) -> None:
        """A restart touches nothing."""
        again = self.start()
        again.apply()
        assert (again.tally.total, again.load()["failing"]) == (0, 0)


@pytest.fixture(params=[pytest.param(RealRig, id="kernel", marks=pytest.mark.root), pytest.param(FakeRig, id="fake")])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    rig = request.param(tmp_path)
    yield Scene(rig)
    rig.close()


def test_a_router_lives_and_after_every_step_a_restart_touches_nothing(scene: Scene) -> None:
    facts, town = scene.facts, scene.town
    scene.brain.apply()
    scene.nothing_to_do()
    v6 = facts.subnet(town.private, "fd00:4::/64", "fd00:4::1", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
    before = len(facts.said)
    facts.interface(town.router, town.private, v6, "fd00:4::1", "fd00:4::/64")
    scene.says(len(facts.said) - before + 1)
    scene.nothing_to_do()
    floating = town.floating(FLOATING, town.two, town.TWO)
    scene.says(3)
    scene.nothing_to_do()
    steps: list[Any] = [
        events.RouterRouteAdded(town.router, "172.20.0.0/16", town.TWO),
        events.RouterRouteAdded(town.router, "172.20.0.0/16", town.ONE),
        events.RouterSnatChanged(town.router, False),
        events.RouterAdminStateChanged(town.router, False),
        events.RouterAdminStateChanged(town.router, True),
        events.RouterRouteRemoved(town.router, "172.20.0.0/16", town.ONE),
        events.RouterInterfaceDetached(town.router, town.interface, town.private, town.inside, "10.4.0.1"),
    ]
    for step in steps:
        facts.about(town.router, step)
        scene.says()
        scene.nothing_to_do()
    facts.disassociate(floating, FLOATING, town.router, town.two, town.TWO)
    scene.says()
    scene.nothing_to_do()
    facts.about(town.router, events.RouterGatewayCleared(town.router, town.public, town.gateway))
    scene.says()
    scene.nothing_to_do()
    assert scene.brain.audit() == {}
    facts.about(town.router, events.RouterUnscheduled(town.router, "a", facts.host, "asked"))
    scene.says()
    assert scene.rig.call("links.list", prefix="qrouter-", suffix=scene.rig.suffix) == []
    scene.nothing_to_do()


def test_many_floating_ips_are_one_change_and_one_more_is_one_element_of_each_map(scene: Scene) -> None:
    for number in range(MANY):
        place = f"{number // 250}.{number % 250 + 1}"
        scene.town.floating(f"198.18.{place}", scene.town.one, f"10.44.{place}")
    scene.brain = scene.start()
    began = time.monotonic()
    scene.brain.apply()
    built, before = time.monotonic() - began, scene.brain.tally.counts()
    scene.town.floating(FLOATING, scene.town.two, Town.TWO)
    began = time.monotonic()
    scene.says(3)
    print(f"{MANY} floating IPs built in {built * 1e3:.0f} ms, one more in {(time.monotonic() - began) * 1e3:.1f} ms")
    after = scene.brain.tally.counts()
    assert {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]} == {"nat": 2, "links": 1}
    scene.nothing_to_do()
