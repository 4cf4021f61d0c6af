"""Connections to PostgreSQL, few and kept. Green-safe: under eventlet's monkey patch psycopg2 and the waits here yield.

A lost database is a Refusal 503 to whoever asks, and forgotten as soon as it is back.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg2
from psycopg2 import extensions

from libs import errors
from libs.errors import Refusal
from libs.eventlog import patience

# Milliseconds after which the server ends what hangs: a statement, a wait for a lock, a transaction whose process was stopped
# (it may hold the log's lock). TCP limits say when a silent peer is gone.
_LIMITS = "-c idle_in_transaction_session_timeout=4000 -c lock_timeout=5000 -c statement_timeout=20000"
_CONNECT: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10000,
    "application_name": "netledger",
}
Connection = extensions.connection
LOST = (psycopg2.OperationalError, psycopg2.InterfaceError)
"""What a lost connection raises."""
FAILED = psycopg2.Error
"""Whatever a session of one's own raises."""


def lost(error: BaseException) -> Refusal:
    """503: the database is away, or cannot work now (disk full, starting, shutting down)."""
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    refusal = errors.unavailable("The database does not answer now.")
    refusal.__cause__ = error
    refusal.add_note(reason)
    return refusal


def connect(url: str, limits: str = _LIMITS) -> Connection:
    """One new connection in autocommit. Raises psycopg2.OperationalError."""
    patience.bound()
    connection: Connection = psycopg2.connect(
        url, options=f"-c timezone=UTC -c client_encoding=UTF8 {limits}", **_CONNECT
    )
    connection.autocommit = True
    return connection


class Pool:
    """At most `size` connections to `url`; who comes when all are in use waits up to `wait_seconds`, then gets a Refusal 503."""

    def __init__(self, url: str, size: int = 8, wait_seconds: float = 5.0) -> None:
        self.url = url
        self._idle: list[Connection] = []
        self._slots = threading.Semaphore(size)
        self._wait = wait_seconds

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in autocommit for one use; a transaction left open is rolled back. Raises Refusal 503 (database lost)."""
        if not self._slots.acquire(timeout=self._wait):
            raise errors.unavailable("Too many requests wait for the database.")
        connection: Connection | None = None
        try:
            connection = self._idle.pop() if self._idle else connect(self.url)
            yield connection
        except LOST as error:
            raise lost(error) from error
        finally:
            try:
                self._put_back(connection)
            finally:
                self._slots.release()

    def query(self, statement: str, params: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one reading statement, tried again on a fresh connection when the first one was dead. Raises Refusal 503."""
        for last in (False, True):
            with self.connection() as connection:
                try:
                    with connection.cursor() as cursor:
                        cursor.execute(statement, params or None)
                        return cursor.fetchall()
                except LOST:
                    if last or not connection.closed:
                        raise
                    self._drop_idle()
        raise AssertionError

    def execute(self, statement: str, params: Sequence[Any] | dict[str, Any] = ()) -> int:
        """Run one writing statement in a transaction of its own; the number of rows it touched. Raises Refusal 503."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement, params or None)
            return int(cursor.rowcount)

    def close(self) -> None:
        """Close what is idle; the pool can be used again."""
        self._drop_idle()

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _put_back(self, connection: Connection | None) -> None:
        if connection is None or connection.closed:
            return
        try:
            if connection.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE:
                with connection.cursor() as cursor:
                    cursor.execute("rollback")  # rollback() sends nothing for a transaction begun by hand
            connection.rollback()  # else psycopg2 itself still believes to be in one
            connection.autocommit = True
        except psycopg2.Error:
            connection.close()
            return
        self._idle.append(connection)
