"""Desired state of a host, from its feed: `evolve` takes in facts, `render` tells what the kernel should hold. Pure."""
