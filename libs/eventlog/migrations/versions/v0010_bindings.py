"""Hosts where ports have a further, inactive binding; null for none, so that the index holds only ports that are moving."""

from alembic import op

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    """A column of the read model of ports, and its index."""
    op.execute("alter table port add column further_hosts text[]")
    op.execute("create index port_further_hosts on port using gin (further_hosts) where further_hosts is not null")
