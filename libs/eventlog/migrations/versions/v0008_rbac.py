"""RBAC policies; whom a network is shared with; the external network that made topologies lead to, and what was made."""

from alembic import op

revision, down_revision = "0008", "0007"

TABLES = """
create table rbac_policy (
    id text primary key, version integer not null, created_at text not null,
    project_id text, object_type text, object_id text, action text, target_project text,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index rbac_policy_project on rbac_policy (project_id, id);
create index rbac_policy_object on rbac_policy (object_id, id);
create index rbac_policy_target on rbac_policy (target_project, object_type);

create table topology (
    id text primary key, version integer not null, created_at text not null,
    project_id text, network_id text, router_id text,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index topology_project on topology (project_id);

alter table network add column is_default boolean, add column shared_with text[], add column external_to text[];
update network set is_default = false, shared_with = case when shared then '{*}'::text[] end,
    external_to = case when external then '{*}'::text[] end;
update network set body = replace(body, '"router:external"\\:true,', '"router:external"\\:true,"is_default"\\:false,') where external;
create index network_shared_with on network using gin (shared_with) where shared_with is not null;
create index network_external_to on network using gin (external_to) where external_to is not null;
create index network_default on network (id) where is_default;
drop index network_open;
"""


def upgrade() -> None:
    """Null stands for nobody and is in no index: most networks are their owner's alone. Networks that were shared before have no
    policy that is listed; sharing them again makes it."""
    op.execute(TABLES)
