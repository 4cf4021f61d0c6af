"""Flavors and service types."""

revision, down_revision = "0011", "0010"


def upgrade() -> None:
    """Nothing yet."""
