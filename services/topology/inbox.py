"""One reader of the log for the whole process, and an inbox for each loop that works at its own pace from its own position."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol

from libs.errors import Refusal
from libs.eventlog.protocol import EventLog, LogIdentity, Recorded
from services.topology.past import Past

HELD = 5000
PAGE = 1000
CHECK_SECONDS = 5.0
RETRY_SECONDS = 0.2
_log = logging.getLogger(__name__)


class Follows(Protocol):
    """What `libs.eventlog.follow.Tail` is."""

    away: bool

    def close(self) -> None:
        """Give up what it holds."""
        ...

    def wait(self, seconds: float) -> list[Recorded]:
        """Events after the last ones given, none when none came in time or the log is `away`."""
        ...


class Inbox:
    """The log's events after `position`, in order: from memory as long as the taker keeps up, else from the log."""

    def __init__(self, log: EventLog, position: int, past: Past, held: int = HELD) -> None:
        self._log, self.position, self._past, self._limit = log, position, past, held
        self._held: deque[Recorded] = deque()
        self._news, self._behind = threading.Event(), True

    def put(self, batch: Sequence[Recorded]) -> None:
        """Offer what the log's reader just read."""
        if len(self._held) + len(batch) > self._limit:
            self._held.clear()
            self._behind = True
        else:
            self._held.extend(batch)
        self._news.set()

    def take(self, seconds: float) -> list[Recorded]:
        """The next events, at most a page; waits up to `seconds` for some. They come again until `done`. Raises Refusal 503,
        LogTurnedBack."""
        until = monotonic() + seconds
        while True:
            self._news.clear()
            batch = self._next()
            if batch or not self._news.wait(max(0.0, until - monotonic())):
                return batch

    def done(self, position: int) -> None:
        """Everything up to `position` is dealt with."""
        self.position = position

    def _next(self) -> list[Recorded]:
        while self._held and self._held[0].position <= self.position:
            self._held.popleft()
        if self._held and self._held[0].position == self.position + 1:
            return [self._held[index] for index in range(min(PAGE, len(self._held)))]
        if not self._behind and not self._held:
            return []
        batch = self._log.read(self.position, PAGE)
        self._past.note(batch)
        self._behind = bool(batch)
        return batch


class LogReader:
    """Reads the log once and offers it to `watch` (in the reader's thread: quick work only) and to every inbox.

    `turned_back(identity)` is called when the log lost what was read of it while its epoch stayed. Raises Refusal 503.
    """

    def __init__(
        self,
        log: EventLog,
        tail: Follows,
        identity: LogIdentity,
        position: int,
        watch: Callable[[Sequence[Recorded]], None],
        turned_back: Callable[[LogIdentity], None] = lambda identity: None,
    ) -> None:
        self._log, self._tail, self._watch = log, tail, watch
        self._past = Past(log, identity, position, turned_back)
        self._inboxes: list[Inbox] = []

    def open(self, position: int) -> Inbox:
        """An inbox for someone who has seen everything up to `position`."""
        inbox = Inbox(self._log, position, self._past)
        self._inboxes.append(inbox)
        return inbox

    def close(self, inbox: Inbox) -> None:
        """Offer nothing more to it."""
        self._inboxes = [one for one in self._inboxes if one is not inbox]

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Raises LogTurnedBack when the database came back with another or a shorter log."""
        checked, away = monotonic(), False
        try:
            while not stop.is_set():
                batch = self._tail.wait(0.5)
                if self._tail.away and not away:
                    _log.warning("the log cannot be read now")
                away = away or self._tail.away
                if not self._tail.away and (away or monotonic() - checked > CHECK_SECONDS):
                    _insisting(self._past.check, stop)
                    checked, away = monotonic(), False
                self._offer(batch, stop)
        finally:
            self._tail.close()

    def _offer(self, batch: list[Recorded], stop: threading.Event) -> None:
        """Nothing is offered before it is known that the log is the same one: what follows would be taken for what had been there."""
        if not batch or not _insisting(lambda: self._past.note(batch), stop):
            return
        self._watch(batch)
        for inbox in self._inboxes:
            inbox.put(batch)


def _insisting(look: Callable[[], None], stop: threading.Event) -> bool:
    """Have a look at the log, again and again while the database is away; False when stopped before. Raises LogTurnedBack."""
    while not stop.is_set():
        try:
            look()
        except Refusal as refusal:
            _log.warning("the log cannot be checked now: %s", refusal.message)
            stop.wait(RETRY_SECONDS)
        else:
            return True
    return False
