"""Rebuild a read-model table from position 0 beside the live one, compare, swap; writes go on meanwhile.

Uses COPY, so it runs in a process without eventlet's monkey patch, and as the schema's owner: `netledger rebuild`.
"""

from __future__ import annotations

import io
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection

from libs.eventlog import chain, copytext, swap
from libs.eventlog.protocol import Recorded, Row
from libs.eventlog.statements import APPEND_LOCK, EVENT, row_columns, stored_of
from libs.network.kinds import KINDS
from libs.network.resources import fold_recorded, kind_and_id, stream_of
from libs.network.world import Resource

PAGE = 5000
KEPT = 20_000
"""Resources kept in memory between pages."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a rebuild found. position: where both tables were compared, rows: how many there were then. equal: the live table was
    what the log says."""

    kind: str
    position: int
    rows: int
    equal: bool
    seconds: float


def rebuild(admin_url: str, kind: str, progress: Progress = lambda position, head: None) -> Report:
    """Rebuild the table of `kind` (network, subnet, port, agent) and put it in the live one's place, which stays as `<kind>_old`.

    The log is the truth: the new table takes over whether it is equal or not; `Report.equal` says which. Appends wait only while
    the last few events are folded and the tables are renamed. `progress(position, head)` is called after every page.
    Raises KeyError for an unknown kind, psycopg2.Error when the database fails; then the live table is as it was.
    """
    started, _ = time.monotonic(), KINDS[kind]
    builder = _Builder(psycopg2.connect(admin_url), kind)
    try:
        builder.build_up_to_head(progress)
        position, live = _live_digest(admin_url, kind, builder.lock_timeout)
        builder.build(position, lambda at: progress(at, position))
        found = builder.digest()
        builder.build_up_to_head(progress)
        builder.take_over()
        return Report(kind, position, found[0], live == found, time.monotonic() - started)
    finally:
        builder.close()


def _live_digest(admin_url: str, kind: str, setting: str) -> tuple[int, tuple[int, str]]:
    """(position, digest of the live table), both of one moment: appends write table and log in one commit."""
    connection = psycopg2.connect(admin_url)
    try:
        connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        with connection.cursor() as cursor:
            cursor.execute(setting)
            return _head(connection), swap.digest(cursor, kind)
    finally:
        connection.close()


def _head(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(position), 0) from event")
        return int(cursor.fetchall()[0][0])


class _Builder:
    """Folds the log into `<kind>_v2`, page by page, each page one transaction."""

    lock_timeout = "set lock_timeout = '10s'"

    def __init__(self, connection: Connection, kind: str) -> None:
        self._connection, self._kind, self._model = connection, kind, KINDS[kind]
        self._columns = list(row_columns(self._model.columns))
        self._position, self._kept = 0, OrderedDict[str, Resource | None]()
        with connection, connection.cursor() as cursor:
            cursor.execute(f"{self.lock_timeout}; set synchronous_commit = off; set timezone = 'UTC'")
            self._twin = swap.make_twin(cursor, kind)

    def build_up_to_head(self, progress: Progress) -> None:
        """Fold until less than a page is missing."""
        while (head := _head(self._connection)) - self._position > PAGE or self._position == 0 < head:
            self.build(head, lambda at, head=head: progress(at, head))  # type: ignore[misc]

    def build(self, target: int, done: Callable[[int], None] = lambda at: None) -> None:
        """Fold all events up to and with `target`."""
        while self._position < target:
            upto = min(self._position + PAGE, target)
            with self._connection:
                self._fold_page(upto)
            done(upto)

    def digest(self) -> tuple[int, str]:
        """The twin's digest as it is now."""
        with self._connection, self._connection.cursor() as cursor:
            return swap.digest(cursor, self._twin)

    def take_over(self) -> None:
        """With appends waiting: fold what is left and swap, in one transaction.

        A long reader of the live table would hold up appends with us: we let them go and try again. Raises LockNotAvailable.
        """
        for patient in (True,) * 9 + (False,):
            position = self._position
            try:
                return self._take_over()
            except psycopg2.errors.LockNotAvailable:
                self._position = position
                self._kept.clear()
                if not patient:
                    raise

    def _take_over(self) -> None:
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '1s'; select pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
            head = _head(self._connection)
            if head > self._position:
                self._fold_page(head)
            swap.swap(cursor, self._kind)

    def close(self) -> None:
        """End the session; what was not swapped stays beside until the next rebuild."""
        self._connection.close()

    def _fold_page(self, upto: int) -> None:
        recorded = self._read(upto)
        if recorded:
            before = self._resources({one.stream for one in recorded})
            after = fold_recorded(recorded, before)
            versions = {one.stream: one.version for one in recorded}
            kept = [self._model.row_of(one) for one in after.values() if one is not None]
            gone = [kind_and_id(stream)[1] for stream in versions if after[stream] is None]
            self._write(kept, gone, known=any(one is not None for one in before.values()))
            self._keep(after)
        self._position = upto

    def _read(self, upto: int) -> list[Recorded]:
        with self._connection.cursor() as cursor:
            cursor.execute(
                EVENT + "where position > %s and position <= %s and stream like %s order by position",
                (self._position, upto, f"{self._kind}-%"),
            )
            return [chain.open_stored(stored_of(row)) for row in cursor.fetchall()]

    def _resources(self, streams: Iterable[str]) -> dict[str, Resource | None]:
        found: dict[str, Resource | None] = {}
        for stream in streams:
            if stream in self._kept:
                found[stream] = self._kept[stream]
        missing = [kind_and_id(stream)[1] for stream in streams if stream not in found]
        return found | {stream_of(row.kind, row.id): self._model.resource_of(row) for row in self._rows(missing)}

    def _rows(self, ids: list[str]) -> list[Row]:
        with self._connection.cursor() as cursor:
            select = sql.SQL("select id, version, body, hidden, created_at from {} where id = any (%s)")
            cursor.execute(select.format(sql.Identifier(self._twin)), (ids,))
            return [
                Row(self._kind, id, version, {"created_at": created_at}, body, hidden)
                for id, version, body, hidden, created_at in cursor.fetchall()
            ]

    def _keep(self, after: dict[str, Resource | None]) -> None:
        for stream, resource in after.items():
            self._kept.pop(stream, None)
            if resource is not None:
                self._kept[stream] = resource
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _write(self, kept: list[Row], gone: list[str], known: bool) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, self._columns))
        twin = sql.Identifier(self._twin)
        with self._connection.cursor() as cursor:
            if known:
                ids = [row.id for row in kept] + gone
                cursor.execute(sql.SQL("delete from {} where id = any (%s)").format(twin), (ids,))
            text = io.StringIO("".join(copytext.line(row, self._columns) for row in kept))
            cursor.copy_expert(sql.SQL("copy {} ({}) from stdin").format(twin, names), text)
