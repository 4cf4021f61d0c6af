"""Subnet pools and address scopes."""

revision, down_revision = "0009", "0008"


def upgrade() -> None:
    """Nothing yet."""
