"""What a host lacks, read from PostgreSQL: the whole of some scopes and the news of others. All run in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from libs.codec import stored_text, type_name
from libs.eventlog.pool import Connection
from libs.events import (
    AddressGroupDeleted,
    AgentDeleted,
    FloatingIpReleased,
    NetworkDeleted,
    NetworkDhcpScheduled,
    PortBindingActivated,
    PortBindingAdded,
    PortBound,
    PortDeleted,
    RouterDeleted,
    SecurityGroupDeleted,
    SecurityGroupRuleDeleted,
    SubnetDeleted,
)
from services.topology.facts import EVENT, OF_AGENTS, SKIPPED, execute, query
from services.topology.members import NEWS_OF_MEMBERS, OF_MEMBERS, OF_TURNED, TOLD

_ARRIVAL = [type_name(cls) for cls in (PortBound, PortBindingAdded, PortBindingActivated, NetworkDhcpScheduled)]
_FAREWELL = type_name(AgentDeleted)
_ENDING = (
    *(NetworkDeleted, SubnetDeleted, PortDeleted, RouterDeleted, FloatingIpReleased),
    *(SecurityGroupDeleted, SecurityGroupRuleDeleted, AddressGroupDeleted),
)
ENDS = [type_name(cls) for cls in _ENDING]
"""What a stream of a scope ends with."""
_TURNING = [*_ARRIVAL, *ENDS, _FAREWELL]

# Streams that live at a position: `facts` says which, and why no farther than 2000 after it.
_LIVING = """
    select stream from stream_head where network_id = any (%(networks)s) and alive
    union
    select h.stream from event l join stream_head h using (stream)
    where l.position > %(upto)s and l.position <= %(upto)s + 2000 and h.network_id = any (%(networks)s)"""
_FROM_START = f"""
    select e.* from ({_LIVING}) w join event e using (stream)
    where e.position <= %(upto)s and e.type <> all (%(skipped)s)"""
_FRESH = "e.position > %(after)s and e.position <= %(last)s and e.type <> all (%(skipped)s)"
# What turned: facts of kinds that are rare, so that they alone are held against the list of streams.
_TURNS = """
    select e.type, e.position, e.stream, e.data->>'host' from event e join stream_head h using (stream)
    where e.position > %(after)s and e.position <= %(upto)s + 2000 and e.type = any (%(turns)s)
        and (h.network_id = any (%(kept)s) or e.type = %(farewell)s)"""
_NEWS_OF_LIVING = f"""
    select e.* from stream_head h join event e using (stream) where h.network_id = any (%(kept)s) and h.alive and {_FRESH}"""
_NEWS_OF_ENDED = f"select e.* from event e where e.stream = any (%(ended)s) and {_FRESH}"
_NEWS_OF_AGENTS = f"""
    select e.* from agent a join event e on e.stream = 'agent-' || a.id where a.host = any (%(neighbours)s) and {_FRESH}"""
_FAREWELLS = "select e.* from event e where e.position = any (%(farewells)s)"

_SCOPE = f"select count(*) over (), {EVENT} from ({{}}) e order by position"
# A fact may be lacking for two reasons, with its network and with a group of its port.
_EACH_ONCE = "select distinct on (position) * from ({}) twice order by position"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a host lacks. upto: the relay's position. networks, hosts: wanted from their start (hosts: their agents). kept and
    neighbours: other networks and hosts, known at `after`, of which only the news up to `last` are wanted, and those of streams of
    `kept` that ended since, and those at the positions `farewells`. members, kept_members: groups whose ports are wanted likewise;
    apart: ports of which the read model does not tell, and turned: those of them that are wanted from their start."""

    upto: int
    networks: tuple[str, ...]
    hosts: tuple[str, ...]
    kept: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    farewells: tuple[int, ...] = ()
    after: int = 0
    last: int = 0
    members: tuple[str, ...] = ()
    kept_members: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    turned: tuple[str, ...] = ()

    def params(self) -> dict[str, Any]:
        """As the statements name them."""
        groups = ("members", "kept_members", "apart", "turned")
        names = ("networks", "hosts", "kept", "neighbours", "ended", "farewells", *groups)
        named = {name: list(getattr(self, name)) for name in names}
        return {**named, "told": TOLD, "upto": self.upto, "after": self.after, "last": self.last, "skipped": SKIPPED}

    def statement(self) -> str:
        """Selects the facts; empty when there can be none. What is not asked for is left out: it would be planned each time."""
        news = self.last > self.after
        parts = {
            _FROM_START: self.networks,
            OF_AGENTS: self.hosts,
            _NEWS_OF_LIVING: news and self.kept,
            _NEWS_OF_ENDED: news and self.ended,
            _NEWS_OF_AGENTS: news and self.neighbours,
            _FAREWELLS: self.farewells,
            OF_MEMBERS: self.members,
            NEWS_OF_MEMBERS: news and self.kept_members,
            OF_TURNED: self.turned,
        }
        wanted = " union all ".join(f"({part})" for part, asked in parts.items() if asked)
        if wanted and (self.members or self.kept_members):
            wanted = _EACH_ONCE.format(wanted)
        return _SCOPE.format(wanted) if wanted else ""


@dataclass(frozen=True, slots=True)
class Turns:
    """Of some networks: hosts that came, streams that ended. farewells: {position: host} of agents that were deleted anywhere."""

    arrived: frozenset[str]
    ended: frozenset[str]
    farewells: Mapping[int, str]


def turns(connection: Connection, kept: Collection[str], after: int, last: int, upto: int) -> Turns:
    """What turned after `after` in the networks `kept`: up to `last`, and what ended by now."""
    named = {"kept": list(kept), "after": after, "upto": upto, "turns": _TURNING, "farewell": _FAREWELL}
    rows = query(connection, _TURNS, named)
    return Turns(
        frozenset(host for name, position, _, host in rows if name in _ARRIVAL and position <= last),
        frozenset(stream for name, _, stream, _ in rows if name in ENDS),
        {position: host for name, position, _, host in rows if name == _FAREWELL and position <= last},
    )


def pages(connection: Connection, scope: Scope, size: int) -> Iterator[tuple[int, list[str]]]:
    """(number of all facts, the texts of the next `size` of them) by position; one empty page when there are none."""
    statement = scope.statement()
    if not statement:
        yield 0, []
        return
    execute(connection, f"declare facts no scroll cursor for {statement}", scope.params())
    left, first = 1, True
    while left > 0 or first:
        page = query(connection, "fetch %s from facts", (size,))
        total = int(page[0][0]) if page else 0
        left = (total if first else left) - len(page)
        first = False
        yield total, [stored_text(*row[1:]) for row in page]
