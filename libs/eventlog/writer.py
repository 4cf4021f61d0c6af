"""The one connection of a process that appends: takes the lock, checks, writes, commits, in two round trips."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from libs.eventlog import fates, known, looking, statements
from libs.eventlog.chain import Stored
from libs.eventlog.pool import LOST, connect
from libs.eventlog.protocol import Accepted, Append, NoneRefers

SETTINGS = "set plan_cache_mode = force_generic_plan"


class LogRestored(Exception):
    """The log is of another epoch than on this process's connection before: what was read of it may not be so any more."""


class FateUnknown(Exception):
    """The connection was cut while the commit was under way."""


class Writer:
    """Not safe to share: its owner lets one batch in at a time. Raises psycopg2 errors; `FateUnknown` from `write` alone;
    `LogRestored` once, at the first connection to a log of another epoch."""

    def __init__(self, url: str, columns: Mapping[str, Mapping[str, str]]) -> None:
        self._url, self._columns = url, columns
        self._connection: Connection | None = None
        self._prepared: dict[tuple[str, ...], str] = {}
        self._checks: dict[tuple[tuple[str, str], ...], str] = {}
        self._epoch = 0

    @property
    def connected(self) -> bool:
        """Whether a connection is held that may still work."""
        return self._connection is not None and not self._connection.closed

    def close(self) -> None:
        """Drop the connection; the next use makes a new one."""
        if self._connection is not None:
            with contextlib.suppress(psycopg2.Error):
                self._connection.close()
        self._connection = None

    def check(self, batch: Sequence[Append]) -> tuple[known.Known, str, str]:
        """Begin, take the lock and read what decides about the batch: (known, hex hash of the last event or "", time to record)."""
        looks = looking.looks_of(batch, self._columns)
        rows = self._run(*looking.execute(self._check_of(looks.shape), batch, looks))
        found: dict[str, list[tuple[Any, ...]]] = {sort: [] for sort in looking.SORTS}
        for sort, *values in rows:
            found[sort].append(tuple(values))
        last_hash, position, _, last_time = found["last"][0] if found["last"] else ("", 0, None, "")
        found_out = known.Known(
            position=position,
            heads={key: known.Head(version, network, bool(alive)) for key, version, alive, network in found["head"]},
            claims={key: owner for key, _, _, owner in found["claim"]},
            commands={key: Accepted(first, last, result) for key, first, last, result in found["command"]},
            refers=self._references(batch, looks, found["refers"]),
            usage={(project, kind): known.Usage(used, limit) for project, used, limit, kind in found["usage"]},
        )
        return found_out, last_hash or "", max(last_time, found["now"][0][3])

    def _check_of(self, shape: tuple[tuple[str, str], ...]) -> str:
        """The name of the prepared check that also looks into these columns."""
        self._connect()
        if shape not in self._checks:
            name = f"nl_check_{len(self._checks)}"
            self._run(looking.prepare(name, shape, self._columns), ())
            self._checks[shape] = name
        return self._checks[shape]

    def _references(
        self, batch: Sequence[Append], looks: looking.Looks, rows: Sequence[tuple[Any, ...]]
    ) -> dict[NoneRefers, frozenset[str]]:
        found: dict[NoneRefers, set[str]] = {guard: set() for guard in (*looks.odd, *chain.from_iterable(looks.plain))}
        for id, group, number, _ in rows:
            found[looks.plain[group][number - 1]].add(id)
        if looks.odd:
            for number, id in self._run(looking.odd_references(batch, looks.odd, self._columns), ()):
                found[looks.odd[number]].add(id)
        return {guard: frozenset(ids) for guard, ids in found.items()}

    def write(self, written: fates.Written, stored: Sequence[Stored]) -> None:
        """Write and commit. Raises FateUnknown when the connection was cut on the way."""
        parts = statements.parts_of(written, stored, self._columns)
        shape = tuple(part.name for part in parts)
        if shape not in self._prepared:
            name = f"nl_write_{len(self._prepared)}"
            self._run(statements.prepare_write(name, parts), ())
            self._prepared[shape] = name
        statement, params = statements.execute_write(self._prepared[shape], parts)
        try:
            self._run(statement, params)
        except LOST as error:
            if self.connected:
                raise
            raise FateUnknown from error

    def roll_back(self) -> None:
        """End the transaction with nothing written."""
        if self.connected:
            self._run("rollback", ())

    def committed(self, last: Stored, seconds: float) -> bool:
        """Whether the batch that ends with `last` is in the log: asked on new connections for up to `seconds`.

        Asked under the lock, so that the cut transaction has ended. Raises psycopg2 errors when the database stays away."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.close()
                rows = self._run(f"{looking.BEGIN}; select hash from event where position = %s", (last.position,))
                self._run("rollback", ())
                return bool(rows) and bytes(rows[0][0] or b"") == last.hash
            except LOST:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _run(self, statement: str | sql.Composed, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        connection = self._connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, params or None)
                return cursor.fetchall() if cursor.description else []
        except Exception:
            raise
        except BaseException:  # cut in the middle by a timeout or a kill: nobody knows where the protocol stands
            self.close()
            raise

    def _connect(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url)
            self._prepared, self._checks = {}, {}
            with self._connection.cursor() as cursor:
                cursor.execute(f"{SETTINGS}; select epoch from log_identity")
                self._look_at(int(cursor.fetchall()[0][0]))
        return self._connection

    def _look_at(self, epoch: int) -> None:
        """A failover cuts every connection, so that looking at each new one is enough."""
        before, self._epoch = self._epoch, epoch
        if before not in (0, epoch):
            raise LogRestored
