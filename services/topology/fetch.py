"""Answers to agents that lack something: what their host needs, from one moment of the log, at the relay's position.

Any replica answers. The host follows from the broker's word about the sender, so a host gets its own scopes and no others.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from psycopg2.extensions import connection as Connection

from libs.eventlog.pool import Pool
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.events import NetworkDhcpScheduled, PortBound
from libs.feed import Feed, Fetch
from libs.model import host_token
from services.topology import facts, feeds
from services.topology.scopes import NOT_FOR_HOSTS

HORIZON = 10_000
WAITS, WAIT_SECONDS = 20, 0.05


def answer(pool: Pool, host: str, fetch: Fetch) -> list[Feed]:
    """The messages that bring `host` from `fetch.after` to the relay's position, or give it everything. Raises Refusal 503.

    The host may have got a message that the relay has not stored as sent yet; that is waited for, a moment.
    """
    for attempt in range(WAITS):
        found = _try(pool, host, fetch, patient=attempt < WAITS - 1)
        if found is not None:
            return feeds.in_parts(found)
        time.sleep(WAIT_SECONDS)
    raise AssertionError


def _try(pool: Pool, host: str, fetch: Fetch, patient: bool) -> Feed | None:
    with facts.snapshot(pool) as connection:
        identity, position = facts.identity(connection), facts.relayed(connection)
        follows = (fetch.log_id, fetch.epoch) == (identity.log_id, identity.epoch) and fetch.after > 0
        if follows and fetch.after > position and patient:
            return None
        rows = facts.query(connection, "select distinct network_id from feed_member where host = %s", (host,))
        mine = {network for (network,) in rows}
        # nothing in this host's scopes happened after the last message to it
        last = max(fetch.after, min(position, _last_sent(connection, host)))
        if follows and fetch.after <= position and last - fetch.after <= HORIZON:
            return _delta(connection, identity, position, last, host, mine, fetch)
        return _everything(connection, identity, position, host, mine, fetch)


def _last_sent(connection: Connection, host: str) -> int:
    rows = facts.query(connection, "select last_position from host_feed where token = %s", (host_token(host),))
    return int(rows[0][0]) if rows else 0


def _everything(
    connection: Connection, identity: LogIdentity, position: int, host: str, mine: Collection[str], fetch: Fetch
) -> Feed:
    networks = facts.of_networks(connection, mine, position)
    agents = facts.of_agents(connection, _hosts(connection, mine) - {host}, position)
    events = feeds.merged(*networks.values(), *agents.values())
    return Feed(
        identity.log_id, identity.epoch, 0, position, events, tuple(sorted(mine)), full=True, request=fetch.request
    )


def _delta(
    connection: Connection, identity: LogIdentity, position: int, last: int, host: str, mine: set[str], fetch: Fetch
) -> Feed:
    """What happened after `after` up to `last`: facts of networks that are held and still needed, all of those that are new."""
    held = set(fetch.networks)
    kept, entered = held & mine, mine - held
    news = _news(connection, fetch.after, last, kept, _hosts(connection, mine) - {host}) if last > fetch.after else []
    networks = facts.of_networks(connection, entered, position)
    met = (_arrivals(news) | _hosts(connection, entered)) - {host}
    meets = facts.of_agents(connection, met, position)
    return Feed(
        identity.log_id,
        identity.epoch,
        fetch.after,
        position,
        feeds.merged(news, *networks.values(), *meets.values()),
        tuple(sorted(entered)),
        tuple(sorted(held - mine)),
        request=fetch.request,
    )


def _news(
    connection: Connection, after: int, last: int, networks: Collection[str], neighbours: Collection[str]
) -> list[Recorded]:
    """What happened in networks, and to the agents of neighbours."""
    agents = facts.query(connection, "select id from agent where host = any (%s)", (list(neighbours),))
    found = facts.since(connection, after, last, networks, [id for (id,) in agents])
    return [one for one in found if not isinstance(one.event, NOT_FOR_HOSTS)]


def _arrivals(news: Iterable[Recorded]) -> set[str]:
    """Hosts that came to a network meanwhile: their agents' facts may be older than what was asked for."""
    return {one.event.host for one in news if isinstance(one.event, PortBound | NetworkDhcpScheduled)}


def _hosts(connection: Connection, networks: Collection[str]) -> set[str]:
    if not networks:
        return set()
    rows = facts.query(
        connection, "select distinct host from feed_member where network_id = any (%s)", (list(networks),)
    )
    return {host for (host,) in rows}
