"""Subnet pools and address scopes."""

from alembic import op

revision, down_revision = "0009", "0008"

TABLES = """
create table subnetpool (
    id text primary key, version integer not null, created_at text not null,
    project_id text, name text, ip_version integer, min_prefixlen integer, default_prefixlen integer, max_prefixlen integer,
    default_quota integer, is_default boolean, address_scope_id text, tags text[],
    body text not null, hidden text not null
) with (fillfactor = 80);
create index subnetpool_project on subnetpool (project_id, id);
create index subnetpool_name on subnetpool (name, id);
create index subnetpool_scope on subnetpool (address_scope_id) where address_scope_id is not null;
create index subnetpool_default on subnetpool (ip_version) where is_default;
create index subnetpool_tags on subnetpool using gin (tags) where tags is not null;

create table address_scope (
    id text primary key, version integer not null, created_at text not null,
    project_id text, name text, ip_version integer,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index address_scope_project on address_scope (project_id, id);
create index address_scope_name on address_scope (name, id);

alter table network add column subnetpool_ids text[];
create index network_subnetpools on network using gin (subnetpool_ids) where subnetpool_ids is not null;
alter table subnet add column subnetpool_id text;
create index subnet_subnetpool on subnet (subnetpool_id, id) where subnetpool_id is not null;
"""


BODIES = {
    "network": '"ipv4_address_scope"\\:null,"ipv6_address_scope"\\:null',
    "subnet": '"subnetpool_id"\\:null,"service_types":[]',
}
"""{kind: what bodies tell from now on}"""


def upgrade() -> None:
    """Guards, look-ups and lists ask by these indexes; what is of no pool and in no scope has null and is in none of them."""
    op.execute(TABLES)
    for kind, text in BODIES.items():
        op.execute(f"update {kind} set body = left(body, -1) || ',{text}}}'")
