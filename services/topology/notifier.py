"""Tells Nova what happened to its servers' ports, from the log's position: at least once, in order, however often anything dies.

Only the leader runs one. How far it is, is stored after Nova was told: a restart repeats a little, and loses nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from libs.errors import Refusal
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import EventLog, Recorded
from libs.nova import Notice, Outcome
from services.topology.inbox import Inbox
from services.topology.notices import called_for, made_in, notices, ports_in
from services.topology.past import LogTurnedBack

TOGETHER = 100
"""Notices in one request."""
TRIES = 5
"""How often one notice is told that Nova took among others and failed with."""
WAIT_SECONDS, MOST_SECONDS = 0.5, 10.0
UNSTORED = 1000
"""How many facts that concern no server may pass before the position is stored."""
_STORE = "insert into projection (name, position) values ('nova', %s) on conflict (name) do update set position = excluded.position"
_PORTS = "select id, device_id, device_owner from port where id = any (%s)"
_log = logging.getLogger(__name__)


class Nova(Protocol):
    """What `libs.nova.client.NovaClient` is."""

    def tell(self, notices: Sequence[Notice]) -> Outcome:
        """What became of them. Raises nothing."""
        ...


class Notifier:
    """`run` takes the log's events out of an inbox until it is stopped. first_pause: seconds before what failed is tried again."""

    def __init__(self, log: EventLog, pool: Pool, nova: Nova, first_pause: float = 0.1) -> None:
        self._log, self._pool, self._nova, self._first_pause = log, pool, nova, first_pause
        self._made: frozenset[str] = frozenset()
        self._stored, self._complaint = 0, ""

    def start(self) -> int:
        """Where to go on; at first from now on: the past is told to nobody. Raises Refusal 503."""
        found = self._pool.query("select position from projection where name = 'nova'")
        position = int(found[0][0]) if found else self._log.head()
        if not found:
            self._pool.execute(_STORE, (position,))
        self._stored = position
        return position

    def run(self, inbox: Inbox, stop: threading.Event) -> None:
        """Until `stop`; a request that Nova has not answered then is left to itself. Raises LogTurnedBack."""
        while not stop.is_set():
            try:
                batch = inbox.take(WAIT_SECONDS)
                if batch and self._deal(batch, stop):
                    inbox.done(batch[-1].position)
                elif not batch:
                    self._store(inbox.position, force=True)
            except Refusal as refusal:
                _log.warning("Nova is not told now: %s", refusal.message)
                stop.wait(WAIT_SECONDS)
            except LogTurnedBack:
                raise
            except Exception:  # what nobody thought of must not end what else the leader does
                _log.exception("Nova is not told now")
                stop.wait(WAIT_SECONDS)

    def _deal(self, batch: Sequence[Recorded], stop: threading.Event) -> bool:
        """Whether all was told and stored. Raises Refusal 503."""
        made = made_in(batch)
        wanted = called_for(batch, made | self._made)
        ids = ports_in(wanted)
        rows = self._pool.query(_PORTS, (ids,)) if ids else []
        told = notices(wanted, {id: (device, owner) for id, device, owner in rows})
        for start in range(0, len(told), TOGETHER):
            if not self._insist(told[start : start + TOGETHER], stop):
                return False
        self._store(batch[-1].position, force=bool(told))
        self._made = made
        return True

    def _store(self, position: int, force: bool) -> None:
        if position > self._stored and (force or position - self._stored >= UNSTORED):
            self._pool.execute(_STORE, (position,))
            self._stored = position

    def _insist(self, pending: Sequence[Notice], stop: threading.Event) -> bool:
        """Tell these until Nova has taken them; False when stopped before."""
        pause, tries = self._first_pause, 0
        while pending:
            outcome = self._tell(pending, stop)
            if outcome is None:
                return False
            if outcome.split:
                return self._apart(pending, stop)
            self._say(outcome.unheard)
            tries += not outcome.unheard
            pending = outcome.again
            if pending and tries == TRIES:
                _log.error("Nova fails with these notices, which are given up: %s", pending)
                return True
            if pending and stop.wait(pause):
                return False
            pause = min(2 * pause, MOST_SECONDS)
        return True

    def _apart(self, pending: Sequence[Notice], stop: threading.Event) -> bool:
        """Each half alone, so that the one which Nova will not have does not keep the others back."""
        if len(pending) == 1:
            _log.error("Nova does not take this notice, which is given up: %s", pending[0])
            return True
        half = len(pending) // 2
        return self._insist(pending[:half], stop) and self._insist(pending[half:], stop)

    def _tell(self, pending: Sequence[Notice], stop: threading.Event) -> Outcome | None:
        """The outcome; None when stopped before Nova answered: who leads must be able to end at once."""
        return _unless_stopped(lambda: self._nova.tell(pending), stop)

    def _say(self, unheard: str) -> None:
        """Once, not with every try."""
        if unheard and unheard != self._complaint:
            _log.warning("Nova is not told: %s", unheard)
        elif self._complaint and not unheard:
            _log.info("Nova is told again")
        self._complaint = unheard


def _unless_stopped(call: Callable[[], Outcome], stop: threading.Event) -> Outcome | None:
    found = list[Outcome]()
    thread = threading.Thread(target=lambda: found.append(call()), daemon=True)
    thread.start()
    while thread.is_alive() and not stop.is_set():
        thread.join(0.05)
    return found[0] if found else None
