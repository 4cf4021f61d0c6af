"""Several bindings of a port; DNS names; what was told to Nova."""

revision, down_revision = "0010", "0009"


def upgrade() -> None:
    """Nothing yet."""
