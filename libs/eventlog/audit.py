"""Check what is kept beside the log against the log itself: the hash chain, stream heads, claims, what projects have.

Reads the whole log once, at one moment, with writes going on. Uses COPY: for processes without eventlet's monkey patch.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection

from libs import codec
from libs.eventlog import chain, statements
from libs.events import Event
from libs.network.claims import claims_of
from libs.network.uses import Use, use_of

PAGE = 5000

_HEADS = """
with found as (select stream, max(version) as last, count(*) as events from event group by stream)
select coalesce(found.stream, stream_head.stream) from found full join stream_head using (stream)
where found.last is distinct from stream_head.version or found.events <> found.last order by 1 limit 100
"""
_TAKEN = "create temp table taken (key text, number bigint, stream text) on commit drop"
_CLAIMS = """
with last as (select distinct on (key) key, stream from taken order by key, number desc),
held as (select key, stream from last where stream <> '')
select coalesce(held.key, claim.key) from held full join claim using (key)
where held.stream is distinct from claim.stream order by 1 limit 100
"""


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found. position: of the last event read. heads, claims, uses (`<project>/<kind>`): names (at most 100) of those
    that differ from the log."""

    position: int
    batches: int
    heads: tuple[str, ...]
    claims: tuple[str, ...]
    uses: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether everything is as the log says."""
        return not (self.heads or self.claims or self.uses)


def audit(url: str) -> Audit:
    """Read the log at `url` and compare. Raises chain.BrokenChain, psycopg2.Error."""
    connection = psycopg2.connect(url, options="-c timezone=UTC")
    try:
        connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ)
        with connection, connection.cursor() as cursor:
            cursor.execute(_TAKEN)
            cursor.execute("select log_id from log_identity")
            log_id = cursor.fetchall()[0][0]
            walk = _Walk(connection)
            batches = chain.verify(log_id, walk.events())
            cursor.execute(_HEADS)
            heads = tuple(stream for (stream,) in cursor.fetchall())
            cursor.execute(_CLAIMS)
            claims = tuple(key for (key,) in cursor.fetchall())
            return Audit(walk.position, batches, heads, claims, _wrong_uses(connection, walk.uses))
    finally:
        connection.close()


def _wrong_uses(connection: Connection, counted: Counter[Use]) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute("select project_id, kind, used from quota_usage where used <> 0")
        kept = {(project, kind): used for project, kind, used in cursor.fetchall()}
    wrong = {use for use in kept.keys() | counted.keys() if kept.get(use, 0) != counted[use]}
    return tuple(f"{project}/{kind}" for project, kind in sorted(wrong)[:100])


class _Walk:
    """Reads every event once and notes on the way which claims it takes and releases, and what it counts."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self.position, self._number = connection, 0, 0
        self.uses: Counter[Use] = Counter()

    def events(self) -> Iterator[chain.Stored]:
        """All events in order."""
        while page := self._page():
            events = [(one.stream, codec.decode(one.type, one.data)) for one in page]
            self._note_claims(events)
            self._count(events)
            self.position = page[-1].position
            yield from page

    def _page(self) -> list[chain.Stored]:
        with self._connection.cursor() as cursor:
            words = statements.EVENT + "where position > %s and position <= %s order by position"
            cursor.execute(words, (self.position, self.position + PAGE))
            return [statements.stored_of(row) for row in cursor.fetchall()]

    def _count(self, events: list[tuple[str, Event]]) -> None:
        for _, event in events:
            if (one := use_of(event)) is not None:
                self.uses[one[0]] += one[1]

    def _note_claims(self, events: list[tuple[str, Event]]) -> None:
        lines = []
        for owner, event in events:
            claims = claims_of(event)
            for key, stream in [(key, "") for key in claims.release] + [(key, owner) for key in claims.take]:
                self._number += 1
                lines.append(json.dumps({"key": key, "number": self._number, "stream": stream}) + "\n")
        with self._connection.cursor() as cursor:
            cursor.execute("create temp table if not exists stage (line json) on commit drop")
            text = "".join(lines).replace("\\", "\\\\")
            cursor.copy_expert("copy stage from stdin", io.StringIO(text))
            cursor.execute(
                "insert into taken select line->>'key', (line->>'number')::bigint, line->>'stream' from stage;"
                " truncate stage"
            )
