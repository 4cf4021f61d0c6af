"""What an agent holds that follows its host's feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from libs.chain import Chain, is_foreign, scope_told
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.events import PortCreated
from libs.feed import Feed, Fetch, members_of
from services.topology.groups import MEMBER_FACTS
from tests.fakes.feed_store import ENDS, groups_after


class Members:
    """Ports that came by groups, as far as `scopes` has their groups: {stream: positions of what matters of them}."""

    def __init__(self) -> None:
        self.streams: dict[str, dict[int, int]] = {}
        self.groups: dict[str, tuple[str, ...]] = {}

    def take(self, fact: Recorded) -> None:
        """One fact of a port. Versions may have gaps; what was seen is old."""
        if isinstance(fact.event, PortCreated) and fact.stream not in self.streams:
            self.streams[fact.stream] = {}
        seen = self.streams.get(fact.stream)
        if seen is None or fact.version <= max(seen, default=0):
            return
        seen[fact.version] = fact.position
        self.groups[fact.stream] = groups_after(fact, self.groups.get(fact.stream, ()))

    def held(self, scopes: frozenset[str]) -> dict[str, dict[int, int]]:
        """Of ports that have a group in `scopes`: {stream: {version: position}}. Changes nothing: others may be taking facts in."""
        groups = self.groups.copy()
        return {
            stream: seen.copy()
            for stream, seen in self.streams.copy().items()
            if not scopes.isdisjoint(map(members_of, groups.get(stream, ())))
        }

    def settle(self, scopes: frozenset[str], left: frozenset[str] = frozenset()) -> None:
        """Drop ports that have no group in `scopes`, and those of the groups `left`, which come anew if at all."""
        for stream in [*self.streams]:
            names = {*map(members_of, self.groups.get(stream, ()))}
            if not names & (scopes - left):
                self.streams.pop(stream)
                self.groups.pop(stream, None)


STORY = LogIdentity("log", 1)


class Following:
    """What an agent holds that follows its host's feed by the agents' own chain: {stream: positions of its facts}, by network;
    and what it knows of members of groups.

    `gaps` counts messages after which it would have asked.
    """

    def __init__(self, name: str, identity: LogIdentity = STORY) -> None:
        self.name, self.gaps = name, 0
        self.streams: dict[str, set[int]] = {}
        self.network: dict[str, str] = {}
        self.agents: set[int] = set()
        self.members = Members()
        self._scopes: frozenset[str] = frozenset()
        self._asked = 0
        self._chain = Chain()
        self._chain.ask("start")
        self.receive(Feed(identity.log_id, identity.epoch, 0, 0, full=True, request="start"))

    @property
    def networks(self) -> frozenset[str]:
        """The scopes that it holds."""
        return self._chain.networks

    def receive(self, feed: Feed) -> None:
        """One message of the bus."""
        for part in self._chain.receive(feed):
            if part.full:
                self.streams, self.network, self.members = {}, {}, Members()
            self.forget(*part.entered, *part.left)
            self.held(self.networks)
            for fact in part.events:
                self.take(fact)
            self.members.settle(self.networks)
        self.gaps += self._chain.gap

    @property
    def networks_held(self) -> frozenset[str]:
        """The scopes that it was last told to be in."""
        return self._scopes

    def ask(self, answer: Callable[[Fetch], Iterable[Feed]]) -> None:
        """Ask for what it lacks, and take the answer in."""
        self._asked += 1
        for part in answer(self._chain.ask(f"ask-{self._asked}")):
            self.receive(part)

    def held(self, scopes: frozenset[str]) -> None:
        """It is in these scopes from now on."""
        self._scopes = scopes
        self.members.settle(scopes)

    def forget(self, *scopes: str) -> None:
        """Hold nothing of these scopes any more."""
        self.members.settle(self._scopes, frozenset(scopes))
        for stream in [one for one, net in self.network.items() if net in scopes]:
            self.streams.pop(stream, None)
            del self.network[stream]

    def take(self, fact: Recorded) -> None:
        """One fact: kept with its stream while that lives; a fact about something unknown has no effect."""
        if fact.stream.startswith("agent-"):
            self.agents.add(fact.position)
            return
        if type(fact.event) in MEMBER_FACTS:
            self.members.take(fact)
        if fact.version == 1 and not is_foreign(fact, self._scopes):
            self.network[fact.stream] = scope_told(fact)
            self.streams.setdefault(fact.stream, set())
        if fact.stream not in self.streams:
            return
        self.streams[fact.stream].add(fact.position)
        if isinstance(fact.event, ENDS):
            self.streams.pop(fact.stream)
            self.network.pop(fact.stream)

    def holds(self) -> set[int]:
        """Positions of all facts of networks, routers, groups and what belongs to them that it holds."""
        return set().union(*self.streams.values()) if self.streams else set()

    def ports(self) -> set[str]:
        """Streams of the members of groups that it knows."""
        return {*self.members.held(self._scopes)}

    def knows(self) -> set[int]:
        """Positions of all facts of members of groups that it holds."""
        return {position for seen in self.members.held(self._scopes).values() for position in seen.values()}


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
