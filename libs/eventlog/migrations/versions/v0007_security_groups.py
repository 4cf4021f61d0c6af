"""Security groups, their rules, address groups; what ports and networks say of them."""

from alembic import op

revision, down_revision = "0007", "0006"

TABLES = """
create table security_group (
    id text primary key, version integer not null, created_at text not null,
    project_id text, name text, stateful boolean, is_default boolean, tags text[],
    body text not null, hidden text not null
) with (fillfactor = 80);
create index security_group_project on security_group (project_id, id);
create index security_group_name on security_group (name, id);
create index security_group_tags on security_group using gin (tags) where tags is not null;

create table security_group_rule (
    id text primary key, version integer not null, created_at text not null,
    project_id text, security_group_id text, direction text, ethertype text, protocol text, port_range_min integer,
    port_range_max integer, remote_ip_prefix text, normalized_cidr text, remote_group_id text, remote_address_group_id text,
    belongs_to_default_sg boolean,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index security_group_rule_project on security_group_rule (project_id, id);
create index security_group_rule_group on security_group_rule (security_group_id, id);
create index security_group_rule_remote on security_group_rule (remote_group_id) where remote_group_id is not null;
create index security_group_rule_addresses on security_group_rule (remote_address_group_id)
    where remote_address_group_id is not null;

create table address_group (
    id text primary key, version integer not null, created_at text not null,
    project_id text, name text,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index address_group_project on address_group (project_id, id);

alter table port add column security_groups text[];
drop index port_address;
create index port_address on port using gin (ip_addresses, subnet_ids, security_groups);

create table feed_group (member text, host text, scope text not null, primary key (member, host, scope));
create index feed_group_host on feed_group (host, scope);
create index feed_group_scope on feed_group (scope, host);
create index stream_head_rules on stream_head (network_id) where stream like 'security_group_rule-%';
"""

BODIES = {
    "network": '"port_security_enabled"\\:true',
    "port": '"port_security_enabled"\\:false,"security_groups":[],"allowed_address_pairs":[]',
}
"""{kind: what bodies tell from now on}: ports of before are filtered by nothing, as they were."""


def upgrade() -> None:
    """A port's groups are null for none. They share the index of its addresses: one insertion instead of two."""
    op.execute(TABLES)
    for kind, text in BODIES.items():
        op.execute(f"update {kind} set body = left(body, -1) || ',{text}}}'")
