"""Filters by name: `openstack port show NAME` asks for one port among a million by its name."""

from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    """With the id behind it, so that a page of equal names comes in its order."""
    op.execute("create index port_name on port (name, id)")
    op.execute("create index subnet_name on subnet (name, id)")
