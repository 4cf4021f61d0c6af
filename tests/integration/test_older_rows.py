"""Read models of before a migration: what it makes of them is what today's code would write."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import psycopg2
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from libs.network.kinds import resource_of, row_of
from libs.network.tags import TAGGED
from tests.integration.api_world import World, api_world
from tests.integration.layer3_world import public, routed

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(database) -> Iterator[World]:
    yield from api_world(database)


def test_what_is_older_than_tags_has_none(world: World, database) -> None:
    """The migration is played again over bodies and tables as they were before it, and rolled back."""
    external, _ = public(world.admin)
    routed(world.admin, external)
    world.admin.made("floatingip", floating_network_id=external)
    tables = {kind: world.log.pool.query(f"select id, body, tags from {kind} order by id") for kind in TAGGED}
    migration = importlib.import_module("libs.eventlog.migrations.versions.v0005_tags")
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: psycopg2.connect(database.admin_url), poolclass=NullPool
    )
    with engine.connect() as connection:
        for kind in TAGGED:
            connection.execute(text(f"alter table {kind} drop column tags"))
            connection.execute(text(f"update {kind} set body = replace(body, ',\"tags\":[]', '')"))
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
        for kind, rows in tables.items():
            found = connection.execute(text(f"select id, body, tags from {kind} order by id")).fetchall()
            assert rows and [tuple(row) for row in found] == rows
        connection.rollback()


def test_a_body_without_tags_is_read(world: World) -> None:
    """A process of the version before writes such, until it is replaced as well."""
    id = world.admin.made("router")["id"]
    row = world.log.rows([("router", id)])[("router", id)]
    bare = type(row)(row.kind, row.id, row.version, row.columns, row.body.replace(',"tags":[]', ""), row.hidden)
    assert bare.body != row.body and row_of(resource_of(bare)) == row
