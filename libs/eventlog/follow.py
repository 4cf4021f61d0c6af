"""Following the log: events by position as they come, woken by LISTEN/NOTIFY, by polling when a wake-up was lost."""

from __future__ import annotations

import contextlib
import select
import threading
import time
from typing import Protocol

import psycopg2
from psycopg2.extensions import connection as Connection

from libs.errors import Refusal
from libs.eventlog.memory import MemoryLog
from libs.eventlog.notify import CHANNEL
from libs.eventlog.pool import Pool, connect
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import EventLog, Recorded

POLL_SECONDS = 0.5
"""How late a follower is at most when a wake-up was lost."""


class Waker(Protocol):
    """Something that tells when the log may have grown."""

    def wait(self, seconds: float) -> bool:
        """Return when the log may have grown, or after `seconds`; may return early for nothing. False: what tells it broke."""
        ...

    def close(self) -> None:
        """Give up what it holds."""
        ...


class Listener:
    """LISTEN on a connection of its own, made again when it is lost. Works green and in plain threads; not safe to share."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    def wait(self, seconds: float) -> bool:
        """As `Waker.wait`. Returns at once after (re)connecting, since what was told meanwhile was not heard."""
        try:
            if self._connection is None or self._connection.closed:
                self._connect()
                return True
            if not self._connection.notifies and _readable(self._connection.fileno(), seconds):
                self._connection.poll()
                if (
                    not self._connection.notifies
                ):  # a server that ends says so first; the end itself comes a moment later
                    self.close()
                    return False
            self._connection.notifies.clear()
        except psycopg2.Error:
            self.close()
            time.sleep(min(seconds, 0.2))
            return False
        return True

    def close(self) -> None:
        """Close the connection; the next wait makes a new one."""
        if self._connection is not None:
            with contextlib.suppress(psycopg2.Error):
                self._connection.close()
        self._connection = None

    def _connect(self) -> None:
        self._connection = connect(self._url)
        with self._connection.cursor() as cursor:
            cursor.execute(f"listen {CHANNEL}")


class _MemoryWaker:
    def __init__(self, log: MemoryLog) -> None:
        self._grown = threading.Event()
        log.when_grown(self._grown.set)

    def wait(self, seconds: float) -> bool:
        self._grown.wait(seconds)
        self._grown.clear()
        return True

    def close(self) -> None:
        return


class Tail:
    """Events after a position, each once and in order. `log`: a log, or the pool of a PostgreSQL one. Not safe to share.

    `position`: of the last event given. `away`: whether the store did not answer when last asked, or was cut off: however short
    that was, it may have come back as an older one.
    """

    def __init__(self, log: EventLog | Pool, after: int, limit: int = 500) -> None:
        self._log: EventLog = PostgresLog(log.url, pool=log) if isinstance(log, Pool) else log
        self.position, self.away, self._limit = after, False, limit
        self._drained = False
        self._waker = _waker(self._log)

    def wait(self, seconds: float) -> list[Recorded]:
        """The next events, at most `limit`, as soon as there are some; none after `seconds`, or while the store is away."""
        deadline = time.monotonic() + seconds
        while True:
            if self._drained:  # commits come before their wake-up: nothing to read without one
                self.away = not self._waker.wait(min(max(0.0, deadline - time.monotonic()), POLL_SECONDS))
                if self.away:
                    return []
            events = self._read()
            self._drained = len(events) < self._limit
            if events:
                self.position = events[-1].position
                return events
            if time.monotonic() >= deadline:
                return []

    def close(self) -> None:
        """Close the listening connection."""
        self._waker.close()

    def _read(self) -> list[Recorded]:
        try:
            events = self._log.read(self.position, self._limit)
        except Refusal:
            self.away = True
            return []
        self.away = False
        return events


def _waker(log: EventLog) -> Waker:
    if isinstance(log, MemoryLog):
        return _MemoryWaker(log)
    if isinstance(log, PostgresLog):
        return Listener(log.pool.url)
    raise TypeError(f"{type(log).__name__} tells nobody when it grows")


def _readable(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read; eventlet has no green poll but a green select, which knows no limit of descriptors."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    return bool(select.select([descriptor], [], [], seconds)[0])
