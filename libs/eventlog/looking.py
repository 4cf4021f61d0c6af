"""The SQL of what is asked under the append lock, before the fates of a batch are told.

Statements are prepared once per connection, one for each set of columns that guards look into. Names of kinds and columns come from
`libs.network.kinds`, values travel as parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg2 import sql

from libs.eventlog import known
from libs.eventlog.protocol import Append, NoneRefers
from libs.eventlog.statements import TIME

APPEND_LOCK = 0x6E6C6F67
"""Advisory lock held from numbering to commit: who holds it alone knows the next position."""

# The lock stands in a statement of its own: the next one's snapshot is then younger than the last holder's commit.
BEGIN = f"begin; select pg_advisory_xact_lock({APPEND_LOCK})"

SORTS = ("head", "claim", "command", "last", "now", "usage", "refers")
"""What the first column of a check's rows says of the others."""
_CHECK = f"""
select 'head', stream, version::bigint, alive::int::bigint, network_id from stream_head where stream = any ($1)
union all
select 'claim', key, null, null, stream from claim where key = any ($2)
union all
select 'command', command_id, first, last, result from command where command_id = any ($3)
union all
(select 'last', encode(hash, 'hex'), position, null, {TIME.format("recorded_at")} from event order by position desc limit 1)
union all
select 'now', null, null, null, {TIME.format("clock_timestamp()")}
union all
select 'usage', w.project, coalesce(u.used, 0), (nullif(q.limits, '')::json ->> w.kind)::bigint, w.kind
from unnest($5, $6) w(project, kind) left join quota_usage u on u.project_id = w.project and u.kind = w.kind
left join quota q on q.project_id = w.project
"""
_TYPES = ("text[]", "text[]", "text[]", "bigint", "text[]", "text[]")
_REFERRING = """
union all
select 'refers', f.id, {number}, w.number, null from unnest(${parameter}) with ordinality w(value, number)
cross join lateral (select id from "{kind}" where {holds} limit $4) f
"""
_EQUAL = {"text": '"{column}" = w.value', "text[]": '"{column}" @> array[w.value]'}

Columns = Mapping[str, Mapping[str, str]]
"""{kind: {column: sql type}}."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What a batch's guards look into. `shape`: (kind, column) of each of `plain`, groups of guards that are asked together with the
    rest; `odd`: guards that take a statement of their own."""

    shape: tuple[tuple[str, str], ...]
    plain: tuple[tuple[NoneRefers, ...], ...]
    odd: tuple[NoneRefers, ...]


def looks_of(batch: Sequence[Append], kinds: Columns) -> Looks:
    """The NoneRefers guards of a batch in groups. Raises KeyError for an unknown column."""
    groups: dict[tuple[str, str], list[NoneRefers]] = {}
    odd = []
    for guard in known.asked_references(batch):
        if guard.besides or guard.unless or guard.only or kinds[guard.kind][guard.column] not in _EQUAL:
            odd.append(guard)
        else:
            groups.setdefault((guard.kind, guard.column), []).append(guard)
    shape = tuple(sorted(groups))
    return Looks(shape, tuple(tuple(groups[one]) for one in shape), tuple(odd))


def prepare(name: str, shape: Sequence[tuple[str, str]], kinds: Columns) -> str:
    """Prepares a check: streams, claim keys, command ids, how many referring ids are enough, projects and kinds whose numbers are
    asked for, and values for each of `shape`."""
    parts = [
        _REFERRING.format(
            number=number,
            parameter=number + len(_TYPES) + 1,
            kind=kind,
            holds=_EQUAL[kinds[kind][column]].format(column=column),
        )
        for number, (kind, column) in enumerate(shape)
    ]
    types = ", ".join([*_TYPES, *(["text[]"] * len(shape))])
    return f"prepare {name} ({types}) as {_CHECK}{''.join(parts)}"


def execute(name: str, batch: Sequence[Append], looks: Looks) -> tuple[str, list[object]]:
    """(statement, parameters) that begin, take the lock and check. Its rows: (what, ..), of `refers` (id, group, number from 1)."""
    asked: list[object] = [known.asked_streams(batch), known.asked_claims(batch), known.asked_commands(batch)]
    enough = 1 + sum(len(append.rows) for append in batch)
    uses = known.asked_uses(batch)
    asked += [enough, [project for project, _ in uses], [kind for _, kind in uses]]
    asked += [[guard.value for guard in group] for group in looks.plain]
    return f"{BEGIN}; execute {name} ({', '.join(['%s'] * len(asked))})", asked


def odd_references(batch: Sequence[Append], guards: Sequence[NoneRefers], kinds: Columns) -> sql.Composed:
    """Selects (number, id) of rows that the guards say there are none of. Raises KeyError for an unknown column."""
    selects = [
        _references(guard, kinds[guard.kind], number, known.enough_references(batch, guard))
        for number, guard in enumerate(guards)
    ]
    return sql.SQL(" union all ").join(selects)


def _references(guard: NoneRefers, columns: Mapping[str, str], number: int, limit: int) -> sql.Composed:
    array = columns[guard.column].endswith("[]")
    holds = sql.SQL("{} @> array[{}]" if array else "{} = {}").format(
        sql.Identifier(guard.column), sql.Literal(guard.value)
    )
    where = [holds, sql.SQL("id <> all ({}::text[])").format(sql.Literal(list(guard.besides)))]
    for column, value in guard.only:
        columns[column]  # raises KeyError for one that is not there
        where.append(sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(value)))
    for column, values in guard.unless:
        if column not in columns:
            raise KeyError(column)
        where.append(
            sql.SQL("not coalesce({} = any ({}::text[]), false)").format(
                sql.Identifier(column), sql.Literal(list(values))
            )
        )
    return sql.SQL("(select {}::int, id from {} where {} limit {})").format(
        sql.Literal(number), sql.Identifier(guard.kind), sql.SQL(" and ").join(where), sql.Literal(limit)
    )
