"""The SQL of reading events, and of the one statement that writes a whole batch: prepared once per connection, values as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.eventlog.chain import Stored
from libs.eventlog.fates import Written

TIME = """to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

EVENT = (
    f"select position, stream, version, type, data::text, meta::text, {TIME.format('recorded_at')}, hash from event "
)
"""Events in stored form; `stored_of` takes its rows."""


def stored_of(row: tuple[Any, ...]) -> Stored:
    """A row of `EVENT` as a value."""
    position, stream, version, type, data, meta, recorded_at, link = row
    return Stored(position, stream, version, type, data, meta, recorded_at, None if link is None else bytes(link))


@dataclass(frozen=True, slots=True)
class Part:
    """One data-modifying part of a write: `statement` takes its rows from `source`, a list of JSON objects."""

    name: str
    statement: str
    rows: Sequence[Mapping[str, Any]]


def find(wanted: Sequence[tuple[str, str, str]], kinds: Mapping[str, Mapping[str, str]]) -> tuple[str, list[str]]:
    """(statement, parameters) that select (number of the wish, id) of the rows that have these values. Raises KeyError."""
    selects = []
    for number, (kind, column, _) in enumerate(wanted):
        holds = f'"{column}" @> array[%s]' if kinds[kind][column].endswith("[]") else f'"{column}" = %s'
        selects.append(f'select {number}, id from "{kind}" where {holds}')
    return " union all ".join(selects) + " order by 1, 2", [value for _, _, value in wanted]


_EVENTS = (
    "insert into event select position, stream, version, type, data::json, meta::json, at::timestamptz, decode(hash, 'hex')"
    " from json_to_recordset({}) as r(position bigint, stream text, version int, type text, data text, meta text, at text, hash text)"
)
_HEADS = (
    "insert into stream_head select * from json_to_recordset({})"
    " as r(stream text, version int, network_id text, alive boolean)"
    " on conflict (stream) do update set version = excluded.version, alive = excluded.alive"
)
_CLAIMS = (
    "insert into claim select * from json_to_recordset({}) as r(key text, stream text)"
    " on conflict (key) do update set stream = excluded.stream"
)
_FREED = "delete from claim using json_to_recordset({}) as r(key text) where claim.key = r.key"
_USES = (
    "insert into quota_usage select * from json_to_recordset({}) as r(project_id text, kind text, used bigint)"
    " on conflict (project_id, kind) do update set used = quota_usage.used + excluded.used"
)
_COMMANDS = "insert into command select * from json_to_recordset({}) as r(command_id text, first bigint, last bigint, result text)"


def parts_of(written: Written, stored: Sequence[Stored], kinds: Mapping[str, Mapping[str, str]]) -> list[Part]:
    """What is to be written, part by part, empty parts left out. kinds: {kind: {column: sql type}}."""
    held = [{"key": key, "stream": owner} for key, owner in written.claims.items() if owner is not None]
    freed = [{"key": key} for key, owner in written.claims.items() if owner is None]
    commands = [
        {"command_id": id, "first": one.first, "last": one.last, "result": one.result}
        for id, one in written.commands.items()
    ]
    heads = [
        {"stream": stream, "version": one.version, "network_id": one.network_id, "alive": one.alive}
        for stream, one in written.heads.items()
    ]
    uses = [{"project_id": project, "kind": kind, "used": number} for (project, kind), number in written.uses.items()]
    parts = [
        Part("events", _EVENTS, [_event_row(one) for one in stored]),
        Part("heads", _HEADS, heads),
        Part("claims", _CLAIMS, held),
        Part("freed", _FREED, freed),
        Part("commands", _COMMANDS, commands),
        Part("uses", _USES, [one for one in uses if one["used"]]),
    ]
    for kind, columns in kinds.items():
        parts += _kind_parts(kind, columns, written)
    return [part for part in parts if part.rows]


def _event_row(one: Stored) -> dict[str, Any]:
    return {
        "position": one.position,
        "stream": one.stream,
        "version": one.version,
        "type": one.type,
        "data": one.data,
        "meta": one.meta,
        "at": one.recorded_at,
        "hash": one.hash.hex() if one.hash else None,
    }


def _kind_parts(kind: str, columns: Mapping[str, str], written: Written) -> list[Part]:
    rows = [row for (each, _), row in written.rows.items() if each == kind]
    kept = [
        {"id": row.id, "version": row.version, "body": row.body, "hidden": row.hidden, **row.columns}
        for row in rows
        if row.columns is not None
    ]
    gone = [{"id": row.id} for row in rows if row.columns is None]
    return [
        Part(kind, upsert(kind, columns), kept),
        Part(
            f"{kind}_gone",
            f'delete from "{kind}" using json_to_recordset({{}}) as r(id text) where "{kind}".id = r.id',
            gone,
        ),
    ]


def row_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """Every column of a read-model table with its type, those of the kind between."""
    return {"id": "text", "version": "integer", **columns, "body": "text", "hidden": "text"}


def upsert(kind: str, columns: Mapping[str, str]) -> str:
    """Writes rows of a kind; names come from `libs.network.kinds`, never from a request."""
    every = row_columns(columns)
    names = ", ".join(f'"{name}"' for name in every)
    typed = ", ".join(f'"{name}" {type}' for name, type in every.items())
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in every if name != "id")
    return (
        f'insert into "{kind}" ({names}) select {names} from json_to_recordset({{}}) as r({typed})'
        f" on conflict (id) do update set {updates}"
    )


def prepare_write(name: str, parts: Sequence[Part]) -> str:
    """Prepares the one statement that writes these parts, each from its own JSON parameter."""
    steps = ", ".join(
        f"part_{number} as ({part.statement.format(f'${number}')})" for number, part in enumerate(parts, 1)
    )
    return f"prepare {name} ({', '.join(['json'] * len(parts))}) as with {steps} select 1"


def execute_write(name: str, parts: Sequence[Part]) -> tuple[str, list[str]]:
    """(statement, parameters) that write the parts and commit."""
    marks = ", ".join(["%s"] * len(parts))
    return f"execute {name} ({marks}); commit", [json.dumps(part.rows, separators=(",", ":")) for part in parts]
