"""Answers to agents that lack something: what their host needs, from one moment of the log, at the relay's position.

Any replica answers. The host follows from the broker's word about the sender, so a host gets its own scopes and no others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from libs.codec import feed_text
from libs.eventlog.pool import Connection, Pool
from libs.eventlog.protocol import LogIdentity
from libs.feed import MEMBERS, Feed, Fetch, members_of
from libs.model import host_token
from services.topology import facts, feeds, lacks
from services.topology.lacks import Scope, Turns
from services.topology.members import Turned, turned

HORIZON = 100_000
"""How many positions behind an agent may be to get what it lacks; beyond, to look for it costs more than everything would."""
NOTHING = Turns(frozenset(), frozenset(), {})
WAITS, WAIT_SECONDS = 20, 0.05
AHEAD = 8
"""Messages of an answer that are read before the first is sent. Most answers are no longer, and hold no connection meanwhile."""

_MINE = (
    "select network_id from feed_member where host = %(host)s union select scope from feed_group where host = %(host)s"
)
Send = Callable[[Sequence[str]], None]
"""Sends messages (`codec.feed_text`) to who asked, in this order."""


def answer(pool: Pool, host: str, fetch: Fetch, send: Send) -> None:
    """Send the messages that bring `host` from `fetch.after` to the relay's position, or give it everything. Raises Refusal 503.

    The host may have got a message that the relay has not stored as sent yet; that is waited for, a moment.
    """
    for attempt in range(WAITS):
        if _try(pool, host, fetch, send, patient=attempt < WAITS - 1):
            return
        time.sleep(WAIT_SECONDS)


def _try(pool: Pool, host: str, fetch: Fetch, send: Send, patient: bool) -> bool:
    """Whether it was answered."""
    with facts.snapshot(pool) as connection:
        identity, position = facts.identity(connection), facts.relayed(connection)
        follows = (fetch.log_id, fetch.epoch) == (identity.log_id, identity.epoch) and fetch.after > 0
        if follows and fetch.after > position and patient:
            return False
        mine = {scope for (scope,) in facts.query(connection, _MINE, {"host": host})}
        # nothing in this host's scopes happened after the last message to it
        last = max(fetch.after, min(position, _last_sent(connection, host)))
        if follows and fetch.after <= position and last - fetch.after <= HORIZON:
            head, scope = _delta(connection, identity, position, last, host, mine, fetch)
        else:
            head, scope = _everything(connection, identity, position, host, mine, fetch)
        messages = _messages(connection, head, scope)
        read = list(islice(messages, AHEAD))
        if len(read) == AHEAD:
            send(read)
            read = []
            for one in messages:
                send([one])
    if read:
        send(read)
    return True


def _messages(connection: Connection, head: Feed, scope: Scope) -> Iterator[str]:
    """The facts of `scope` behind `head`, a page a message; the networks entered and left stand in the first."""
    for number, (total, page) in enumerate(lacks.pages(connection, scope, feeds.MAX_FACTS), start=1):
        part = replace(head, part=number, parts=max(1, -(-total // feeds.MAX_FACTS)))
        yield feed_text(part if number == 1 else replace(part, entered=(), left=()), page)


def _last_sent(connection: Connection, host: str) -> int:
    rows = facts.query(connection, "select last_position from host_feed where token = %s", (host_token(host),))
    return int(rows[0][0]) if rows else 0


def _everything(
    connection: Connection, identity: LogIdentity, position: int, host: str, mine: Collection[str], fetch: Fetch
) -> tuple[Feed, Scope]:
    names = tuple(sorted(mine))
    head = Feed(identity.log_id, identity.epoch, 0, position, entered=names, full=True, request=fetch.request)
    networks, members = _sorted_out(names)
    since = turned(connection, (), members, position, position) if members else Turned()
    return head, Scope(
        position,
        networks,
        _neighbours(connection, networks, host),
        members=members,
        apart=tuple(since.apart),
        turned=tuple(since.members),
    )


def _delta(
    connection: Connection, identity: LogIdentity, position: int, last: int, host: str, mine: set[str], fetch: Fetch
) -> tuple[Feed, Scope]:
    """What happened after `after` up to `last` in networks that are held and still needed; all of those that are new, and of the
    agents of hosts that were met since."""
    held = set(fetch.networks)
    kept, kept_members = _sorted_out(held & mine)
    entered, members = _sorted_out(mine - held)
    since = turned(connection, kept_members, members, fetch.after, position) if members or kept_members else Turned()
    met = set(_neighbours(connection, entered, host))
    turns = NOTHING
    if last > fetch.after:
        turns = lacks.turns(connection, kept, fetch.after, last, position)
        met |= turns.arrived - {host}
    head = Feed(
        identity.log_id,
        identity.epoch,
        fetch.after,
        position,
        entered=(*entered, *map(members_of, members)),
        left=tuple(sorted(held - mine)),
        request=fetch.request,
    )
    known = tuple(set(_neighbours(connection, kept, host)) - met)
    farewells = tuple(at for at, gone in turns.farewells.items() if gone in known)
    return head, Scope(
        position,
        entered,
        tuple(met),
        kept,
        known,
        tuple(turns.ended),
        farewells,
        fetch.after,
        last,
        members,
        kept_members,
        tuple(since.apart),
        tuple(since.members),
    )


def _sorted_out(scopes: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(networks and whatever else has streams of its own, ids of groups whose members are meant)."""
    names = sorted(scopes)
    members = tuple(name.removeprefix(MEMBERS) for name in names if name.startswith(MEMBERS))
    return tuple(name for name in names if not name.startswith(MEMBERS)), members


def _neighbours(connection: Connection, networks: Collection[str], host: str) -> tuple[str, ...]:
    """Hosts that are in one of the networks, without `host`."""
    if not networks:
        return ()
    statement = "select distinct host from feed_member where network_id = any (%s) and host <> %s"
    return tuple(found for (found,) in facts.query(connection, statement, (list(networks), host)))
