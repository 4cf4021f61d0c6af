"""The network model: per resource a state, how events fold into it, what commands decide, and its API body. Pure."""
