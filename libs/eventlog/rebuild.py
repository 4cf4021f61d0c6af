"""Rebuild a read-model table from position 0 beside the live one, compare, swap; writes go on meanwhile.

Uses COPY, so it runs in a process without eventlet's monkey patch, and as the schema's owner: `netledger rebuild`.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection

from libs.eventlog import swap
from libs.eventlog.folding import PAGE, SESSION, Folder, Share, shares
from libs.eventlog.looking import APPEND_LOCK
from libs.network.kinds import KINDS

TOGETHER_FROM = 50_000
"""A log of so many events is worth several processes."""

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


def rebuild(admin_url: str, kind: str, progress: Progress = lambda position, head: None, processes: int = 0) -> Report:
    """Rebuild the table of `kind` (network, subnet, port, agent) and put it in the live one's place, which stays as `<kind>_old`.

    The log is the truth: the new table takes over whether it is equal or not; `Report.equal` says which. Appends wait only while
    the last few events are folded and the tables are renamed. `progress(position, head)` is called on the way. `processes` fold
    together, 0: as many as there are processors (at most 4) for a long log, none for a short one.
    Raises KeyError for an unknown kind, psycopg2.Error when the database fails; then the live table is as it was.
    """
    started, _ = time.monotonic(), KINDS[kind]
    builder = _Builder(admin_url, kind)
    try:
        builder.build_together(processes, progress)
        builder.build_up_to_head(progress)
        position, live = _live_digest(admin_url, kind)
        builder.build(position, lambda at: progress(at, position))
        found = builder.digest()
        builder.build_up_to_head(progress)
        builder.take_over()
        return Report(kind, position, found[0], live == found, time.monotonic() - started)
    finally:
        builder.close()


def _live_digest(admin_url: str, kind: str) -> tuple[int, tuple[int, str]]:
    """(position, digest of the live table), both of one moment: appends write table and log in one commit."""
    connection = _connect(admin_url)
    try:
        connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        with connection.cursor() as cursor:
            return _head(connection), swap.digest(cursor, kind)
    finally:
        connection.close()


def _connect(admin_url: str) -> Connection:
    connection = psycopg2.connect(admin_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(SESSION)
    return connection


def _head(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(position), 0) from event")
        return int(cursor.fetchall()[0][0])


def _fold_share(admin_url: str, share: Share, twin: str, target: int) -> None:
    """One process's part."""
    connection = _connect(admin_url)
    try:
        Folder(connection, share, twin).fold(target)
    finally:
        connection.close()


class _Builder:
    """Builds `<kind>_v2`: without its indexes as long as much is missing, then with them."""

    def __init__(self, admin_url: str, kind: str) -> None:
        self._url, self._kind, self._connection = admin_url, kind, _connect(admin_url)
        with self._connection, self._connection.cursor() as cursor:
            self._twin = swap.make_twin(cursor, kind)
        self._folder = self._folder_from(0)

    def _folder_from(self, position: int) -> Folder:
        return Folder(self._connection, shares(self._kind, 1)[0], self._twin, position)

    def build_together(self, processes: int, progress: Progress) -> None:
        """Fold a long log in several processes, up to where it ends now; then make the indexes. Raises RuntimeError."""
        head = _head(self._connection)
        self._connection.rollback()
        if head >= TOGETHER_FROM:
            processes = processes or min(4, os.cpu_count() or 1)
        if processes:
            context = multiprocessing.get_context("spawn")
            parts = [(self._url, share, self._twin, head) for share in shares(self._kind, processes)]
            with context.Pool(processes) as pool:
                pool.starmap(_fold_share, parts, chunksize=1)
            self._folder = self._folder_from(head)
            progress(head, head)
        with self._connection, self._connection.cursor() as cursor:
            swap.add_indexes(cursor, self._kind, self._twin)

    def build_up_to_head(self, progress: Progress) -> None:
        """Fold until less than a page is missing."""
        while (head := _head(self._connection)) - self._folder.position > PAGE or self._folder.position == 0 < head:
            self.build(head, lambda at, head=head: progress(at, head))  # type: ignore[misc]

    def build(self, target: int, done: Callable[[int], None] = lambda at: None) -> None:
        """Fold all events up to and with `target`."""
        self._folder.fold(target, done)

    def digest(self) -> tuple[int, str]:
        """The twin's digest as it is now."""
        with self._connection, self._connection.cursor() as cursor:
            return swap.digest(cursor, self._twin)

    def take_over(self) -> None:
        """With appends waiting: fold what is left and swap, in one transaction.

        A long reader of the live table would hold up appends with us: we let them go and try again. Raises LockNotAvailable.
        """
        for patient in (True,) * 9 + (False,):
            position = self._folder.position
            try:
                return self._take_over()
            except psycopg2.errors.LockNotAvailable:
                self._folder.forget(position)
                if not patient:
                    raise

    def _take_over(self) -> None:
        with self._connection, self._connection.cursor() as cursor:
            # The new table first: autovacuum may be at it, and lets go when somebody has waited for a second.
            cursor.execute(sql.SQL("lock table {}").format(sql.Identifier(self._twin)))
            cursor.execute("set local lock_timeout = '1s'; select pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
            head = _head(self._connection)
            if head > self._folder.position:
                self._folder.fold_page(head)
            swap.swap(cursor, self._kind)

    def close(self) -> None:
        """End the session; what was not swapped stays beside until the next rebuild."""
        self._connection.close()
