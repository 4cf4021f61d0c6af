"""Real private servers for tests: one PostgreSQL and one RabbitMQ a session, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psycopg2
from psycopg2 import sql

from cli.places import Places
from cli.process import alive, end, inside, marked
from cli.servers import PrivatePostgres, PrivateRabbitMQ, remove
from libs.eventlog import schema
from tests.whole import put_down

PARENT, PREFIX = Path("/var/tmp"), "netledger-test-"


def scratch_places() -> Places:
    """A fresh run folder of this test session, named after its pid, so that `sweep` can tell the dead from the living."""
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=PARENT)
    return Places.of(folder)


def sweep() -> None:
    """End and remove what a test session left behind that was killed."""
    for folder in PARENT.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not alive(int(owner)):
            put_down(folder)
            places = Places.of(folder)
            end({*inside(folder), *marked(places.mark), *marked(f"{places.mark}-rabbitmq")}, seconds=1)
            remove(places)


class Database:
    """A migrated database. `url`: the role that runs services. `admin_url`: the owner of the schema."""

    def __init__(self, private: PrivatePostgres) -> None:
        self._private = private
        self.url, self.admin_url = private.url, private.admin_url
        schema.upgrade(self.admin_url)
        self._superuser = private.server.url("postgres")
        self._seeds = self._keep_seeds()

    def fresh(self) -> Database:
        """Empty the log and all that follows from it, as right after the migration. Returns itself."""
        with psycopg2.connect(self._superuser) as connection, connection.cursor() as cursor:
            cursor.execute("set session_replication_role = replica; set lock_timeout = '10s'")
            tables = sql.SQL(", ").join(sql.Identifier(name) for name in self._tables(cursor))
            cursor.execute(sql.SQL("truncate {} restart identity").format(tables))
            for name in self._seeds:
                cursor.execute(
                    sql.SQL("insert into {} select * from seed.{}").format(sql.Identifier(name), sql.Identifier(name))
                )
        connection.close()
        return self

    def _keep_seeds(self) -> list[str]:
        """Remember the rows that the migration itself wrote (the log's identity, the relay's row)."""
        with psycopg2.connect(self._superuser) as connection, connection.cursor() as cursor:
            cursor.execute("create schema seed")
            kept = [name for name in self._tables(cursor) if self._holds_rows(cursor, name)]
            for name in kept:
                cursor.execute(
                    sql.SQL("create table seed.{} as table {}").format(sql.Identifier(name), sql.Identifier(name))
                )
        connection.close()
        return kept

    @staticmethod
    def _tables(cursor: psycopg2.extensions.cursor) -> list[str]:
        """Tables of the schema; partitions go with their parents."""
        cursor.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
            " and not relispartition order by relname"
        )
        return [name for (name,) in cursor.fetchall()]

    @staticmethod
    def _holds_rows(cursor: psycopg2.extensions.cursor, name: str) -> bool:
        cursor.execute(sql.SQL("select exists (select from {})").format(sql.Identifier(name)))
        row = cursor.fetchone()
        return bool(row and row[0])


class Servers:
    """Starts each server at its first use and ends them all with the session."""

    def __init__(self) -> None:
        sweep()
        self.places = scratch_places()
        self._running: list[PrivatePostgres | PrivateRabbitMQ] = []

    def database(self) -> Database:
        """A private PostgreSQL that need not survive a power cut, migrated."""
        private = PrivatePostgres(self.places, durable=False)
        self._running.append(private)
        return Database(private)

    def broker(self) -> PrivateRabbitMQ:
        """A private RabbitMQ; `.url` AMQP of the services, `.admin_url` management."""
        private = PrivateRabbitMQ(self.places)
        self._running.append(private)
        return private

    def stop(self) -> None:
        """End everything and remove the folder; nothing of it is needed again, so nobody is asked to end nicely."""
        for private in self._running:
            end(private.started.pids().values(), stop=9)
        end({*inside(self.places.run), *inside(self.places.beside), *marked(f"{self.places.mark}-rabbitmq")}, stop=9)
        remove(self.places)
        shutil.rmtree(self.places.run, ignore_errors=True)
