"""The position chain of a host's feed: what to take in, what is old, where something is missing (the rule of `libs.feed`). Pure.

Nothing about the bus is trusted: messages may be lost, doubled or reordered, the log may be another one than before. Whoever follows
`Chain` has exactly the facts of its scopes up to `position`, or knows that it must ask.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from libs.eventlog.protocol import Recorded
from libs.events import PortCreated
from libs.feed import MEMBERS, Feed, Fetch

HELD = 2000
"""Messages kept while something before them is missing; beyond that the oldest go, and are fetched."""


class _Parts:
    """Puts a message that came in parts together; parts of one message come in order or are useless."""

    def __init__(self) -> None:
        self._parts: list[Feed] = []

    def add(self, feed: Feed) -> Feed | None:
        """The whole message once its last part is there."""
        if feed.part == 1:
            self._parts = []
        if feed.part != len(self._parts) + 1 or (self._parts and not _together(self._parts[0], feed)):
            self._parts = []
            return None
        self._parts.append(feed)
        if feed.part < feed.parts:
            return None
        parts, self._parts = self._parts, []
        return replace(
            parts[0],
            events=tuple(event for part in parts for event in part.events),
            entered=tuple(dict.fromkeys(name for part in parts for name in part.entered)),
            left=tuple(dict.fromkeys(name for part in parts for name in part.left)),
            full=any(part.full for part in parts),
            part=1,
            parts=1,
        )


class Chain:
    """Where a follower stands. `receive(feed)` gives the feeds to take in now, whole and without what is known already.

    log_id, epoch, position: everything up to here was taken in. networks: the scopes held, among them routers and groups. ready:
    some state was complete once, so that acting on it is safe. gap: something is missing; `ask` and send the Fetch until it is
    answered.
    """

    def __init__(self) -> None:
        self.log_id, self.epoch, self.position = "", 0, 0
        self.networks: frozenset[str] = frozenset()
        self.ready, self.gap = False, True
        self._asked: Fetch | None = None
        self._feed_parts, self._answer_parts = _Parts(), _Parts()
        self._held: deque[Feed] = deque(maxlen=HELD)

    @property
    def asking(self) -> bool:
        """Whether a Fetch is under way."""
        return self._asked is not None

    @property
    def in_sync(self) -> bool:
        """Whether nothing is known to be missing."""
        return self.ready and not self.gap

    def ask(self, request: str, anew: bool = True) -> Fetch:
        """A Fetch with this id, instead of one that was not answered; allowed at any time, to be sure.

        Not `anew`: what was asked already and would be asked just so is repeated under its old id, so that a late answer counts.
        """
        fetch = Fetch(request, self.position, tuple(sorted(self.networks)), self.log_id, self.epoch)
        if anew or self._asked is None or replace(fetch, request=self._asked.request) != self._asked:
            self._asked = fetch
        return self._asked

    def receive(self, feed: Feed) -> tuple[Feed, ...]:
        """What to take in now, in this order: per feed first forget `left` and `entered` (all when `full`), then take `events`."""
        if feed.request:
            return self._answered(feed) if self._asked is not None and feed.request == self._asked.request else ()
        whole = feed if feed.parts == 1 else self._feed_parts.add(feed)
        if whole is None:
            return ()
        self._held.append(whole)
        return self._follow()

    def _answered(self, part: Feed) -> tuple[Feed, ...]:
        answer = self._answer_parts.add(part)
        if answer is None:
            return ()
        self._asked = None
        if answer.full:
            return (self._take(answer), *self._resume())
        if not self._is_mine(answer) or answer.prev > self.position:
            self.position, self.gap = 0, True  # no answer to what was asked: ask for everything
            return ()
        fresh = (self._take(answer),) if answer.position > self.position else ()
        return (*fresh, *self._resume())

    def _resume(self) -> tuple[Feed, ...]:
        """After an answer: what was held of another log or epoch is older than the answer."""
        self.gap = False
        self._held = deque(filter(self._is_mine, self._held), maxlen=HELD)
        return self._follow()

    def _follow(self) -> tuple[Feed, ...]:
        """Take in what is held, up to the first gap."""
        taken = []
        while self._held:
            feed = self._held[0]
            if not self._is_mine(feed) or feed.prev > self.position:
                self.gap = True
                break
            self._held.popleft()
            if feed.position > self.position:
                taken.append(self._take(feed))
        return tuple(taken)

    def _is_mine(self, feed: Feed) -> bool:
        return (feed.log_id, feed.epoch) == (self.log_id, self.epoch)

    def _take(self, feed: Feed) -> Feed:
        if not feed.full:
            feed = replace(feed, events=tuple(_news(feed, self.position, self.networks)))
        self.networks = scopes_after(self.networks, feed)
        self.log_id, self.epoch, self.position, self.ready = feed.log_id, feed.epoch, feed.position, True
        return feed


def _together(one: Feed, other: Feed) -> bool:
    """Whether two parts are of one message."""
    same = ("log_id", "epoch", "prev", "position", "parts", "request")
    return all(getattr(one, name) == getattr(other, name) for name in same)


def scopes_after(held: frozenset[str], feed: Feed) -> frozenset[str]:
    """The scopes that a host is in once it has taken `feed` in."""
    return (frozenset[str]() if feed.full else held.difference(feed.left)).union(feed.entered)


def scope_told(fact: Recorded) -> str:
    """The scope of a fact's stream (`libs.network.resources.scope_of`), as far as the fact tells it: of a network, a router and a
    group always, of others at least those that begin and end them. Empty: not told, or an agent's."""
    kind, _, id = fact.stream.partition("-")
    if kind in ("network", "router", "security_group", "address_group"):
        return id
    if kind == "security_group_rule":
        return str(getattr(fact.event, "security_group_id", ""))
    if kind == "floatingip":
        return str(getattr(fact.event, "floating_network_id", ""))
    return str(getattr(fact.event, "network_id", "")) if kind in ("subnet", "port") else ""


def is_foreign(fact: Recorded, scopes: frozenset[str]) -> bool:
    """Whether it is the first fact of a port of a network that is not held: it came because of a group of the port. Who keeps
    networks ignores the port, and that goes for all its further facts."""
    return isinstance(fact.event, PortCreated) and fact.event.network_id not in scopes


def _news(feed: Feed, position: int, scopes: frozenset[str]) -> Iterable[Recorded]:
    """Events of `feed` that are not known at `position`, in these scopes.

    A feed may start before `position` (a Fetch ended between two feed messages). Known is then what lies in between, but not
    what comes with an entered network: its facts are told from their start, whatever their positions are. So are those of a port
    that came into a group whose members matter here.
    """
    homes: dict[str, str] = {}
    has_members = any(scope.startswith(MEMBERS) for scope in (*scopes, *feed.entered))
    anew: set[str] = set()
    for recorded in feed.events:
        scope = scope_told(recorded)
        if scope:
            homes[recorded.stream] = scope
        if has_members and isinstance(recorded.event, PortCreated):
            anew.add(recorded.stream)
        known = feed.prev < recorded.position <= position
        from_start = homes.get(recorded.stream, "") in feed.entered or recorded.stream.startswith("agent-")
        if not known or from_start or recorded.stream in anew:
            yield recorded
