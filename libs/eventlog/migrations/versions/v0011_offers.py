"""Flavors and service profiles."""

from alembic import op

revision, down_revision = "0011", "0010"

TABLES = """
create table flavor (
    id text primary key, version integer not null, created_at text not null,
    name text, service_type text, enabled boolean, service_profile_ids text[],
    body text not null, hidden text not null
) with (fillfactor = 80);
create index flavor_profiles on flavor using gin (service_profile_ids);

create table service_profile (
    id text primary key, version integer not null, created_at text not null,
    driver text, enabled boolean,
    body text not null, hidden text not null
) with (fillfactor = 80);

alter table router add column flavor_id text;
create index router_flavor on router (flavor_id) where flavor_id is not null;
"""


def upgrade() -> None:
    """A router of no flavor has null and is in no index."""
    op.execute(TABLES)
    op.execute("update router set body = left(body, -1) || ',\"flavor_id\"\\:null}'")
