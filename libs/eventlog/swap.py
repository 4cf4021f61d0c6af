"""Tables beside tables: make an empty twin of a read-model table, compare the two, put the twin in the other's place."""

from __future__ import annotations

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

NEW, OLD = "_v2", "_old"


def make_twin(cursor: Cursor, table: str) -> str:
    """An empty `<table>_v2` with the same columns, primary key (id), settings and grants, in place of one that was left behind; its
    name. Its other indexes come with `add_indexes`: into a full table they cost a third."""
    twin = table + NEW
    cursor.execute("select array_to_string(reloptions, ', ') from pg_class where oid = %s::regclass", (table,))
    options = cursor.fetchall()[0][0]
    words = "drop table if exists {twin}; create table {twin} (like {table} including all excluding indexes, primary key (id))"
    statement = sql.SQL(words + (f" with ({options})" if options else ""))
    cursor.execute(statement.format(twin=sql.Identifier(twin), table=sql.Identifier(table)))
    _copy_grants(cursor, table, twin)
    return twin


def add_indexes(cursor: Cursor, table: str, twin: str) -> None:
    """Make the indexes that `table` has beside its primary key on `twin`, under names of their own."""
    cursor.execute("set local maintenance_work_mem = '256MB'")
    cursor.execute(
        "select i.relname, pg_get_indexdef(i.oid) from pg_index x join pg_class i on i.oid = x.indexrelid"
        " where x.indrelid = %s::regclass and not x.indisprimary order by 1",
        (table,),
    )
    for name, definition in cursor.fetchall():
        kind = "unique index" if definition.startswith("CREATE UNIQUE") else "index"
        words = sql.SQL("create {} {} on {} using {}").format(
            sql.SQL(kind), sql.Identifier(name + NEW), sql.Identifier(twin), sql.SQL(definition.partition(" USING ")[2])
        )
        cursor.execute(words)


def _copy_grants(cursor: Cursor, table: str, twin: str) -> None:
    cursor.execute(f"revoke all on {sql.Identifier(twin).as_string(cursor)} from public")
    cursor.execute(
        "select grantee, privilege_type from information_schema.role_table_grants"
        " where table_schema = current_schema() and table_name = %s and grantee <> current_user",
        (table,),
    )
    for role, right in cursor.fetchall():
        words = sql.SQL("grant {} on {} to {}")
        cursor.execute(words.format(sql.SQL(right), sql.Identifier(twin), sql.Identifier(role)))


def digest(cursor: Cursor, table: str) -> tuple[int, str]:
    """(rows, a number that is equal for equal contents in any order of rows)."""
    words = "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text from {} t"
    cursor.execute(sql.SQL(words).format(sql.Identifier(table)))
    rows, total = cursor.fetchall()[0]
    return int(rows), total


def swap(cursor: Cursor, table: str) -> None:
    """`<table>_v2` becomes `<table>`, which becomes `<table>_old`; an older `_old` is dropped. Within the caller's transaction."""
    twin, old = table + NEW, table + OLD
    renames = _index_renames(cursor, table, twin)
    cursor.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(old)))
    _rename(cursor, "table", [(table, old), (twin, table)])
    _rename(cursor, "index", [(live, live + OLD) for live, _ in renames])
    _rename(cursor, "index", [(new, live) for live, new in renames])


def _rename(cursor: Cursor, what: str, pairs: list[tuple[str, str]]) -> None:
    for before, after in pairs:
        words = sql.SQL("alter {} {} rename to {}")
        cursor.execute(words.format(sql.SQL(what), sql.Identifier(before), sql.Identifier(after)))


def _index_renames(cursor: Cursor, table: str, twin: str) -> list[tuple[str, str]]:
    """(index of the table, the twin's index of the same definition)."""
    ours, theirs = _indexes(cursor, table), _indexes(cursor, twin)
    return [(name, theirs[definition]) for definition, name in ours.items() if definition in theirs]


def _indexes(cursor: Cursor, table: str) -> dict[str, str]:
    """{definition without names: name}."""
    cursor.execute(
        "select i.relname, x.indisunique, x.indisprimary, a.amname, pg_get_expr(x.indpred, x.indrelid),"
        " array(select pg_get_indexdef(i.oid, n, true) from generate_series(1, x.indnatts) n)"
        " from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am a on a.oid = i.relam"
        " where x.indrelid = %s::regclass",
        (table,),
    )
    return {repr(definition): name for name, *definition in cursor.fetchall()}
