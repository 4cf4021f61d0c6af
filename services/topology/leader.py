"""One process leads: relays, schedules, watches agents. Who holds the advisory lock on its own session is the one.

The session goes with the process (kill -9 included), and with it the lock; the next one goes on from what is stored.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from time import monotonic

from libs.errors import Refusal
from libs.eventlog.pool import FAILED, LOST, Connection, connect
from services.topology import facts
from services.topology.remembered import LeadershipLost

LOCK = 0x6E6C4C44
RETRY_SECONDS = 0.3
STUCK_SECONDS = 5.0
"""How long the relay may stand still with work before it; a stopped process keeps its session, and would keep the lead for ever."""
# The relay's progress may be lost with the database's memory: it is then made again, and what comes twice is known as such.
_LIMITS = "-c synchronous_commit=off -c lock_timeout=5000 -c statement_timeout=20000"
_PROGRESS = "select position, (select coalesce(max(position), 0) from event) from relay"
_DEPOSE = (
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 0 and objid = %s and granted"
    " and database = (select oid from pg_database where datname = current_database())"
)
_log = logging.getLogger(__name__)

Loop = Callable[[threading.Event], None]
"""Works until the event is set, or raises."""


class Leadership:
    """Tries for the lock; while it is held, runs the loops that `work(session)` gives. When one ends, all end and the lock is
    given up."""

    def __init__(
        self, url: str, work: Callable[[Connection], Sequence[Loop]], is_able: Callable[[], bool] = lambda: True
    ) -> None:
        self._url, self._work, self._is_able = url, work, is_able
        self._seen, self._since = -1, monotonic()
        self.leads = False

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. A lost database or broker ends the leadership, not the process."""
        session: Connection | None = None
        while not stop.is_set():
            try:
                session = session or connect(self._url, _LIMITS)
                [(mine,)] = facts.query(session, "select pg_try_advisory_lock(%s)", (LOCK,))
                if mine:
                    self._lead(session, stop)
                    session.close()
                    session = None
                else:
                    self._judge(session)
            except (*LOST, FAILED, Refusal, OSError, LeadershipLost) as error:
                _log.warning("leadership ended: %s", error)
                _close(session)
                session = None
            stop.wait(RETRY_SECONDS)
        _close(session)

    def _judge(self, session: Connection) -> None:
        """End the leader's session when the relay stands still though there is work, and this process could do it."""
        [(position, head)] = facts.query(session, _PROGRESS)
        if position != self._seen or position >= head or not self._is_able():
            self._seen, self._since = position, monotonic()
        elif monotonic() - self._since > STUCK_SECONDS:
            _log.warning("the leader stands still at position %s of %s and is deposed", position, head)
            facts.query(session, _DEPOSE, (LOCK,))
            self._since = monotonic()

    def _lead(self, session: Connection, stop: threading.Event) -> None:
        """Run the loops until `stop` or until one of them fails. Raises what it raised."""
        _log.info("this process leads")
        name = f"netledger topology leader {os.getpid()}"  # for the operator's pg_stat_activity
        facts.query(session, "select set_config('application_name', %s, false)", (name,))
        over, failures = threading.Event(), list[BaseException]()
        loops = self._work(session)
        threads = [threading.Thread(target=guarded, args=(loop, over, failures), daemon=True) for loop in loops]
        self.leads = True
        for thread in threads:
            thread.start()
        try:
            while not stop.wait(0.05) and not over.is_set():
                pass
        finally:
            self.leads = False
            over.set()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]


def guarded(loop: Loop, over: threading.Event, failures: list[BaseException]) -> None:
    """Run a loop; when it ends, however, the others shall end too."""
    try:
        loop(over)
    except BaseException as error:
        failures.append(error)
    finally:
        over.set()


def _close(session: Connection | None) -> None:
    if session is not None:
        session.close()
