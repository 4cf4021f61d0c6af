"""A story's log in PostgreSQL, with its read model: a relay's real memory, and real answers to hosts that ask."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from libs.codec import feed_from_json
from libs.eventlog.pool import connect
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Accepted, Append, Change, Recorded
from libs.eventlog.shapes import row_after
from libs.feed import Feed, Fetch
from libs.model import Actor, Context
from libs.network.kinds import KINDS
from libs.network.resources import apply_events, scope_of
from libs.network.world import Resource
from services.topology import fetch
from services.topology.store import PgFeedStore
from tests.servers import Database

AT = "2026-11-22T12:00:00.000000Z"


class Ledger:
    """Writes events of a story to a fresh log, each with its row."""

    def __init__(self, database: Database) -> None:
        self.log = PostgresLog(database.fresh().url)
        self._url = database.url
        self._resources: dict[str, Resource | None] = {}
        self.written = 0

    def write(self, events: Sequence[Recorded]) -> None:
        """Further events, in order; positions and versions are as in the story."""
        for start in range(self.written, len(events), 500):
            outcomes = self.log.append([self._append(one) for one in events[start : min(start + 500, len(events))]])
            assert all(isinstance(one, Accepted) for one in outcomes), outcomes
        self.written = len(events)

    def _append(self, one: Recorded) -> Append:
        before = self._resources.get(one.stream)
        after = apply_events(before, one.stream, (one.event,), AT)
        self._resources[one.stream] = after
        known = after or before
        assert known is not None
        change = Change(one.stream, one.version - 1, (one.event,), scope_of(known), after is None)
        row = row_after(KINDS, one.stream, one.version, after)
        return Append(Context(Actor("test", ""), "req", f"{one.stream}@{one.version}", AT), (change,), rows=(row,))

    @contextmanager
    def store(self) -> Iterator[PgFeedStore]:
        """The relay's memory, in a session of its own."""
        connection = connect(self._url)
        try:
            yield PgFeedStore(connection)
        finally:
            connection.close()

    def answer(self, host: str, asked: Fetch) -> list[Feed]:
        """The messages of an answer."""
        texts: list[str] = []
        fetch.answer(self.log.pool, host, asked, texts.extend)
        return [feed_from_json(json.loads(text)) for text in texts]
