"""Programs that print figures of a running system; none of them is a test."""
