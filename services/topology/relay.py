"""Sends every host the facts that it needs, in order, once the log holds them. Only the leader runs one.

A batch is worked out (scopes.plan), sent and confirmed, and only then stored as done; so whatever dies, nothing is left out, and what
comes twice is recognised by its position.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from libs.chain import scope_told
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.feed import Feed
from services.topology import feeds, scopes
from services.topology.membership import Membership, Placed
from services.topology.scopes import FeedPlan, Plan

BATCH = 256
CACHED = 50_000
UNSTORED = 500
"""How many events that concern no host may pass before the position is stored."""


class FeedStore(Protocol):
    """What the relay remembers, in the leader's own session. Raises errors.Refusal 503 when the database is away."""

    def start(self) -> tuple[int, LogIdentity]:
        """The position up to which everything was sent, and the log's identity."""
        ...

    def networks_of(self, streams: Collection[str]) -> dict[str, str]:
        """{stream: scope} of subnets', ports' and floating IPs' streams, ended ones included."""
        ...

    def places(self, members: Collection[str]) -> dict[str, frozenset[str]]:
        """{member: hosts} of the members that are somewhere."""
        ...

    def hosts_of(self, networks: Collection[str]) -> dict[str, dict[str, int]]:
        """{network: {host: number of members there}} for all of `networks`."""
        ...

    def networks_on(self, hosts: Collection[str]) -> set[str]:
        """Networks that have a member on one of the hosts."""
        ...

    def network_facts(self, networks: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """{network: facts with position <= upto of its streams that live at `upto`}, by position; of a network with more than
        feeds.MAX_FACTS one more than that, so that it shows."""
        ...

    def agent_facts(self, hosts: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """{host: facts with position <= upto of its agents}, by position."""
        ...

    def last_sent(self, hosts: Collection[str]) -> dict[str, int]:
        """{host: position of the last message sent to it}, absent when there was none."""
        ...

    def save(self, before: int, position: int, plan: Plan, sent: Iterable[str]) -> None:
        """In one transaction: the members' new places, `position` as last sent for the hosts `sent`, and the relay at `position`.
        Raises LeadershipLost when the relay is not at `before` any more."""
        ...


class LeadershipLost(Exception):
    """Another process relays; this one must stop."""


Publish = Callable[[Sequence[tuple[str, Feed]]], None]
"""Sends (host, message) pairs and waits for the broker's confirmation; raises when it does not come."""


class Relay:
    """The relay's work on one batch after the other; all it keeps itself are caches."""

    def __init__(self, store: FeedStore, publish: Publish) -> None:
        self._store, self._publish = store, publish
        self._hosts: dict[str, dict[str, int]] = {}
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
        if done.feeds or done.joined or done.parted or position - self._stored >= UNSTORED:
            self._save(position, done)
        self.position = position
        self._last.update(dict.fromkeys(done.feeds, position))
        self._hosts.update((network, dict(hosts)) for network, hosts in done.hosts.items())
        if nudges:  # only now, or the answer to the fetch that they cause could be older than they are
            self._publish(nudges)

    def rest(self) -> None:
        """Nothing more to do for now: store how far it is."""
        if self.position > self._stored:
            self._save(self.position, Plan({}, {}, frozenset(), {}))

    def _save(self, position: int, done: Plan) -> None:
        self._store.save(self._stored, position, done, done.feeds)
        self._stored = position

    def _messages(
        self, plans: Mapping[str, FeedPlan], position: int
    ) -> tuple[list[tuple[str, Feed]], list[tuple[str, Feed]]]:
        """Messages to send before the position is stored, and nudges for hosts whose share is too long for a message."""
        networks = self._store.network_facts({net for one in plans.values() for net in one.entered}, position)
        agents = self._store.agent_facts({host for one in plans.values() for host in one.meets}, position)
        unknown = plans.keys() - self._last.keys()
        if unknown:
            self._last.update({**dict.fromkeys(unknown, 0), **self._store.last_sent(unknown)})
        messages, nudges = [], []
        for host, one in plans.items():
            feed = feeds.message(self.identity, self._last[host], position, one, networks, agents)
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
        return [Placed(one, self._networks.get(one.stream, "")) for one in batch]

    def _membership(self, placed: Sequence[Placed]) -> Membership:
        members, hosts = scopes.touched_members(placed), scopes.touched_hosts(placed)
        members -= {one.recorded.stream for one in placed if one.recorded.version == 1}  # were nowhere before
        networks = scopes.touched_networks(placed)
        if hosts:
            networks |= self._store.networks_on(hosts)
        if len(self._hosts) > CACHED:
            self._hosts.clear()
        missing = networks - self._hosts.keys()
        if missing:
            self._hosts.update(self._store.hosts_of(missing))
        return Membership(
            self._store.places(members) if members else {}, {network: self._hosts[network] for network in networks}
        )
