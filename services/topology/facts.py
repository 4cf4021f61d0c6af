"""Reading facts by scope from PostgreSQL: what the relay and the answers to a Fetch share. All run in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg2.extensions import connection as Connection

from libs.eventlog import statements
from libs.eventlog.chain import Stored, open_stored
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import LogIdentity, Recorded
from services.topology import feeds

_EVENT = "e.position, e.stream, e.version, e.type, e.data::text, e.meta::text, " + statements.TIME.format(
    "e.recorded_at"
)

# Streams that live at a position: those that live now, and those that ended after it; so far, that is, as a relay that is far
# behind need not read the whole log for it: a reader of facts ignores those about a stream that it does not know.
_NETWORK_FACTS = f"""
    with wanted as (
        select stream, network_id from stream_head where network_id = any (%(networks)s) and alive
        union
        select h.stream, h.network_id from event l join stream_head h using (stream)
        where l.position > %(upto)s and l.position <= %(upto)s + 2000 and h.network_id = any (%(networks)s)
    )
    select w.network_id, {_EVENT} from wanted w join event e using (stream)
    where e.position <= %(upto)s order by e.position"""

_AGENT_FACTS = f"""
    select a.host, {_EVENT} from agent a join event e on e.stream = 'agent-' || a.id
    where a.host = any (%(hosts)s) and e.position <= %(upto)s order by e.position"""

_SINCE = f"""
    select h.network_id, {_EVENT} from event e join stream_head h using (stream)
    where e.position > %(after)s and e.position <= %(upto)s
      and (h.network_id = any (%(networks)s) or h.stream = any (%(agents)s)) order by e.position"""


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


def of_networks(connection: Connection, networks: Collection[str], upto: int) -> dict[str, list[Recorded]]:
    """{network: facts with position <= upto of its streams that live at `upto`}, by position."""
    if not networks:
        return {}
    return _grouped(query(connection, _NETWORK_FACTS, {"networks": list(networks), "upto": upto}))


def of_agents(connection: Connection, hosts: Collection[str], upto: int) -> dict[str, list[Recorded]]:
    """{host: facts with position <= upto of its agents}, by position."""
    if not hosts:
        return {}
    return _grouped(query(connection, _AGENT_FACTS, {"hosts": list(hosts), "upto": upto}))


def since(
    connection: Connection, after: int, upto: int, networks: Collection[str], agents: Collection[str]
) -> list[Recorded]:
    """Facts after `after` up to `upto` of networks and of agents' streams, by position."""
    params = {"after": after, "upto": upto, "networks": list(networks), "agents": [f"agent-{one}" for one in agents]}
    return [_recorded(row[1:]) for row in query(connection, _SINCE, params)]


def _grouped(rows: list[tuple[Any, ...]]) -> dict[str, list[Recorded]]:
    found: dict[str, list[Recorded]] = defaultdict(list)
    for key, *event in rows:
        found[key].append(_recorded(event))
    return {key: feeds.lasting(facts) for key, facts in found.items()}


def _recorded(row: Sequence[Any]) -> Recorded:
    return open_stored(Stored(*row))
