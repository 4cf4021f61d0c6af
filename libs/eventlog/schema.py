"""The database's schema, brought up to date and granted to the role that runs services. Set-up only; needs the owner's URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2
from alembic import command
from alembic.config import Config
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import encrypt_password
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

SERVICE_ROLE = "netledger"
UPGRADE_LOCK = 0x6E6C5550
"""Advisory lock that lets only one process upgrade at a time."""

APPEND_ONLY = ("event", "command")
READ_ONLY = ("log_identity", "alembic_version")
NEVER_REMOVED = {"stream_head": "select, insert, update", "relay": "select, update"}
"""{table: rights} of what is changed, but of which nothing goes."""


def upgrade(admin_url: str, service_url: str = "") -> None:
    """Migrate to the newest schema and grant the service role what it needs. Safe to repeat, also by several processes at once.

    The service role is the user of `service_url` (default `netledger`); it is created with that URL's password when it is absent.
    Raises psycopg2.OperationalError, sqlalchemy.exc.OperationalError when the database is away.
    """
    name, password = _credentials(service_url)
    connection = psycopg2.connect(admin_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", (UPGRADE_LOCK,))
            connection.commit()
        _migrate(admin_url)
        _make_role(connection, name, password)
        _grant(connection, name)
        connection.commit()
    finally:
        connection.close()


def raise_epoch(admin_url: str) -> int:
    """Say that the log was restored to an older position: every reader then fetches anew. The new epoch."""
    connection = psycopg2.connect(admin_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("update log_identity set epoch = epoch + 1 returning epoch")
            return int(cursor.fetchall()[0][0])
    finally:
        connection.close()


def _credentials(service_url: str) -> tuple[str, str]:
    parts = urlsplit(service_url)
    return unquote(parts.username or SERVICE_ROLE), unquote(parts.password or "")


def _migrate(admin_url: str) -> None:
    engine = create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(admin_url), poolclass=NullPool)
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _make_role(connection: Connection, name: str, password: str) -> None:
    """The password goes to the server as a SCRAM verifier only, so that no statement log can hold it."""
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", (name,))
        if cursor.fetchone():
            return
        secret = encrypt_password(password, name, connection, "scram-sha-256") if password else None
        words = sql.SQL("create role {} login" + (" password {}" if secret else ""))
        cursor.execute(words.format(sql.Identifier(name), *([sql.Literal(secret)] if secret else [])))


def _grant(connection: Connection, role: str) -> None:
    """The service role reads all, appends to the log, keeps the rest; it cannot change or remove what is in the log."""
    with connection.cursor() as cursor:
        cursor.execute("select current_schema(), current_user")
        schema, owner = cursor.fetchall()[0]
        names = {"role": sql.Identifier(role), "schema": sql.Identifier(schema), "owner": sql.Identifier(owner)}
        rest = "select, insert, update, delete"
        for words in (
            "revoke create on schema {schema} from public",
            "grant usage on schema {schema} to {role}",
            f"grant {rest} on all tables in schema {{schema}} to {{role}}",
            f"alter default privileges for role {{owner}} in schema {{schema}} grant {rest} on tables to {{role}}",
        ):
            cursor.execute(sql.SQL(words).format(**names))
        for table, rights in _limited(cursor):
            limited = sql.Identifier(table)
            cursor.execute(sql.SQL("revoke all on {} from {}").format(limited, names["role"]))
            cursor.execute(sql.SQL("grant " + rights + " on {} to {}").format(limited, names["role"]))


def _limited(cursor: psycopg2.extensions.cursor) -> list[tuple[str, str]]:
    """(table, rights) of the tables that are not simply kept; partitions of the log are as the log."""
    cursor.execute("select inhrelid::regclass::text from pg_inherits where inhparent = 'event'::regclass")
    partitions = [name for (name,) in cursor.fetchall()]
    append_only = [(table, "select, insert") for table in (*APPEND_ONLY, *partitions)]
    return append_only + [(table, "select") for table in READ_ONLY] + list(NEVER_REMOVED.items())
