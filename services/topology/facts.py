"""Reading facts by scope from PostgreSQL: what the relay and the answers to a Fetch share. All run in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from libs.codec import stored_text, type_name
from libs.eventlog import statements
from libs.eventlog.chain import Stored, open_stored
from libs.eventlog.pool import Connection, Pool
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.events import AgentDeleted, NetworkDhcpScheduled, PortBound
from services.topology.scopes import NOT_FOR_HOSTS

_EVENT = (
    "e.position, e.stream, e.version, e.type, e.data::text,"
    " json_build_object('request_id', e.meta->>'request_id')::text, " + statements.TIME.format("e.recorded_at")
)
_SKIPPED = [type_name(cls) for cls in NOT_FOR_HOSTS]
_ARRIVAL = [type_name(cls) for cls in (PortBound, NetworkDhcpScheduled)]
_FAREWELL = type_name(AgentDeleted)

# Streams that live at a position: those that live now, and those that ended after it; so far, that is, as a relay that is far
# behind need not read the whole log for it: a reader of facts ignores those about a stream that it does not know.
_LIVING = """
    select stream from stream_head where network_id = any (%(networks)s) and alive
    union
    select h.stream from event l join stream_head h using (stream)
    where l.position > %(upto)s and l.position <= %(upto)s + 2000 and h.network_id = any (%(networks)s)"""
_FROM_START = f"""
    select e.* from ({_LIVING}) w join event e using (stream)
    where e.position <= %(upto)s and e.type <> all (%(skipped)s)"""
_OF_AGENTS = """
    select e.* from agent a join event e on e.stream = 'agent-' || a.id
    where a.host = any (%(hosts)s) and e.position <= %(upto)s and e.type <> all (%(skipped)s)"""
_NEWS = """
    select e.* from event e join stream_head h using (stream)
    where e.position > %(after)s and e.position <= %(last)s and e.type <> all (%(skipped)s) and (h.network_id = any (%(kept)s)
        or h.stream in (select 'agent-' || id from agent where host = any (%(neighbours)s))
        or e.type = %(farewell)s and e.data->>'host' = any (%(neighbours)s))"""

# The same for many networks at once, of each the first facts: those streams that ended are looked for once.
_NETWORK_FACTS = f"""
    with ended as materialized (
        select distinct h.stream, h.network_id from event l join stream_head h using (stream)
        where l.position > %(upto)s and l.position <= %(upto)s + 2000 and h.network_id = any (%(networks)s))
    select n.id, f.* from unnest(%(networks)s) n(id) cross join lateral (
        select {_EVENT} from (
            select stream from stream_head where network_id = n.id and alive
            union select stream from ended where network_id = n.id) w join event e using (stream)
        where e.position <= %(upto)s and e.type <> all (%(skipped)s)
        order by e.position limit %(limit)s) f
    order by f.position"""
_AGENT_FACTS = (
    f"select a.host, {_EVENT} from ({_OF_AGENTS}) e join agent a on e.stream = 'agent-' || a.id order by position"
)
_SCOPE = f"""
    select count(*) over (), {_EVENT} from ({_FROM_START} union all {_OF_AGENTS} union all {_NEWS}) e order by position"""
_ARRIVED = """
    select distinct e.data->>'host' from event e join stream_head h using (stream)
    where e.position > %(after)s and e.position <= %(last)s and e.type = any (%(arrival)s) and h.network_id = any (%(kept)s)"""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a host lacks. upto: the relay's position. networks, hosts: wanted from their start (hosts: their agents). kept and
    neighbours: other networks and hosts, known at `after`, of which only the news up to `last` are wanted."""

    upto: int
    networks: tuple[str, ...]
    hosts: tuple[str, ...]
    kept: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    after: int = 0
    last: int = 0

    def params(self) -> dict[str, Any]:
        """As the statements name them."""
        named = {name: list(getattr(self, name)) for name in ("networks", "hosts", "kept", "neighbours")}
        numbers = {"upto": self.upto, "after": self.after, "last": self.last}
        return {**named, **numbers, "skipped": _SKIPPED, "arrival": _ARRIVAL, "farewell": _FAREWELL}


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
    found: dict[str, list[Recorded]] = {network: [] for network in networks}
    if networks:
        params = Scope(upto, tuple(networks), ()).params() | {"limit": limit}
        for network, *event in query(connection, _NETWORK_FACTS, params):
            found[network].append(_recorded(event))
    return found


def of_agents(connection: Connection, hosts: Collection[str], upto: int) -> dict[str, list[Recorded]]:
    """{host: facts with position <= upto of its agents}, by position."""
    found: dict[str, list[Recorded]] = defaultdict(list)
    if hosts:
        for host, *event in query(connection, _AGENT_FACTS, Scope(upto, (), tuple(hosts)).params()):
            found[host].append(_recorded(event))
    return found


def arrived(connection: Connection, kept: Collection[str], after: int, last: int) -> set[str]:
    """Hosts that came to one of the networks after `after`."""
    rows = query(connection, _ARRIVED, Scope(0, (), (), tuple(kept), (), after, last).params())
    return {host for (host,) in rows}


def pages(connection: Connection, scope: Scope, size: int) -> Iterator[tuple[int, list[str]]]:
    """(number of all facts, the texts of the next `size` of them) by position; one empty page when there are none."""
    execute(connection, f"declare facts no scroll cursor for {_SCOPE}", scope.params())
    left, first = 1, True
    while left > 0 or first:
        page = query(connection, "fetch %s from facts", (size,))
        total = int(page[0][0]) if page else 0
        left = (total if first else left) - len(page)
        first = False
        yield total, [stored_text(*row[1:]) for row in page]


def _recorded(row: Sequence[Any]) -> Recorded:
    return open_stored(Stored(*row))
