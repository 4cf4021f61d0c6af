"""The same story told squashed, step by step, doubled, in another order, with a restart or a death at each step: the switches end the
same, and working on what changed always gives what working everything out anew gives."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.eventlog.protocol import Recorded
from libs.kernel.hands import HandsLost
from tests.fakes.ovs_cloud import Agent, Cloud, _tap
from tests.fakes.ovs_facts import APort

Play = Callable[["Stage"], None]


class Stage:
    """A cloud on which random but lawful things happen. `after` runs when a step is done."""

    def __init__(self, after: Play) -> None:
        self.cloud, self.after = Cloud(3), after
        self.networks: list[str] = []
        self.ports: list[APort] = []
        self.made = 0

    def step(self, number: int) -> None:
        """One thing happens, chosen by a number."""
        deeds = (
            self._network,
            self._port,
            self._port,
            self._plug,
            self._plug,
            self._unplug,
            self._rebind,
            self._unbind,
        )
        more = (
            self._delete,
            self._switch,
            self._mac,
            self._ip,
            self._delete_network,
            self._agent,
            self._network_switch,
        )
        all_deeds = deeds + more
        deed = all_deeds[number % len(all_deeds)]
        deed(number // len(all_deeds))
        self.after(self)

    def _network(self, number: int) -> None:
        kinds = (("vxlan", None), ("vlan", "physnet1"), ("flat", "public"), ("local", None))
        kind, physnet = kinds[number % 4]
        if kind == "flat" and self.made % 2 == 0:  # one flat network on a wire at a time
            kind, physnet = kinds[0]
        self.made += 1
        segment = self.made if kind in ("vxlan", "vlan") else None
        self.networks.append(self.cloud.facts.network(kind, segment, physnet))

    def _port(self, number: int) -> None:
        if self.networks:
            net = self.networks[number % len(self.networks)]
            host = ("h1", "h2", "h3", "")[number // 7 % 4]
            self.made += 1
            self.ports.append(self.cloud.facts.port(net, host, f"10.0.{self.made // 250}.{self.made % 250 + 1}"))

    def _some(self, number: int) -> APort | None:
        return self.ports[number % len(self.ports)] if self.ports else None

    def _plug(self, number: int) -> None:
        port = self._some(number)
        if port is not None and port.host and _tap(port) not in self.cloud.host(port.host).rows["ports"]:
            self.cloud.host(port.host).plug(port.id)

    def _unplug(self, number: int) -> None:
        port = self._some(number)
        for host in self.cloud.fabric.hosts.values():
            if port is not None:
                host.unplug(_tap(port))

    def _rebind(self, number: int) -> None:
        port = self._some(number)
        if port is not None:
            self.cloud.facts.bind(
                port, ("h1", "h2", "h3")[number % 3], ("ovs", "ovs", "binding_failed")[number // 3 % 3]
            )

    def _unbind(self, number: int) -> None:
        port = self._some(number)
        if port is not None and port.host:
            self.cloud.facts.unbind(port)

    def _delete(self, number: int) -> None:
        port = self._some(number)
        if port is not None:
            self.cloud.facts.delete(port)
            self.ports.remove(port)

    def _switch(self, number: int) -> None:
        port = self._some(number)
        if port is not None:
            self.cloud.facts.switch(port, number % 2 == 0)

    def _mac(self, number: int) -> None:
        port = self._some(number)
        self.made += 1
        if port is not None:
            self.cloud.facts.change_mac(port, f"fa:16:3e:ff:{self.made // 256:02x}:{self.made % 256:02x}")

    def _ip(self, number: int) -> None:
        port = self._some(number)
        self.made += 1
        if port is not None:
            self.cloud.facts.readdress(port, f"10.1.{self.made // 250}.{self.made % 250 + 1}")

    def _delete_network(self, number: int) -> None:
        for net in self.networks[number % 5 :][:1]:
            if not [port for port in self.ports if port.network == net]:
                self.cloud.facts.network_deleted(net)
                self.networks.remove(net)

    def _agent(self, number: int) -> None:
        host = ("h1", "h2", "h3")[number % 3]
        ip = f"192.0.2.{host[1:]}{number % 2}"
        self.cloud.facts.agent_moved(host, ip)

    def _network_switch(self, number: int) -> None:
        for net in self.networks[number % 5 :][:1]:
            self.cloud.facts.network_switched(net, number % 2 == 0)


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
