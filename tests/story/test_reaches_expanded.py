"""The same story told squashed, step by step, doubled, in another order, with a restart or a death at each step: the switches end the
same, and working on what changed always gives what working everything out anew gives."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.eventlog.protocol import Recorded
from libs.kernel.hands import HandsLost
from tests.fakes.ovs_cloud import Agent, Cloud
from tests.story.ovs_stage import Play, Stage


def _told(stage: Stage) -> None:
    stage.cloud.settle()


def _tell(numbers: list[int], after: Play) -> Cloud:
    stage = Stage(after)
    for number in numbers:
        stage.step(number)
    stage.cloud.settle()
    return stage.cloud


def _end(cloud: Cloud) -> dict[str, object]:
    return {name: (host.named_flows(), _tags(cloud, name)) for name, host in cloud.fabric.hosts.items()}


def _tags(cloud: Cloud, name: str) -> dict[str, object]:
    return {port: (row["tag"], row["options"]) for port, row in sorted(cloud.host(name).rows["ports"].items())}


def _restart(agent: Agent, facts: list[Recorded]) -> None:
    agent.start()
    agent.take(facts)
    agent.apply()


def _restarted(stage: Stage) -> None:
    """A restart with nothing new does nothing; nor does working everything out again."""
    stage.cloud.settle()
    for agent in stage.cloud.agents.values():
        before = agent.host.flows()
        _restart(agent, stage.cloud.facts.log)
        assert agent.brain.tally.changes() == 0, agent.brain.tally.counts()
        assert agent.host.flows() == before
        assert agent.brain.audit() == {"flows": 0, "rows": 0}


def _doubled(stage: Stage) -> None:
    stage.cloud.settle()
    for agent in stage.cloud.agents.values():
        agent.take(stage.cloud.facts.log)
        agent.take(reversed(stage.cloud.facts.log))
        agent.apply()


def _dying(stage: Stage) -> None:
    """The hands die at one call after the other, before or after it was done."""
    news, agents = stage.cloud.facts.log, stage.cloud.agents
    for name, agent in agents.items():
        agent.take(news)
        for call in (1, 2, 1, 3, 4, 2, 5):
            stage.cloud.host(name).dies_at = call
            try:
                agent.brain.apply()
            except HandsLost:
                agent.brain.lost()
        stage.cloud.host(name).dies_at = 0
        agent.apply()


def _without_flows(stage: Stage) -> None:
    stage.cloud.settle()
    for host in stage.cloud.fabric.hosts.values():
        host.restart_vswitchd()
    stage.cloud.settle()


numbers = st.lists(st.integers(0, 5000), min_size=15, max_size=50)


@settings(max_examples=25, deadline=None)
@given(numbers)
def test_every_way_to_tell_a_story_ends_the_same(deeds: list[int]) -> None:
    squashed = _end(_tell(deeds, lambda stage: None))
    for after in (_told, _restarted, _doubled, _dying, _without_flows):
        assert _end(_tell(deeds, after)) == squashed, after.__name__


@settings(max_examples=25, deadline=None)
@given(numbers, st.randoms(use_true_random=False))
def test_the_order_between_streams_does_not_matter(deeds: list[int], chance: random.Random) -> None:
    cloud = _tell(deeds, lambda stage: None)
    for agent in cloud.agents.values():
        before = agent.host.flows()
        _restart(agent, _shuffled(cloud.facts.log, chance))
        assert agent.host.flows() == before
        assert agent.brain.tally.changes() == 0


@settings(max_examples=25, deadline=None)
@given(numbers)
def test_a_network_that_is_left_and_entered_again_is_as_before(deeds: list[int]) -> None:
    cloud = _tell(deeds, lambda stage: None)
    networks = {one.event.network_id for one in cloud.facts.log if hasattr(one.event, "network_id")}
    for agent in cloud.agents.values():
        before = agent.host.named_flows()
        agent.brain.forget(tuple(networks))
        agent.take(cloud.facts.log)
        agent.apply()
        assert agent.host.named_flows() == before
        assert agent.brain.audit() == {"flows": 0, "rows": 0}
        agent.brain.forget(None)
        agent.apply()
        assert not [line for line in agent.host.flows()["br-tun"] if "tun_id" in line]
        agent.take(cloud.facts.log)
        agent.apply()
        assert agent.host.named_flows() == before


def _shuffled(facts: list[Recorded], chance: random.Random) -> list[Recorded]:
    """Another order, but each stream's own."""
    streams: dict[str, list[Recorded]] = {}
    for recorded in facts:
        streams.setdefault(recorded.stream, []).append(recorded)
    out: list[Recorded] = []
    while streams:
        stream = chance.choice(sorted(streams))
        out.append(streams[stream].pop(0))
        if not streams[stream]:
            del streams[stream]
    return out
