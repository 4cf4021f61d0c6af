"""Security groups, their rules, address groups; what ports say of them."""

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    """Nothing yet."""
