"""Quotas."""

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    """Nothing yet."""
