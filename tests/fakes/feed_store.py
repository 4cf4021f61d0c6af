"""A relay's memory and a broker in memory: what the relay needs, without PostgreSQL and RabbitMQ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from libs.chain import Chain, scope_told
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.events import (
    AgentDeleted,
    AgentRegistered,
    FloatingIpReleased,
    NetworkDeleted,
    PortDeleted,
    RouterDeleted,
    SubnetDeleted,
)
from libs.feed import Feed
from services.topology.relay import LeadershipLost
from services.topology.scopes import Plan, is_for_hosts

ENDS = (NetworkDeleted, PortDeleted, SubnetDeleted, RouterDeleted, FloatingIpReleased)


def lasting(facts: Iterable[Recorded]) -> list[Recorded]:
    """Facts without those that no host needs."""
    return [fact for fact in facts if is_for_hosts(fact.event)]


class MemoryFeedStore:
    """A `FeedStore` over a plain list of events."""

    def __init__(self, log: list[Recorded]) -> None:
        self.log, self.position = log, 0
        self.members: dict[tuple[str, str], str] = {}
        self.last: dict[str, int] = {}

    def start(self) -> tuple[int, LogIdentity]:
        return self.position, LogIdentity("log", 1)

    def networks_of(self, streams: Collection[str]) -> dict[str, str]:
        return {one.stream: scope_told(one) for one in self.log if one.stream in streams and scope_told(one)}

    def places(self, members: Collection[str]) -> dict[str, frozenset[str]]:
        return {
            member: frozenset(host for one, host in self.members if one == member)
            for member in members
            if any(one == member for one, _ in self.members)
        }

    def hosts_of(self, networks: Collection[str]) -> dict[str, dict[str, int]]:
        return {
            network: dict(Counter(host for (_, host), net in self.members.items() if net == network))
            for network in networks
        }

    def networks_on(self, hosts: Collection[str]) -> set[str]:
        return {network for (_, host), network in self.members.items() if host in hosts}

    def network_facts(self, networks: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        past = [one for one in self.log if one.position <= upto]
        ended = {one.stream for one in past if isinstance(one.event, ENDS)}
        place = self.networks_of({one.stream for one in past})
        return {
            net: lasting(one for one in past if place.get(one.stream) == net and one.stream not in ended)
            for net in networks
        }

    def agent_facts(self, hosts: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        past = [one for one in self.log if one.position <= upto and one.stream.startswith("agent-")]
        home = {one.stream: one.event.host for one in past if isinstance(one.event, AgentRegistered)}
        for one in past:
            if isinstance(one.event, AgentDeleted):
                del home[one.stream]
        return {host: lasting(one for one in past if home.get(one.stream) == host) for host in hosts}

    def last_sent(self, hosts: Collection[str]) -> dict[str, int]:
        return {host: self.last[host] for host in hosts if host in self.last}

    def save(self, before: int, position: int, plan: Plan, sent: Iterable[str]) -> None:
        if before != self.position:
            raise LeadershipLost
        for gone in plan.parted:
            del self.members[gone]
        self.members.update(plan.joined)
        self.last.update(dict.fromkeys(sent, position))
        self.position = position


class Post:
    """Delivers to followers by host name, and counts; `drop` loses the messages of that host."""

    def __init__(self, hosts: Iterable[Following]) -> None:
        self.hosts = {host.name: host for host in hosts}
        self.sent: list[tuple[str, Feed]] = []
        self.drop: set[str] = set()

    def __call__(self, messages: Sequence[tuple[str, Feed]]) -> None:
        for name, feed in messages:
            self.sent.append((name, feed))
            if name in self.hosts and name not in self.drop:
                self.hosts[name].receive(feed)


class Following:
    """What an agent holds that follows its host's feed by the agents' own chain: {stream: positions of its facts}, by network.

    `gaps` counts messages after which it would have asked.
    """

    def __init__(self, name: str) -> None:
        self.name, self.gaps = name, 0
        self.streams: dict[str, set[int]] = {}
        self.network: dict[str, str] = {}
        self.agents: set[int] = set()
        self._chain = Chain()
        self._chain.ask("start")
        self.receive(Feed("log", 1, 0, 0, full=True, request="start"))

    @property
    def networks(self) -> frozenset[str]:
        """The networks that it holds."""
        return self._chain.networks

    def receive(self, feed: Feed) -> None:
        """One message of the bus."""
        for part in self._chain.receive(feed):
            for network in self.networks if part.full else (*part.entered, *part.left):
                self.forget(network)
            for fact in part.events:
                self.take(fact)
        self.gaps += self._chain.gap

    def forget(self, network: str) -> None:
        """Hold nothing of the network any more."""
        for stream in [one for one, net in self.network.items() if net == network]:
            self.streams.pop(stream, None)
            del self.network[stream]

    def take(self, fact: Recorded) -> None:
        """One fact: kept with its stream while that lives; a fact about something unknown has no effect."""
        if fact.stream.startswith("agent-"):
            self.agents.add(fact.position)
            return
        if fact.version == 1:
            self.network[fact.stream] = scope_told(fact)
            self.streams[fact.stream] = set()
        if fact.stream not in self.streams:
            return
        self.streams[fact.stream].add(fact.position)
        if isinstance(fact.event, ENDS):
            self.streams.pop(fact.stream)
            self.network.pop(fact.stream)

    def holds(self) -> set[int]:
        """Positions of all facts of networks, routers and what belongs to them that it holds."""
        return set().union(*self.streams.values()) if self.streams else set()
