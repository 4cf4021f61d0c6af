"""Tags of networks, subnets, ports, routers and floating IPs."""

from alembic import op

revision, down_revision = "0005", "0004"

KINDS = ("network", "subnet", "port", "router", "floatingip")


def upgrade() -> None:
    """Null stands for none and is in no index, so that what has no tags costs nothing; bodies tell of them from now on."""
    for kind in KINDS:
        op.execute(f"alter table {kind} add column tags text[]")
        op.execute(f"create index {kind}_tags on {kind} using gin (tags) where tags is not null")
        op.execute(f"update {kind} set body = left(body, -1) || ',\"tags\":[]}}'")
