"""Who notices that the log went back (a failover, a restore) raises its epoch, so that agents and caches begin anew."""

from alembic import op

revision, down_revision = "0003", "0002"

RAISE = """
create function raise_epoch(noticed integer) returns integer language sql security definer set search_path from current as
$$ update log_identity set epoch = epoch + 1 where epoch = noticed returning epoch $$
"""


def upgrade() -> None:
    """Only by one, and only from the epoch in which it was noticed: many notice it at once. The table itself stays read-only for the
    services."""
    op.execute(RAISE)
