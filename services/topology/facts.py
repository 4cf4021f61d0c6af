"""Reading facts by scope from PostgreSQL: what the relay and the answers to a Fetch share. All run in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from libs.codec import type_name
from libs.eventlog import statements
from libs.eventlog.chain import Stored, open_stored
from libs.eventlog.pool import Connection, Pool
from libs.eventlog.protocol import LogIdentity, Recorded
from services.topology.audience import NOT_FOR_HOSTS

EVENT = (
    "e.position, e.stream, e.version, e.type, e.data::text,"
    " json_build_object('request_id', e.meta->>'request_id')::text, " + statements.TIME.format("e.recorded_at")
)
TOGETHER = 50
"""Networks whose facts one statement reads: each costs some planning."""
SKIPPED = [type_name(cls) for cls in NOT_FOR_HOSTS]

OF_AGENTS = """
    select e.* from agent a join event e on e.stream = 'agent-' || a.id
    where a.host = any (%(hosts)s) and e.position <= %(upto)s and e.type <> all (%(skipped)s)"""

# Streams that live at a position: those that live now, and those that ended after it; so far, that is, as a relay that is far
# behind need not read the whole log for it: a reader of facts ignores those about a stream that it does not know.
# Of many networks at once, of each the first facts: those streams that ended are looked for once. Each network stands in a part of
# its own, so that the planner knows it: a new one has a few streams, while one of them all may have a million.
_ENDED = """
    with ended as materialized (
        select distinct h.stream, h.network_id from event l join stream_head h using (stream)
        where l.position > %(upto)s and l.position <= %(upto)s + 2000 and h.network_id = any (%(networks)s))"""
_NETWORK_FACTS = f"""
    (select {{number}}::int, {EVENT} from (
        select stream from stream_head where network_id = %(network_{{number}})s and alive
        union select stream from ended where network_id = %(network_{{number}})s) w join event e using (stream)
    where e.position <= %(upto)s and e.type <> all (%(skipped)s)
    order by e.position limit %(limit)s)"""
_AGENT_FACTS = (
    f"select a.host, {EVENT} from ({OF_AGENTS}) e join agent a on e.stream = 'agent-' || a.id order by position"
)


@contextmanager
def snapshot(pool: Pool) -> Iterator[Connection]:
    """A connection whose reads all see one moment. Raises Refusal 503."""
    with pool.connection() as connection:
        execute(connection, "begin isolation level repeatable read read only")
        try:
            yield connection
        finally:
            if not connection.closed:
                execute(connection, "rollback")


def execute(connection: Connection, statement: str, params: Sequence[Any] | dict[str, Any] = ()) -> int:
    """Run a statement; the number of rows that it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return int(cursor.rowcount)


def query(connection: Connection, statement: str, params: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return cursor.fetchall()


def identity(connection: Connection) -> LogIdentity:
    """Which log this is."""
    [(log_id, epoch)] = query(connection, "select log_id, epoch from log_identity")
    return LogIdentity(log_id, epoch)


def relayed(connection: Connection) -> int:
    """The position up to which everything was sent."""
    [(position,)] = query(connection, "select position from relay")
    return int(position)


def of_networks(connection: Connection, networks: Collection[str], upto: int, limit: int) -> dict[str, list[Recorded]]:
    """{network: facts with position <= upto of its streams that live at `upto`}, by position, the first `limit` of each."""
    names = list(networks)
    found: dict[str, list[Recorded]] = {network: [] for network in names}
    for start in range(0, len(names), TOGETHER):
        some = names[start : start + TOGETHER]
        parts = " union all ".join(_NETWORK_FACTS.format(number=number) for number in range(len(some)))
        named = {f"network_{number}": network for number, network in enumerate(some)}
        params = {"networks": some, "upto": upto, "limit": limit, "skipped": SKIPPED, **named}
        for number, *event in query(connection, f"{_ENDED} {parts}", params):
            found[some[number]].append(recorded(event))
    for facts in found.values():
        facts.sort(key=lambda one: one.position)
    return found


def of_agents(connection: Connection, hosts: Collection[str], upto: int) -> dict[str, list[Recorded]]:
    """{host: facts with position <= upto of its agents}, by position."""
    found: dict[str, list[Recorded]] = defaultdict(list)
    if hosts:
        for host, *event in query(connection, _AGENT_FACTS, {"hosts": list(hosts), "upto": upto, "skipped": SKIPPED}):
            found[host].append(recorded(event))
    return found


def recorded(row: Sequence[Any]) -> Recorded:
    """The event of a row of `EVENT`."""
    return open_stored(Stored(*row))
