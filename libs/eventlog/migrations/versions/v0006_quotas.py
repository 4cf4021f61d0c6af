"""Quotas: the limits that were set, and how many of everything each project has."""

from alembic import op

revision, down_revision = "0006", "0005"

TABLES = """
create table quota (
    id text primary key, version integer not null, created_at text not null,
    project_id text, limits text,
    body text not null, hidden text not null
) with (fillfactor = 80);
create index quota_project on quota (project_id);

create table quota_usage (
    project_id text, kind text, used bigint not null, primary key (project_id, kind)
) with (fillfactor = 50);
"""
COUNTED = ("network", "subnet", "port", "router", "floatingip")


def upgrade() -> None:
    """Count what is there. A counter changes with nearly every create, so that its page has room for that."""
    op.execute(TABLES)
    for kind in COUNTED:
        op.execute(
            f"insert into quota_usage select project_id, '{kind}', count(*) from {kind} where project_id <> '' group by project_id"
        )
