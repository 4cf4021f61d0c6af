"""What each command comes to: needs (what to read), questions (what to have chosen), decide (events or a refusal)."""
