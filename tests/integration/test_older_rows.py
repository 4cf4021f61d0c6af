"""Read models of before a migration: what it makes of them is what today's code would write."""

from __future__ import annotations

import importlib
import json

import psycopg2
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from libs.eventlog.protocol import Row
from libs.network.kinds import resource_of, row_of
from tests.integration.api_world import World
from tests.integration.layer3_world import public, routed, subnet_of

pytestmark = pytest.mark.postgres


def test_what_is_older_than_tags_has_none(world: World, database) -> None:
    """The migration is played again over bodies and tables as they were before it, and rolled back."""
    external, _ = public(world.admin)
    routed(world.admin, external)
    world.admin.made("floatingip", floating_network_id=external)
    migration = importlib.import_module("libs.eventlog.migrations.versions.v0005_tags")
    tables = {kind: world.log.pool.query(f"select id, body, tags from {kind} order by id") for kind in migration.KINDS}
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: psycopg2.connect(database.admin_url), poolclass=NullPool
    )
    with engine.connect() as connection:
        for kind in migration.KINDS:
            connection.execute(text(f"alter table {kind} drop column tags"))
            connection.execute(text(f"update {kind} set body = replace(body, ',\"tags\":[]', '')"))
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
        for kind, rows in tables.items():
            found = connection.execute(text(f"select id, body, tags from {kind} order by id")).fetchall()
            assert rows and [(id, json.loads(body), tags) for id, body, tags in found] == [
                (id, json.loads(body), tags) for id, body, tags in rows
            ]
        connection.rollback()


_BEFORE_POLICIES = """
drop table rbac_policy, topology;
alter table network drop column is_default, drop column shared_with, drop column external_to;
update network set body = replace(body, '"is_default"\\:false,', ''), hidden = (hidden::jsonb - 'access')::text;
create index network_open on network (id) where shared or external;
"""


def test_networks_that_were_shared_before_there_were_policies_are_as_open_as_they_were(world: World, database) -> None:
    """The migration is played again over what was there before it, and rolled back."""
    for shared, external in ((True, False), (False, True), (True, True), (False, False)):
        world.admin.made("network", shared=shared, router__external=external)
    what = "select id, body, shared_with, external_to, is_default from network order by id"
    rows = world.log.pool.query(what)
    migration = importlib.import_module("libs.eventlog.migrations.versions.v0008_rbac")
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: psycopg2.connect(database.admin_url), poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.execute(text(_BEFORE_POLICIES))
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
        assert [tuple(row) for row in connection.execute(text(what))] == rows
        older = connection.execute(text("select id, version, body, hidden from network order by id")).fetchall()
        connection.rollback()
    for id, version, body, hidden in older:
        state = resource_of(Row("network", id, version, {}, body, hidden)).state
        now = resource_of(world.log.rows([("network", id)])[("network", id)]).state
        assert (state.shared, state.external, state.is_default) == (now.shared, now.external, now.is_default)
        assert [(one.action, one.target_project) for one in state.access] == [
            (one.action, one.target_project) for one in now.access
        ]


def test_a_body_without_tags_is_read(world: World) -> None:
    """A process of the version before writes such, until it is replaced as well."""
    id = world.admin.made("router")["id"]
    row = world.log.rows([("router", id)])[("router", id)]
    bare = type(row)(row.kind, row.id, row.version, row.columns, row.body.replace(',"tags":[]', ""), row.hidden)
    assert bare.body != row.body and row_of(resource_of(bare)) == row


def test_what_there_was_before_quotas_is_counted(world: World, database) -> None:
    external, _ = public(world.admin)
    routed(world.admin, external)
    world.admin.made("floatingip", floating_network_id=external)
    counted = ("network", "subnet", "port", "router", "floatingip")
    words = "select project_id, kind, used from quota_usage where used <> 0 and kind = any(%s) order by 1, 2"
    wanted = world.log.pool.query(words, (list(counted),))
    migration = importlib.import_module("libs.eventlog.migrations.versions.v0006_quotas")
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: psycopg2.connect(database.admin_url), poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.execute(text("drop table quota, quota_usage"))
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
        found = connection.execute(text("select project_id, kind, used from quota_usage order by 1, 2")).fetchall()
        assert len(wanted) >= 5 and [tuple(row) for row in found] == wanted
        connection.rollback()


def test_what_is_older_than_names_is_named_by_its_addresses(world: World, database) -> None:
    external, _ = public(world.admin)
    _, network, _ = routed(world.admin, external)
    world.admin.made("floatingip", floating_network_id=external)
    six = {"network_id": network, "cidr": "fd00:9::/64", "ip_version": 6}
    world.admin.made("subnet", **six)
    world.admin.made("port", network_id=network)
    world.admin.made("port", network_id=network, fixed_ips=[])
    tables = {kind: world.log.pool.query(f"select id, body from {kind} order by id") for kind in _NAMED}
    migration = importlib.import_module("libs.eventlog.migrations.versions.v0010_bindings")
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: psycopg2.connect(database.admin_url), poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.execute(text("alter table port drop column further_hosts"))
        for kind, first in _NAMED.items():
            cut = f"left(body, strpos(body, ',\"{first}\"') - 1) || '}}'"
            connection.execute(text(f"update {kind} set body = {cut}"))
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
        for kind, rows in tables.items():
            found = connection.execute(text(f"select id, body from {kind} order by id")).fetchall()
            assert rows and [(id, json.loads(body)) for id, body in found] == [
                (id, json.loads(body)) for id, body in rows
            ]
        connection.rollback()


_NAMED = {"network": "dns_domain", "floatingip": "dns_name", "port": "dns_name"}
"""{kind: the first attribute that bodies have since then, the last ones}"""


_BEFORE_SECURITY = """
drop table security_group, security_group_rule, address_group, feed_group;
drop index port_address, stream_head_rules;
alter table port drop column security_groups;
create index port_address on port using gin (ip_addresses, subnet_ids);
update network set body = replace(body, ',"port_security_enabled"\\:true', '');
update port set body = replace(body, ',"port_security_enabled"\\:false,"security_groups"\\:[],"allowed_address_pairs"\\:[]', '');
"""


def test_ports_from_before_there_were_security_groups_are_not_checked(world: World, database) -> None:
    """The migration is played again over what was there before it, and rolled back."""
    network, _ = subnet_of(world.admin, "10.0.0.0/24")
    world.admin.made("port", network_id=network, port_security_enabled=False)
    what = [
        f"select id, body{more} from {kind} order by id"
        for kind, more in (("network", ""), ("port", ", security_groups"))
    ]
    rows = [world.log.pool.query(text) for text in what]
    migration = importlib.import_module("libs.eventlog.migrations.versions.v0007_security_groups")
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: psycopg2.connect(database.admin_url), poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.execute(text(_BEFORE_SECURITY))
        [older] = connection.execute(text("select id, version, body from port")).fetchall()
        assert "port_security" not in older[2]
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
        for statement, before in zip(what, rows, strict=True):
            found = [(id, json.loads(body), *more) for id, body, *more in connection.execute(text(statement))]
            assert found == [(id, json.loads(body), *more) for id, body, *more in before]
        connection.rollback()
    state = resource_of(Row("port", older[0], older[1], {}, older[2], "")).state
    assert (state.port_security, state.security_groups, state.address_pairs) == (False, (), ())
