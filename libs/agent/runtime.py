"""`AgentRuntime(settings, brain).run()`: the life of an agent.

It follows the host's feed without gaps, tells the server who it is and that it lives, and lets the brain apply what it has dirty,
throttled and never before the first complete state. The brain knows the host; nothing here does.
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from collections.abc import Callable
from time import monotonic

from libs.agent.brain import Brain, Link
from libs.agent.intake import Intake
from libs.agent.pace import Pace, about
from libs.bus.agent_link import AgentLink
from libs.bus.names import agent_user
from libs.chain import Chain
from libs.config import Settings
from libs.feed import Alive, Drift, Feed, Hello, Routing, Wiring, parts_of

_log = logging.getLogger(__name__)


class AgentRuntime:
    """Runs one agent until `close`; `poke` says that the brain has something to apply."""

    def __init__(self, settings: Settings, brain: Brain, link: Link | None = None, pace: Pace | None = None) -> None:
        self._settings, self._brain, self._chain, self._pace = settings, brain, Chain(), pace or Pace()
        self._intake = Intake(brain)
        user = agent_user(brain.agent_type, settings.host)
        self._link = link or AgentLink(settings, user, self.on_feed, self.on_up)
        self._poked, self._nudged, self._closing = threading.Event(), threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._hello_due = self._complete_due = False
        self._fetch_at = self._fetched_at = 0.0
        self._complete_at = monotonic() + self._pace.complete
        self._audit_at = monotonic() + about(self._pace.audit)
        self._ups, self._failures, self._applied, self._unanswered = 0, 0, 0, 0

    def run(self) -> None:
        """Start the bus and the heartbeat, then apply whenever poked; blocks."""
        for loop in (self._link.run, self._keep_in_touch, self._heartbeat):
            threading.Thread(target=loop, name=loop.__name__, daemon=True).start()
        while not self._closing.is_set():
            poked = self._poked.wait(self._patience()) or self._poked.is_set()  # or in the moment when time ran out
            if poked:
                self._closing.wait(self._pace.settle)
                self._poked.clear()
            if self._chain.ready and (poked or self._due()) and not self._closing.is_set():
                self._work()

    def close(self) -> None:
        """Make `run` return soon; the host is left as it is."""
        self._closing.set()
        self._poked.set()
        self._nudged.set()
        self._link.close()

    def poke(self) -> None:
        """The brain has something to apply; from any thread."""
        self._poked.set()

    def announce(self) -> None:
        """Say Hello again: the configurations changed."""
        self._hello_due = True
        self._ask_soon()

    @property
    def in_sync(self) -> bool:
        """Whether the host's facts are known without a gap."""
        return self._chain.in_sync

    def on_up(self) -> None:
        """The bus is there (again): introduce, and ask for what may have been lost meanwhile."""
        self._fetch_at = monotonic() + (random.uniform(0, self._pace.spread) if self._ups else 0)
        self._ups += 1
        self._unanswered = 0
        self._hello_due = True
        self._nudged.set()

    def on_feed(self, feed: Feed) -> None:
        """A message of the host's feed, or an answer."""
        with self._lock:
            asked = self._chain.asking
            for part in self._chain.receive(feed):
                self._intake.take(part)
            if feed.request and asked:
                self._unanswered = self._unanswered if self._chain.asking else 0
                self._fetch_at = monotonic() + (self._again() if self._chain.asking else about(self._pace.check))
                self._complete_due = self._complete_due or self._chain.in_sync
            if self._chain.gap and not self._chain.asking:
                self._ask_soon()
        self.poke()

    def _ask_soon(self) -> None:
        self._fetch_at = self._fetched_at + self._pace.fetch_pause
        self._nudged.set()

    def _keep_in_touch(self) -> None:
        """Hello and Fetch, when they are due."""
        while not self._closing.is_set():
            self._nudged.wait(0.05 if self._hello_due or self._chain.gap else 1.0)
            self._nudged.clear()
            try:
                self._tell()
            except Exception:
                _log.exception("the server was not told")

    def _tell(self) -> None:
        if monotonic() < self._fetch_at or not self._ups:
            return
        with self._lock:
            fetch = self._chain.ask(uuid.uuid4().hex, anew=self._unanswered == 0)
            self._fetched_at = monotonic()
            self._fetch_at = self._fetched_at + self._again()
            self._unanswered += 1
        # A Hello that nobody got is told again until something is answered.
        if self._hello_due or not self._chain.in_sync:
            self._hello_due = not self._link.send(self._hello())
        self._link.send(fetch)

    def _again(self) -> float:
        """Seconds until the next Fetch if nobody answers: each time more, or too many who ask would keep all from being answered."""
        waits = self._pace.fetch_again
        return about(waits[min(self._unanswered, len(waits) - 1)])

    def _hello(self) -> Hello:
        brain, settings = self._brain, self._settings
        configurations = dict(brain.configurations())
        return Hello(settings.host, brain.agent_type, brain.binary, settings.availability_zone, configurations)

    def _heartbeat(self) -> None:
        while not self._closing.wait(self._settings.report_seconds):
            if self._ups:
                self._link.send(Alive(self._applied, self._brain.load()))

    def _patience(self) -> float:
        """Seconds to wait for a poke."""
        backoff = self._pace.backoff
        return backoff[min(self._failures, len(backoff)) - 1] if self._failures else 1.0

    def _due(self) -> bool:
        """Whether there is something to do without a poke."""
        return self._failures > 0 or self._complete_due or monotonic() >= min(self._complete_at, self._audit_at)

    def _work(self) -> None:
        """Apply, report, audit, each whatever became of the others; what fails is tried again later."""
        fine = self._tried(self._apply)
        if monotonic() >= self._audit_at:
            self._audit_at = monotonic() + about(self._pace.audit)
            fine = self._tried(self._audit) and fine
        self._failures = 0 if fine else self._failures + 1
        if not fine:
            self._closing.wait(self._pace.backoff[0])  # pokes cut the rest of the backoff short, but not this

    def _tried(self, step: Callable[[], None]) -> bool:
        """Whether it went well; what did not is in the log."""
        try:
            step()
        except Exception:
            _log.exception("applying failed, attempt %s", self._failures + 1)
            return False
        return True

    def _apply(self) -> None:
        position = self._chain.position
        report = self._brain.apply()
        self._applied = position
        if report is not None:
            self._complete_at = min(self._complete_at, monotonic() + self._pace.confirm)
        self._send(report)
        if self._complete_due or monotonic() >= self._complete_at:
            self._complete_due = False
            self._send(self._brain.report())  # if nobody gets it: after the reconnection it is due again
            self._complete_at = monotonic() + self._pace.complete

    def _send(self, report: Wiring | Routing | None) -> None:
        for part in parts_of(report):
            self._link.send(part)

    def _audit(self) -> None:
        drift = {name: count for name, count in self._brain.audit().items() if count}
        if drift:
            _log.warning("the host differed from what is desired and was repaired", extra={"fields": drift})
            self._link.send(Drift(drift))
            self._complete_due = True
            self.poke()
