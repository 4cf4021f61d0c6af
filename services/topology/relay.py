"""Sends every host the facts that it needs, in order, once the log holds them. Only the leader runs one.

A batch is worked out (scopes.plan), sent and confirmed, and only then stored as done; so whatever dies, nothing is left out, and what
comes twice is recognised by its position.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

from libs.chain import scope_told
from libs.eventlog.protocol import Recorded
from libs.feed import MEMBERS, Feed
from services.topology import feeds, groups, scopes
from services.topology.groups import Groups
from services.topology.membership import Membership
from services.topology.moves import Placed
from services.topology.remembered import FeedStore
from services.topology.scopes import FeedPlan, Plan

BATCH = 256
CACHED = 50_000
UNSTORED = 500
"""How many events that concern no host may pass before the position is stored."""


Publish = Callable[[Sequence[tuple[str, Feed]]], None]
"""Sends (host, message) pairs and waits for the broker's confirmation; raises when it does not come."""


class Relay:
    """The relay's work on one batch after the other; all it keeps itself are caches."""

    def __init__(self, store: FeedStore, publish: Publish) -> None:
        self._store, self._publish = store, publish
        self._hosts, self._group_hosts = _Cache[Mapping[str, int]](), _Cache[Mapping[str, int]]()
        self._ports, self._rules = _Cache[tuple[str, ...]](), _Cache[Mapping[str, str]]()
        self._last: dict[str, int] = {}
        self._networks: dict[str, str] = {}
        self._stored, self.identity = store.start()
        self.position = self._stored

    def take(self, batch: Sequence[Recorded]) -> None:
        """Send what `batch` (events in order, none left out) means to hosts. May be repeated after any exception."""
        fresh = [one for one in batch if one.position > self.position]
        for start in range(0, len(fresh), BATCH):
            self._piece(fresh[start : start + BATCH])

    def _piece(self, batch: Sequence[Recorded]) -> None:
        placed = self._place(batch)
        done = scopes.plan(self._membership(placed), placed)
        position = batch[-1].position
        messages, nudges = self._messages(done.feeds, position)
        if messages:
            self._publish(messages)
        if not done.is_empty or position - self._stored >= UNSTORED:
            self._save(position, done)
        self.position = position
        self._last.update(dict.fromkeys(done.feeds, position))
        self._hosts.learn(done.hosts)
        self._group_hosts.learn(done.groups.hosts)
        self._ports.learn(done.groups.ports)
        self._rules.learn(done.groups.rules)
        if nudges:  # only now, or the answer to the fetch that they cause could be older than they are
            self._publish(nudges)

    def rest(self) -> None:
        """Nothing more to do for now: store how far it is."""
        if self.position > self._stored:
            self._save(self.position, Plan())

    def _save(self, position: int, done: Plan) -> None:
        self._store.save(self._stored, position, done, done.feeds)
        self._stored = position

    def _messages(
        self, plans: Mapping[str, FeedPlan], position: int
    ) -> tuple[list[tuple[str, Feed]], list[tuple[str, Feed]]]:
        """Messages to send before the position is stored, and nudges for hosts whose share is too long for a message."""
        entered = {scope for one in plans.values() for scope in one.entered}
        members = {scope for scope in entered if scope.startswith(MEMBERS)}
        whole = self._store.network_facts(entered - members, position) | self._store.member_facts(members, position)
        ports = self._store.port_facts({stream for one in plans.values() for stream in one.ports}, position)
        agents = self._store.agent_facts({host for one in plans.values() for host in one.meets}, position)
        unknown = plans.keys() - self._last.keys()
        if unknown:
            self._last.update({**dict.fromkeys(unknown, 0), **self._store.last_sent(unknown)})
        messages, nudges = [], []
        for host, one in plans.items():
            feed = feeds.message(self.identity, self._last[host], position, one, whole, agents, ports)
            if len(feed.events) > feeds.MAX_FACTS:
                nudges.append((host, feeds.nudge(self.identity, position)))
            else:
                messages.append((host, feed))
        return messages, nudges

    def _place(self, batch: Sequence[Recorded]) -> list[Placed]:
        """Each event with its scope: from the event, from what was seen before, else from the log's list of streams."""
        if len(self._networks) > CACHED:
            self._networks.clear()
        for one in batch:
            if one.stream not in self._networks and (scope := scope_told(one)):
                self._networks[one.stream] = scope
        unknown = {one.stream for one in batch if not one.stream.startswith("agent-")} - self._networks.keys()
        if unknown:
            self._networks.update(self._store.networks_of(unknown))
        # what a hundred hosts are told is made ready for them once
        return [Placed(feeds.for_hosts(one), self._networks.get(one.stream, "")) for one in batch]

    def _membership(self, placed: Sequence[Placed]) -> Membership:
        members, hosts = scopes.touched_members(placed), scopes.touched_hosts(placed)
        members -= {one.recorded.stream for one in placed if one.recorded.version == 1}  # were nowhere before
        networks = scopes.touched_networks(placed)
        if hosts:
            networks |= self._store.networks_on(hosts)
        places = self._store.places(members) if members else {}
        return Membership(places, self._hosts.get(networks, self._store.hosts_of), self._groups(placed))

    def _groups(self, placed: Sequence[Placed]) -> Groups:
        """What is known of groups before a batch; no look at the database for what is usual, a new port in a known group."""
        at = self.position
        ports = self._ports.get(groups.touched_ports(placed), lambda missing: self._store.groups_of(missing, at))
        concerned = groups.moving(placed, ports)
        rules = self._rules.get(concerned, lambda missing: self._store.rules_of(missing, at))
        touched = groups.touched_scopes(placed, Groups(ports, rules))
        return Groups(ports, rules, self._group_hosts.get(touched, self._store.group_hosts))


Value = TypeVar("Value")


class _Cache(Generic[Value]):
    """What is known as of the relay's position; when it is too much, all of it is forgotten and read again as it is needed."""

    def __init__(self) -> None:
        self._known: dict[str, Value] = {}

    def get(self, keys: Collection[str], load: Callable[[set[str]], Mapping[str, Value]]) -> dict[str, Value]:
        """{key: value}; `load` tells those that are not known."""
        if len(self._known) > CACHED:
            self._known.clear()
        missing = set(keys) - self._known.keys()
        if missing:
            self._known.update(load(missing))
        return {key: self._known[key] for key in keys}

    def learn(self, news: Mapping[str, Value]) -> None:
        """Values of now."""
        self._known.update(news)
