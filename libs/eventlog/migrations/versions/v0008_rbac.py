"""RBAC policies."""

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    """Nothing yet."""
