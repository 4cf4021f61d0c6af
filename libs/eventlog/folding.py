"""Folds the log, or the part of it that lies in a range of stream names, into a table, page by page, each page one transaction."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from libs import codec
from libs.eventlog import copytext
from libs.eventlog.protocol import Row
from libs.eventlog.statements import row_columns
from libs.events import Event
from libs.network.kinds import KINDS
from libs.network.resources import apply_events, kind_and_id, stream_of
from libs.network.world import Resource

PAGE = 5000
KEPT = 20_000
"""Resources kept in memory between pages."""

SESSION = "set lock_timeout = '10s'; set synchronous_commit = off; set timezone = 'UTC'"

_FACTS = """
    select stream, meta->>'at', type, data::text from event
    where position > %s and position <= %s and stream collate "C" >= %s and stream collate "C" < %s order by position"""

Fact = tuple[str, str, str, str]
"""Stream, when it happened, type, data."""


@dataclass(frozen=True, slots=True)
class Share:
    """The streams of a kind whose names are at least `low` and below `high`, byte by byte."""

    kind: str
    low: str
    high: str


def shares(kind: str, number: int) -> list[Share]:
    """All streams of a kind in `number` (1 to 16) parts of about the same size: ids are random and begin with a hex digit."""
    cuts = [f"{kind}-{16 * part // number:x}" for part in range(1, number)]
    bounds = [f"{kind}-", *cuts, f"{kind}."]  # "." follows "-"
    return [Share(kind, low, high) for low, high in zip(bounds[:-1], bounds[1:], strict=True)]


class Folder:
    """Folds `share` into `table`, which nobody else writes rows of the share to. `position`: everything up to there is in it."""

    def __init__(self, connection: Connection, share: Share, table: str, position: int = 0) -> None:
        self.position = position
        self._connection, self._share, self._table = connection, share, sql.Identifier(table)
        self._model = KINDS[share.kind]
        self._columns = list(row_columns(self._model.columns))
        self._kept = OrderedDict[str, Resource | None]()

    def fold(self, target: int, done: Callable[[int], None] = lambda at: None) -> None:
        """Fold all events up to and with `target`; `done(position)` after each page."""
        while self.position < target:
            upto = min(self.position + PAGE, target)
            with self._connection:
                self.fold_page(upto)
            done(upto)

    def forget(self, position: int) -> None:
        """A transaction was rolled back: go on from `position`."""
        self.position = position
        self._kept.clear()

    def fold_page(self, upto: int) -> None:
        """Fold up to `upto` within the caller's transaction."""
        facts = self._read(upto)
        if facts:
            before = self._resources({fact[0] for fact in facts})
            after = _folded(facts, before)
            kept = [self._model.row_of(one) for one in after.values() if one is not None]
            gone = [kind_and_id(stream)[1] for stream, one in after.items() if one is None]
            self._write(kept, gone, known=any(one is not None for one in before.values()))
            self._keep(after)
        self.position = upto

    def _read(self, upto: int) -> list[Fact]:
        with self._connection.cursor() as cursor:
            cursor.execute(_FACTS, (self.position, upto, self._share.low, self._share.high))
            return cursor.fetchall()

    def _resources(self, streams: Iterable[str]) -> dict[str, Resource | None]:
        found = {stream: self._kept[stream] for stream in streams if stream in self._kept}
        missing = [kind_and_id(stream)[1] for stream in streams if stream not in found]
        return found | {stream_of(row.kind, row.id): self._model.resource_of(row) for row in self._rows(missing)}

    def _rows(self, ids: list[str]) -> list[Row]:
        with self._connection.cursor() as cursor:
            select = sql.SQL("select id, version, body, hidden, created_at from {} where id = any (%s)")
            cursor.execute(select.format(self._table), (ids,))
            return [
                Row(self._share.kind, id, version, {"created_at": created_at}, body, hidden)
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
        with self._connection.cursor() as cursor:
            if known:
                ids = [row.id for row in kept] + gone
                cursor.execute(sql.SQL("delete from {} where id = any (%s)").format(self._table), (ids,))
            text = io.StringIO("".join(copytext.line(row, self._columns) for row in kept))
            cursor.copy_expert(sql.SQL("copy {} ({}) from stdin").format(self._table, names), text)


def _folded(facts: list[Fact], before: dict[str, Resource | None]) -> dict[str, Resource | None]:
    """What became of every stream that has facts."""
    after: dict[str, Resource | None] = {}
    for stream, at, events in _runs(facts):
        resource = after[stream] if stream in after else before.get(stream)
        after[stream] = apply_events(resource, stream, events, at)
    return after


def _runs(facts: list[Fact]) -> Iterator[tuple[str, str, list[Event]]]:
    """Neighbouring facts of one stream and one moment, decoded: mostly those of one command."""
    for (stream, at), run in groupby(facts, itemgetter(0, 1)):
        yield stream, at, [codec.decode(type, data) for _, _, type, data in run]
