"""The address plan from the database in one go: subnets and claims at one position, without replaying the log."""

from __future__ import annotations

from collections import defaultdict

from libs.eventlog.pool import Connection, Pool
from libs.eventlog.protocol import Row
from libs.network.kinds import resource_of
from services.ipam.numbers import number
from services.ipam.plan import AddressPlan

PAGE = 20_000
_CLAIMS = "select split_part(key, '/', 2), split_part(key, '/', 3) from claim where key >= 'ip/' and key < 'ip0'"


def load(pool: Pool) -> AddressPlan:
    """The plan at the log's head, all of it read in one snapshot. Raises Refusal 503. A few seconds for 1,000,000 addresses."""
    with pool.connection() as connection:
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("select coalesce(max(position), 0) from event")
            position = cursor.fetchall()[0][0]
            cursor.execute("select id, version, body, hidden from subnet")
            rows = [Row("subnet", id, version, {}, body, hidden) for id, version, body, hidden in cursor.fetchall()]
        plan, taken = AddressPlan(position), _taken(connection)
        connection.rollback()
    for row in rows:
        plan.add(resource_of(row).state, row.version, taken.get(row.id, ()))
    return plan


def _taken(connection: Connection) -> dict[str, list[int]]:
    """{subnet: addresses that are claimed}."""
    found: dict[str, list[int]] = defaultdict(list)
    with connection.cursor("claims") as cursor:
        cursor.itersize = PAGE
        cursor.execute(_CLAIMS)
        for subnet_id, address in cursor:
            found[subnet_id].append(number(address))
    return found
