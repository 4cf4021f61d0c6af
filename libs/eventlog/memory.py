"""The log in memory: PostgreSQL's twin for tests and stories, under the same contract suite."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from libs.eventlog import chain, fates, known
from libs.eventlog.protocol import Accepted, Append, LogIdentity, NoneRefers, Outcome, Recorded, Row
from libs.network.kinds import KINDS
from libs.network.quota import limits_in, quota_id
from libs.network.uses import Use


def utc_now() -> str:
    """The wall clock as UTC ISO 8601 with microseconds and `Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class MemoryLog:
    """An `EventLog` that forgets everything at its end. Stores text as PostgreSQL does, so that what cannot be stored fails here.

    `now` gives UTC ISO times; a clock that goes backwards is held at the last time.
    """

    def __init__(self, now: Callable[[], str] = utc_now) -> None:
        self._now, self._lock = now, threading.Lock()
        self._identity = LogIdentity(str(uuid.uuid4()), 1)
        self._stored: list[chain.Stored] = []
        self._streams: dict[str, list[int]] = {}
        self._heads: dict[str, known.Head] = {}
        self._claims: dict[str, str] = {}
        self._commands: dict[str, Accepted] = {}
        self._rows: dict[tuple[str, str], Row] = {}
        self._uses: Counter[Use] = Counter()
        self._followers: list[Callable[[], None]] = []

    def identity(self) -> LogIdentity:
        """Which log this is."""
        return self._identity

    def append(self, batch: Sequence[Append]) -> list[Outcome]:
        """As `EventLog.append`."""
        with self._lock:
            outcomes, written = fates.decide_fates(batch, self._known(batch))
            self._write(written)
        for tell in self._followers:
            tell()
        return outcomes

    def when_grown(self, tell: Callable[[], None]) -> None:
        """Call `tell` after every append; it must not block."""
        self._followers.append(tell)

    def _known(self, batch: Sequence[Append]) -> known.Known:
        return known.Known(
            position=len(self._stored),
            heads=self._heads,
            claims=self._claims,
            commands=self._commands,
            refers={guard: self._referring(guard) for guard in known.asked_references(batch)},
            usage={use: self._usage(*use) for use in known.asked_uses(batch)},
        )

    def _referring(self, guard: NoneRefers) -> frozenset[str]:
        return frozenset(id for (_, id), row in self._rows.items() if known.refers(guard, row))

    def _usage(self, project: str, kind: str) -> known.Usage:
        row = self._rows.get(("quota", quota_id(project)))
        return known.Usage(self._uses[(project, kind)], limits_in(row.columns or {}).get(kind) if row else None)

    def _write(self, written: fates.Written) -> None:
        last = self._stored[-1] if self._stored else None
        before = last.hash if last and last.hash else chain.genesis(self._identity.log_id)
        at = max(last.recorded_at, self._now()) if last else self._now()
        for one in chain.seal(written.events, before, at):
            self._stored.append(one)
            self._streams.setdefault(one.stream, []).append(one.position)
        self._heads.update(written.heads)
        self._commands.update(written.commands)
        self._uses.update(written.uses)
        for key, owner in written.claims.items():
            if owner is None:
                self._claims.pop(key, None)
            else:
                self._claims[key] = owner
        for place, row in written.rows.items():
            if row.columns is None:
                self._rows.pop(place, None)
            else:
                self._rows[place] = row

    def read(self, after: int, limit: int) -> list[Recorded]:
        """As `EventLog.read`."""
        return [chain.open_stored(one) for one in self._stored[after : after + limit]]

    def read_streams(self, streams: Sequence[str]) -> list[Recorded]:
        """As `EventLog.read_streams`."""
        positions = sorted(position for stream in set(streams) for position in self._streams.get(stream, ()))
        return [chain.open_stored(self._stored[position - 1]) for position in positions]

    def head(self) -> int:
        """The last position, 0 for an empty log."""
        return len(self._stored)

    def rows(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
        """As `EventLog.rows`."""
        return {place: self._rows[place] for place in wanted if place in self._rows}

    def earlier(self, command_id: str) -> Accepted | None:
        """As `EventLog.earlier`."""
        done = self._commands.get(command_id)
        return None if done is None else replace(done, repeated=True)

    def find(self, wanted: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], tuple[str, ...]]:
        """As `EventLog.find`."""
        for kind, column, _ in wanted:
            KINDS[kind].columns[column]
        with self._lock:
            return {one: tuple(sorted(self._referring(NoneRefers(*one)))) for one in wanted}

    def claims(self) -> dict[str, str]:
        """Every claim held now, {key: stream}."""
        return dict(self._claims)

    def uses(self) -> dict[Use, int]:
        """How many of each kind every project has, {(project, kind): number}, without zeros."""
        return {use: number for use, number in self._uses.items() if number}

    def verify(self) -> int:
        """Walk the hash chain; the number of batches. Raises chain.BrokenChain."""
        return chain.verify(self._identity.log_id, self._stored)
