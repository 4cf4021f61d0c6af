"""Whose work is given to others, and when: the clock is the test's."""

from __future__ import annotations

import pytest

from libs.events import AgentCameUp, AgentDeleted, AgentRegistered, AgentWentDown
from libs.model import DHCP_AGENT, L3_AGENT
from services.topology.agents import Agents
from services.topology.failover import Failover


class Scene:
    """Three L3 agents, and one of DHCP that is nobody's business; patience is 15 s."""

    def __init__(self, *down: str) -> None:
        self.now, self.agents = 1000.0, Agents()
        for host in "abc":
            self.agents.take(AgentRegistered(host, host, L3_AGENT, "l3", "nova", {}))
        self.agents.take(AgentRegistered("d", "d", DHCP_AGENT, "dhcp", "nova", {}))
        for id in down:
            self.agents.take(AgentWentDown(id, id))
        self.failover = Failover(self.agents, L3_AGENT, 15.0, lambda: self.now)

    def falls(self, id: str) -> bool:
        self.agents.take(AgentWentDown(id, id))
        return self.failover.fell(id)

    def rises(self, id: str) -> None:
        self.agents.take(AgentCameUp(id, id))
        self.failover.rose(id)

    @property
    def lost(self) -> str:
        return "".join(id for id in "abc" if self.failover.is_lost(id))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_who_falls_while_this_process_leads_is_lost_at_once(scene: Scene) -> None:
    assert scene.lost == ""
    assert scene.falls("a")
    assert scene.lost == "a"
    scene.rises("a")
    assert scene.lost == ""


def test_who_was_down_before_this_process_led_may_come_back_first() -> None:
    scene = Scene("a", "b")
    scene.now += 14
    assert scene.lost == ""
    scene.rises("b")
    scene.now += 2
    assert scene.lost == "a"


def test_who_was_deleted_is_lost_at_once(scene: Scene) -> None:
    scene.agents.take(AgentDeleted("a", "a", L3_AGENT))
    assert scene.lost == "a"


def test_the_first_that_comes_back_after_all_were_away_does_not_get_the_work_of_all(scene: Scene) -> None:
    for id in "abc":
        scene.falls(id)
    scene.now += 3600
    assert scene.lost == "", "there is nobody who could take it"
    scene.rises("b")
    scene.now += 14
    assert scene.lost == ""
    scene.now += 2
    assert scene.lost == "ac"


def test_after_that_a_fall_counts_at_once_again(scene: Scene) -> None:
    for id in "abc":
        scene.falls(id)
    for id in "abc":
        scene.rises(id)
    scene.falls("c")
    assert scene.lost == "c"


def test_other_agents_are_not_judged(scene: Scene) -> None:
    assert not scene.falls("d")
    assert not scene.failover.fell("stranger")
