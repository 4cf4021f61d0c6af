"""What Nova is told of its servers' ports: notices, and the one call that takes them (os-server-external-events)."""

from libs.nova.notices import CHANGED, DELETED, PLUGGED, UNPLUGGED, Notice, Outcome, outcome_of

__all__ = ["CHANGED", "DELETED", "PLUGGED", "UNPLUGGED", "Notice", "Outcome", "outcome_of"]
