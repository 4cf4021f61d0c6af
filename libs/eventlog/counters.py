"""What every project has, counted anew from the read model and put in the counters' place: part of `netledger rebuild`.

Needs the schema's owner. Appends wait while it counts: a scan of an index of each table, a second for some millions of rows.
"""

from __future__ import annotations

import time

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from libs.eventlog.folding import SESSION
from libs.eventlog.looking import APPEND_LOCK
from libs.eventlog.rebuild import Report
from libs.network.kinds import KINDS
from libs.network.uses import COUNTED

TABLE = "quota_usage"


def recount(admin_url: str) -> Report:
    """Count and replace, in one transaction; `Report.equal`: nothing had to be replaced. Raises psycopg2.Error; then the counters are
    as they were."""
    started, connection = time.monotonic(), psycopg2.connect(admin_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(SESSION)
            cursor.execute("select pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
            cursor.execute("select coalesce(max(position), 0) from event")
            position = int(cursor.fetchall()[0][0])
            cursor.execute(f"select project_id, kind, used from {TABLE} where used <> 0")
            kept = {(project, kind): used for project, kind, used in cursor.fetchall()}
            counted = _counted(cursor)
            if kept != counted:
                _replace(cursor, counted)
        return Report(TABLE, position, len(counted), kept == counted, time.monotonic() - started)
    finally:
        connection.close()


def _counted(cursor: Cursor) -> dict[tuple[str, str], int]:
    found = {}
    for kind in dict.fromkeys(kind for kind, _ in COUNTED.values()):
        if kind in KINDS:
            words = "select project_id, count(*) from {} where project_id <> '' group by project_id"
            cursor.execute(sql.SQL(words).format(sql.Identifier(kind)))
            found.update({(project, kind): number for project, number in cursor.fetchall()})
    return found


def _replace(cursor: Cursor, counted: dict[tuple[str, str], int]) -> None:
    cursor.execute(f"delete from {TABLE}")
    rows = [(project, kind, number) for (project, kind), number in counted.items()]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    cursor.execute(f"insert into {TABLE} select * from unnest(%s::text[], %s::text[], %s::bigint[])", columns)
