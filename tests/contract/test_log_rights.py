"""What the services' role may do with the database: append, keep the read model, and no more."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest

from libs.eventlog.postgres import PostgresLog
from tests.contract.log_cases import new_port

pytestmark = pytest.mark.postgres
PARTITIONS = ("event", "event_0", "event_1", "event_2", "event_3", "event_rest")
HISTORY = (*PARTITIONS, "command")

FORBIDDEN = [
    *(f"{words} {table}" for table in HISTORY for words in ("delete from", "truncate", "drop table")),
    *(f"update {table} set {column} = ''" for table, column in (*((one, "stream") for one in PARTITIONS), ("command", "result"))),
    *(f"alter table {table} disable trigger all" for table in (*HISTORY, "claim", "stream_head")),
    *(f"truncate {table}" for table in ("claim", "stream_head", "port", "relay", "log_identity")),
    "select from event for update",
    "insert into log_identity (log_id, epoch) values ('x', 1)",
    "update log_identity set epoch = 9",
    "delete from log_identity",
    "update alembic_version set version_num = '0'",
    "delete from stream_head",
    "delete from relay",
    "insert into relay (position) values (1)",
    "create table mine (id text)",
    "create schema mine",
    "create function f() returns int language sql as 'select 1'",
    "create trigger t before insert on port execute function suppress_redundant_updates_trigger()",
    "create rule r as on insert to port do instead nothing",
    "alter table claim drop constraint claim_pkey",
    "alter table port add column x text",
    "alter table event detach partition event_0",
    "alter table event owner to current_user",
    "drop table claim",
    "drop index event_stream",
    "drop schema public cascade",
    "alter role current_user superuser",
    "set role netledger_owner",
    "set session authorization postgres",
    "set session_replication_role = replica",
    "create role mine",
    "select * from pg_authid",
    "select * from pg_shadow",
    "select pg_read_file('postgresql.conf')",
    "select pg_ls_dir('.')",
    "select lo_import('/etc/passwd')",
    "copy port to '/tmp/netledger-stolen'",
    "copy port to program 'true'",
    "copy port from program 'true'",
    "alter system set fsync = off",
    "select pg_reload_conf()",
    "select pg_switch_wal()",
]  # fmt: skip


@pytest.fixture
def log(database: Any) -> PostgresLog:
    return PostgresLog(database.fresh().url)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_it_is_refused_for_want_of_rights(log: PostgresLog, statement: str) -> None:
    with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.InvalidGrantOperation)):
        log.pool.execute(statement)


def test_what_the_log_needs_is_allowed(log: PostgresLog) -> None:
    log.append([new_port("a", take=("k",), result="r")])
    log.append([new_port("b")])
    assert log.head() == 2


def test_it_cannot_give_itself_rights(log: PostgresLog) -> None:
    log.pool.execute("grant all on event to current_user")  # a warning, by the standard
    for right in ("update", "delete", "truncate", "trigger", "references"):
        assert log.pool.query("select has_table_privilege('event', %s)", (right,)) == [(False,)]


def test_it_owns_nothing_and_is_in_no_other_role(log: PostgresLog) -> None:
    assert log.pool.query("select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles"
                          " where rolname = current_user") == [(False,) * 5]  # fmt: skip
    assert log.pool.query("select 1 from pg_class where relowner = current_user::regrole") == []
    assert log.pool.query("select 1 from pg_auth_members where member = current_user::regrole") == []
