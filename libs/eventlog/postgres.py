"""The log in PostgreSQL: one table of events in commit order, and its inline read model, written in one transaction per batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

import psycopg2

from libs import errors
from libs.eventlog import chain, fates, statements
from libs.eventlog.notify import Notifier
from libs.eventlog.pool import LOST, Pool, lost
from libs.eventlog.protocol import Accepted, Append, LogIdentity, Outcome, Recorded, Row
from libs.eventlog.writer import FateUnknown, LogRestored, Writer
from libs.network.kinds import KINDS

FATE_SECONDS = 5.0
"""How long an append whose commit was cut waits for the database to learn what became of it."""
_RESTORED = "The database was restored: the change may have been made, and lost."


class PostgresLog:
    """An `EventLog` in the database at `url`. Safe to share between threads and greenlets; appends go one batch at a time.

    Raises Refusal 503 while the database is away and works again by itself. `columns`: {kind: {column: sql type}}.
    """

    def __init__(
        self, url: str, columns: Mapping[str, Mapping[str, str]] | None = None, pool: Pool | None = None
    ) -> None:
        self.pool = pool or Pool(url)
        self._columns = columns or {name: kind.columns for name, kind in KINDS.items()}
        self._writer, self._writing = Writer(url, self._columns), threading.Lock()
        self._notifier = Notifier(url)
        self._log_id = ""

    def identity(self) -> LogIdentity:
        """Which log this is; asked anew each time, as the epoch may rise."""
        log_id, epoch = self.pool.query("select log_id, epoch from log_identity")[0]
        return LogIdentity(log_id, epoch)

    def raise_epoch(self, identity: LogIdentity) -> None:
        """Say that the log came back at an older position than one that was read, so that every reader fetches anew; once, whoever
        noticed. `identity`: as it was when that was noticed. Raises Refusal 503."""
        self.pool.query("select raise_epoch(%s)", (identity.epoch,))

    def append(self, batch: Sequence[Append]) -> list[Outcome]:
        """As `EventLog.append`. Raises Refusal 503: nothing was written, or (said in its message) nobody could learn it in time."""
        if not batch:
            return []
        self._log_id = self._log_id or self.identity().log_id
        with self._writing:
            for _ in range(3):
                fresh = not self._writer.connected
                try:
                    outcomes = self._append(batch)
                except LOST as error:
                    if fresh or self._writer.connected:
                        self._give_up()
                        raise lost(error) from error
                    continue  # a connection that had died while idle; nothing was sent to a live one
                except LogRestored:
                    self._give_up()
                    raise errors.unavailable(_RESTORED) from None
                except BaseException:
                    self._give_up()
                    raise
                if outcomes is not None:
                    return outcomes
        raise errors.unavailable("The database keeps losing its connections.")

    def _append(self, batch: Sequence[Append]) -> list[Outcome] | None:
        """One attempt; None when its commit was cut and turned out not to have happened."""
        known, last_hash, at = self._writer.check(batch)
        outcomes, written = fates.decide_fates(batch, known)
        if not (written.events or written.rows or written.claims or written.commands):
            self._writer.roll_back()
            return outcomes
        before = bytes.fromhex(last_hash) or chain.genesis(self._log_id)
        stored = chain.seal(written.events, before, at)
        try:
            self._writer.write(written, stored)
        except FateUnknown as error:
            if not self._learn_fate(stored, error):
                return None
        if stored:
            self._notifier.poke(stored[-1].position)
        return outcomes

    def _learn_fate(self, stored: Sequence[chain.Stored], error: FateUnknown) -> bool:
        try:
            if stored:
                return self._writer.committed(stored[-1], FATE_SECONDS)
        except LOST as away:
            error.__context__ = away
        raise errors.unavailable("The database was lost during the commit: the change may have been made.") from error

    def _give_up(self) -> None:
        try:
            self._writer.roll_back()
        except psycopg2.Error:
            self._writer.close()

    def read(self, after: int, limit: int) -> list[Recorded]:
        """As `EventLog.read`."""
        return [chain.open_stored(one) for one in self.stored(after, limit)]

    def stored(self, after: int, limit: int) -> list[chain.Stored]:
        """As `read`, in stored form. Positions have no gaps, so that a range does for a limit and touches one partition."""
        words = statements.EVENT + "where position > %s and position <= %s order by position"
        rows = self.pool.query(words, (after, after + limit))
        return [statements.stored_of(row) for row in rows]

    def read_streams(self, streams: Sequence[str]) -> list[Recorded]:
        """As `EventLog.read_streams`."""
        rows = self.pool.query(statements.EVENT + "where stream = any (%s) order by position", (list(streams),))
        return [chain.open_stored(statements.stored_of(row)) for row in rows]

    def head(self) -> int:
        """The last position, 0 for an empty log."""
        rows = self.pool.query("select position from event order by position desc limit 1")
        return int(rows[0][0]) if rows else 0

    def rows(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
        """As `EventLog.rows`."""
        found: dict[tuple[str, str], Row] = {}
        for kind in dict.fromkeys(kind for kind, _ in wanted):
            columns = self._columns[kind]
            names = ", ".join(f'"{name}"' for name in columns)
            ids = [id for each, id in wanted if each == kind]
            select = (
                f'select id, version, body, hidden{", " + names if names else ""} from "{kind}" where id = any (%s)'
            )
            for id, version, body, hidden, *values in self.pool.query(select, (ids,)):
                found[(kind, id)] = Row(kind, id, version, dict(zip(columns, values, strict=True)), body, hidden)
        return found

    def earlier(self, command_id: str) -> Accepted | None:
        """As `EventLog.earlier`."""
        rows = self.pool.query("select first, last, result from command where command_id = %s", (command_id,))
        if not rows:
            return None
        first, last, result = rows[0]
        return Accepted(first, last, result, repeated=True)

    def find(self, wanted: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], tuple[str, ...]]:
        """As `EventLog.find`."""
        each = list(dict.fromkeys(wanted))
        found: dict[tuple[str, str, str], tuple[str, ...]] = dict.fromkeys(each, ())
        if each:
            for number, id in self.pool.query(*statements.find(each, self._columns)):
                found[each[number]] += (id,)
        return found

    def verify(self, page: int = 2000) -> int:
        """Walk the whole hash chain; the number of batches. Raises chain.BrokenChain, Refusal 503."""
        return chain.verify(self.identity().log_id, self._pages(page))

    def _pages(self, page: int) -> Iterator[chain.Stored]:
        after = 0
        while stored := self.stored(after, page):
            yield from stored
            after = stored[-1].position
