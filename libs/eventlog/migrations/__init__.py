"""Alembic migrations of the log and its read model."""
