"""Catch-up projections: something kept from the log in the database, its position stored in the same transaction.

A crash loses nothing and repeats nothing: what was folded and how far are one commit. Replicas may run the same projection; they take
turns on its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from libs.eventlog.follow import Tail
from libs.eventlog.pool import Pool
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Recorded

Fold = Callable[[Cursor, Sequence[Recorded]], None]
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Projection:
    """`fold(cursor, events)` writes what follows from the events, in the transaction that stores their position under `name`."""

    name: str
    fold: Fold


class ProjectionRunner:
    """Keeps one projection up with the log in its database. Raises Refusal 503 while that is away."""

    def __init__(self, pool: Pool, projection: Projection, log: PostgresLog | None = None) -> None:
        self._pool, self._projection = pool, projection
        self._log = log or PostgresLog(pool.url, pool=pool)

    def position(self) -> int:
        """How far the projection is, 0 before its first event."""
        rows = self._pool.query("select position from projection where name = %s", (self._projection.name,))
        return int(rows[0][0]) if rows else 0

    def catch_up(self) -> int:
        """Fold page by page until nothing is left; the position reached. An error of the fold undoes its page and is raised."""
        while self._fold_page():
            pass
        return self.position()

    def follow(self, tail: Tail, seconds: float) -> int:
        """Wait up to `seconds` for the log to grow, then catch up; the position reached."""
        tail.wait(seconds)
        return self.catch_up()

    def reset(self, clear: Callable[[Cursor], None]) -> None:
        """Start again from position 0; `clear(cursor)` empties what the projection keeps, in the same transaction."""
        with self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("begin")
            self._lock_position(cursor)
            clear(cursor)
            self._store_position(cursor, 0)
            cursor.execute("commit")

    def _fold_page(self) -> bool:
        with self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("begin")
            events = self._log.read(self._lock_position(cursor), PAGE)
            if events:
                self._projection.fold(cursor, events)
                self._store_position(cursor, events[-1].position)
            cursor.execute("commit")
            return len(events) == PAGE

    def _lock_position(self, cursor: Cursor) -> int:
        name = (self._projection.name,)
        cursor.execute("insert into projection (name, position) values (%s, 0) on conflict (name) do nothing", name)
        cursor.execute("select position from projection where name = %s for update", name)
        return int(cursor.fetchall()[0][0])

    def _store_position(self, cursor: Cursor, position: int) -> None:
        cursor.execute("update projection set position = %s where name = %s", (position, self._projection.name))
