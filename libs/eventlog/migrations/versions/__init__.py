"""One file per migration; forward only: what a rebuild cannot undo is not undone here either."""
