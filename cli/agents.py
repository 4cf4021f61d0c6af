"""What the agents say of themselves: which are silent, and what they cannot bring in order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg2

from libs.config import load
from libs.eventlog.pool import Pool
from libs.model import DHCP_AGENT, L3_AGENT, is_uuid

FAILING = "failing"
NAMED = f"{FAILING}/"
"""The count in an agent's heartbeat, and what stands before the ids of networks or routers there."""
THINGS = {DHCP_AGENT: "network", L3_AGENT: "router"}
"""{agent type: what it has a process or a namespace for each}"""

_AGENTS = """
    select a.host, a.agent_type, a.alive, h.load from agent a left join agent_heartbeat h on h.agent_id = a.id
    order by a.host, a.agent_type"""


_ALIVE = """
    select count(*) from agent a join agent_heartbeat h on h.agent_id = a.id
    where a.alive and h.beat_at > now() - (case when a.host = any(%s) then %s else %s end) * interval '1 second'"""


def alive(database_url: str, anew: Iterable[str] = (), seconds: float = 0.0) -> int:
    """How many agents are up by the log and gave a sign of life within the last heartbeat's time; those of hosts that began `anew`
    count when it came within the last `seconds`: an earlier one was of their last life."""
    connection = psycopg2.connect(database_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ALIVE, (list(anew), seconds, load().report_seconds + 1))
            row = cursor.fetchone()
            return int(row[0]) if row else 0
    finally:
        connection.close()


def troubles(database_url: str, patience_seconds: float) -> list[str]:
    """One line for each agent that is not well, and still is not after some heartbeats. Raises Refusal 503."""
    pool = Pool(database_url)
    before = _look(pool)
    if before:
        time.sleep(patience_seconds)
    return [text for agent, text in _look(pool).items() if agent in before]


def _look(pool: Pool) -> dict[tuple[str, str], str]:
    rows = pool.query(_AGENTS)
    return {(row[0], row[1]): text for row in rows if (text := trouble(*row))}


def trouble(host: str, agent_type: str, alive: bool, load: Mapping[str, Any] | None) -> str:
    """What is wrong with one agent, empty when nothing is. load: its last heartbeat's, which nobody vouches for."""
    who = f"the {agent_type} of {host}"
    if not alive:
        return f"{who} is not heard of: see whether it runs, and its log"
    said = load or {}
    count = said.get(FAILING, 0)
    if not isinstance(count, int) or count <= 0:
        return ""
    if agent_type not in THINGS:
        return f"{who} has {count} flows or rows that Open vSwitch refuses: see its log"
    ids = sorted(id for name in said if name.startswith(NAMED) and is_uuid(id := name.removeprefix(NAMED)))
    named = f" ({', '.join(ids)}{', ..' if count > len(ids) else ''})" if ids else ""
    return f"{who} keeps failing on {count} {THINGS[agent_type]}{'s' if count > 1 else ''}{named}: see its log"
