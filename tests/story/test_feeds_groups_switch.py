"""What agent_ovs makes of a feed of groups, whatever happens: the same as if it had been told all of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.agent.intake import Intake
from libs.chain import Chain
from libs.eventlog.protocol import Recorded
from libs.feed import MEMBERS, Feed
from libs.materialise.ovs.facts import Facts
from libs.materialise.ovs.security.members import Members
from services.topology.relay import Relay
from tests.fakes.following import Post
from tests.story.feed_world import HOSTS, World, group_scopes
from tests.story.test_feeds_groups_any import answer, some_history


class Views:
    """What agent_ovs keeps of facts: networks, and groups. A brain that does nothing with them."""

    def __init__(self) -> None:
        self.members, self.facts = Members(), Facts()

    def forget(self, scopes: tuple[str, ...] | None) -> None:
        self.members.forget(scopes)
        self.facts.forget(scopes)

    def held(self, scopes: frozenset[str]) -> None:
        self.members.held(scopes)
        self.facts.scopes = scopes

    def take(self, fact: Recorded) -> None:
        self.members.take(fact)
        self.facts.take(fact)

    def lets_pass(self) -> dict[str, Any]:
        """{group here: (whether it is stateful, its rules, {set that they name: addresses})}."""
        members = self.members
        found = {}
        for id, group in members.groups.items():
            rules = members.rules_of.get(id, {})
            sets = {one.remote: members.addresses.of(one.remote).copy() for one in rules.values() if one.remote}
            found[id] = (group.stateful, rules, sets)
        return found


class Agent:
    """A host's agent as far as its views."""

    def __init__(self, name: str) -> None:
        self.name, self.views, self.chain = name, Views(), Chain()
        self._intake, self._asked = Intake(self.views), 0  # type: ignore[arg-type]

    def receive(self, feed: Feed) -> None:
        for part in self.chain.receive(feed):
            self._intake.take(part)

    def ask(self, world: World) -> None:
        self._asked += 1
        for part in answer(world, self.name, self.chain.ask(f"ask-{self._asked}")):
            self.receive(part)


def at_once(world: World, host: str) -> Views:
    """The views of a host that is told everything at the end, in one message."""
    scopes = world.store.networks_on([host]) | group_scopes(world.log, host)
    members = {one for one in scopes if one.startswith(MEMBERS)}
    found = world.store.network_facts(scopes - members, len(world.log)) | world.store.member_facts(
        members, len(world.log)
    )
    views = Views()
    views.held(frozenset(scopes))
    for _, fact in sorted({one.position: one for some in found.values() for one in some}.items()):
        views.take(fact)
    return views


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_a_switch_that_heard_one_thing_after_the_other_lets_pass_what_one_does_that_heard_all_at_once(
    story: int, cuts: int
) -> None:
    world, random = some_history(Random(story), 60), Random(cuts)
    agents = {name: Agent(name) for name in HOSTS}
    world.post = Post(agents.values())  # type: ignore[arg-type]
    for agent in agents.values():
        agent.ask(world)
    relay = Relay(world.store, world.post)
    for size in _sizes(random):
        if relay.position == len(world.log):
            break
        relay.take(world.log[relay.position : relay.position + size])
        world.post.drop = {name for name in HOSTS if random.random() < 0.15}
        if random.random() < 0.2:
            relay.rest()
            for agent in agents.values():
                agent.ask(world)
            relay = Relay(world.store, world.post)
    relay.rest()
    for name, agent in agents.items():
        agent.ask(world)
        truth = at_once(world, name)
        assert agent.views.lets_pass() == truth.lets_pass()
        assert agent.views.facts.ports == truth.facts.ports
        assert agent.views.facts.ports_on == truth.facts.ports_on
        assert {f"port-{id}" for id in agent.views.facts.ports} == world.ports_of(world.store.networks_on([name]))


def _sizes(random: Random) -> Iterator[int]:
    while True:
        yield random.randint(1, 9)
