"""Routers and floating IPs; agents that are to take no new work."""

from alembic import op

revision, down_revision = "0004", "0003"

TABLES = """
create table router (
    id text primary key, version integer not null, created_at text not null,
    project_id text, name text, admin_state_up boolean, status text, external_network_id text, subnet_ids text[], host text,
    agent_id text,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index router_project on router (project_id, id);
create index router_name on router (name, id);
create index router_external on router (external_network_id) where external_network_id <> '';
create index router_subnets on router using gin (subnet_ids);
create index router_agent on router (agent_id, id);
create index router_host on router (host) where host <> '';

create table floatingip (
    id text primary key, version integer not null, created_at text not null,
    project_id text, floating_network_id text, floating_ip_address text, router_id text, port_id text, fixed_ip_address text,
    path text, status text,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index floatingip_project on floatingip (project_id, id);
create index floatingip_network on floatingip (floating_network_id, id);
create index floatingip_address on floatingip (floating_ip_address);
create index floatingip_router on floatingip (router_id) where router_id <> '';
create index floatingip_port on floatingip (port_id) where port_id <> '';
create index floatingip_path on floatingip (path) where path <> '';

alter table agent add column admin_state_up boolean;
update agent set admin_state_up = true;
"""


def upgrade() -> None:
    """Guards, look-ups and lists ask by these indexes; empty text stands for none and is in none of the partial ones."""
    op.execute(TABLES)
