"""Feeds of security groups under whatever happens: ports, groups and rules come, change, move and go; relays die; messages get lost.

What hosts end with is held against the rule, applied to the whole log at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.events import (
    AddressAllocated,
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    Event,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingRemoved,
    PortMacChanged,
    PortRenamed,
    PortUnbound,
    SecurityGroupStatefulChanged,
)
from libs.feed import MEMBERS, Feed, Fetch
from services.topology.relay import Relay
from tests.story.feed_world import (
    HOSTS,
    World,
    agent,
    bound,
    deleted,
    group,
    network,
    no_rule,
    port,
    regrouped,
    rule,
)

NETWORKS, GROUPS, ADDRESSES = ("red", "blue"), ("g1", "g2", "g3"), "ag"
Facts = Sequence[tuple[str, Event]]


@dataclass
class Port:
    """What a history knows of a port. ready: hosts to which it may move."""

    network: str
    groups: tuple[str, ...]
    host: str = ""
    ready: set[str] = field(default_factory=set)


class History:
    """Makes facts as the deciders would: each fits what was before."""

    def __init__(self, random: Random) -> None:
        self._random, self._number = random, 0
        self.ports: dict[str, Port] = {}
        self.rules: dict[str, str] = {}

    def step(self) -> Facts:
        """The facts of one commit."""
        self._number += 1
        if not self.ports or self._random.random() < 0.2:
            return self._new_port()
        steps: list[Callable[[], Facts]] = [self._rule, self._rule, self._other]
        return self._random.choice([*steps, *[self._port] * 6])()

    def _some_groups(self) -> tuple[str, ...]:
        return tuple(self._random.sample(GROUPS, self._random.choice((0, 1, 1, 2))))

    def _new_port(self) -> Facts:
        name, net, groups = f"p{self._number}", self._random.choice(NETWORKS), self._some_groups()
        self.ports[name] = Port(net, groups)
        made = port(name, net, *groups)
        if self._random.random() < 0.5:
            self.ports[name].host = self._random.choice(HOSTS)
            made.append(bound(name, net, self.ports[name].host))
        return made

    def _rule(self) -> Facts:
        if self.rules and self._random.random() < 0.4:
            name = self._random.choice(sorted(self.rules))
            return [no_rule(name, self.rules.pop(name))]
        name, of = f"r{self._number}", self._random.choice(GROUPS)
        self.rules[name] = of
        remote = self._random.choice((*GROUPS, of, "", ADDRESSES))
        return [rule(name, of, "" if remote == ADDRESSES else remote, ADDRESSES if remote == ADDRESSES else "")]

    def _other(self) -> Facts:
        if self._random.random() < 0.5:
            return [
                (f"address_group-{ADDRESSES}", AddressGroupAddressesChanged(ADDRESSES, (f"192.0.2.{self._number}/32",)))
            ]
        one = self._random.choice(GROUPS)
        return [(f"security_group-{one}", SecurityGroupStatefulChanged(one, self._random.random() < 0.5))]

    def _port(self) -> Facts:
        name = self._random.choice(sorted(self.ports))
        one, stream = self.ports[name], f"port-{name}"
        match self._random.randrange(7):
            case 0:
                before, one.groups = one.groups, self._some_groups()
                return [regrouped(name, one.network, before, *one.groups)]
            case 1:
                return [(stream, AddressAllocated(name, "s", f"10.0.0.{self._number}"))]
            case 2:
                return [
                    (
                        stream,
                        self._random.choice(
                            (
                                PortRenamed(name, "", "x"),
                                PortMacChanged(name, one.network, "", f"fa:16:3e:00:01:{self._number:02x}"),
                            )
                        ),
                    )
                ]
            case 3:
                del self.ports[name]
                return [deleted(name, one.network, one.host)]
            case 4 | 5:
                return self._bind(name, one)
        return self._move(name, one)

    def _bind(self, name: str, one: Port) -> Facts:
        before, one.host = one.host, self._random.choice((*HOSTS, ""))
        one.ready.discard(one.host)
        if one.host:
            return [bound(name, one.network, one.host, before)]
        return [(f"port-{name}", PortUnbound(name, one.network, before))] if before else []

    def _move(self, name: str, one: Port) -> Facts:
        """A step of a live migration."""
        stream = f"port-{name}"
        if one.ready and self._random.random() < 0.7:
            host, before = self._random.choice(sorted(one.ready)), one.host
            one.ready.discard(host)
            if self._random.random() < 0.5:
                return [(stream, PortBindingRemoved(name, one.network, host))]
            one.host = host
            return [(stream, PortBindingActivated(name, one.network, host, before, 1, "ovs", {}))]
        host = self._random.choice(HOSTS)
        if not one.host or host == one.host or host in one.ready:
            return []
        one.ready.add(host)
        return [(stream, PortBindingAdded(name, one.network, host, 1, "normal", {}, "ovs", {}))]


def some_history(random: Random, steps: int) -> World:
    """A cloud that lives."""
    world, history = World(), History(random)
    world.happens(*map(agent, HOSTS), *map(network, NETWORKS), *map(group, GROUPS))
    world.happens((f"address_group-{ADDRESSES}", AddressGroupCreated(ADDRESSES, "p", "ag")))
    for _ in range(steps):
        world.happens(*history.step())
    return world


def answer(world: World, host: str, asked: Fetch) -> list[Feed]:
    """A whole Fetch's answer at what the relay has stored: everything, from the start."""
    store = world.store
    mine = store.networks_on([host]) | {scope for _, one, scope in store.grouped if one == host}
    members = {scope for scope in mine if scope.startswith(MEMBERS)}
    found = store.network_facts(mine - members, store.position) | store.member_facts(members, store.position)
    facts = {one.position: one for some in found.values() for one in some}
    events = tuple(facts[position] for position in sorted(facts))
    return [Feed("log", 1, 0, store.position, events, tuple(sorted(mine)), full=True, request=asked.request)]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_however_the_log_is_cut_into_batches_hosts_end_with_the_truth(story: int, cuts: int) -> None:
    world, random = some_history(Random(story), 60), Random(cuts)
    world.relay(iter(lambda: random.randint(1, 12), 0))
    world.check()


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_a_relay_that_dies_between_sending_and_storing_leaves_no_host_wrong(story: int, cuts: int) -> None:
    """The next one remembers nothing, cuts the log elsewhere and tells again what was told."""
    world, random = some_history(Random(story), 60), Random(cuts)
    save = world.store.save
    while world.store.position < len(world.log):
        relay = Relay(world.store, world.post)
        if random.random() < 0.4:
            world.store.save = _dying  # type: ignore[method-assign, assignment]
        try:
            for _ in range(random.randint(1, 3)):
                relay.take(world.log[relay.position : relay.position + random.randint(1, 12)])
            relay.rest()
        except ConnectionError:
            world.store.save = save  # type: ignore[method-assign]
    world.check()


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_one_relay_that_keeps_what_it_knows_is_as_right_as_many_that_know_nothing(story: int, cuts: int) -> None:
    world, random = some_history(Random(story), 60), Random(cuts)
    relay = Relay(world.store, world.post)
    while relay.position < len(world.log):
        relay.take(world.log[relay.position : relay.position + random.randint(1, 5)])
        if random.random() < 0.2:
            relay.rest()
    relay.rest()
    world.check()


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_a_host_that_lost_messages_and_asked_for_everything_is_right_again(story: int, cuts: int) -> None:
    """Answers come at any position of the relay, so that what follows overlaps them."""
    world, random = some_history(Random(story), 60), Random(cuts)
    relay = Relay(world.store, world.post)
    while relay.position < len(world.log):
        relay.take(world.log[relay.position : relay.position + random.randint(1, 9)])
        world.post.drop = {name for name in HOSTS if random.random() < 0.2}
        if random.random() < 0.3:
            relay.rest()
            for name, host in world.hosts.items():
                host.ask(partial(answer, world, name))
        if random.random() < 0.1:
            relay = Relay(world.store, world.post)
    relay.rest()
    for name, host in world.hosts.items():
        host.ask(partial(answer, world, name))
        host.gaps = 0
    world.check()


def _dying(*_: object) -> None:
    raise ConnectionError("the process died here")
