"""Run a tool of the host by an argument list, and say clearly what failed."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping


class ToolFailed(RuntimeError):
    """A tool ended with an error; the text holds the command and what it said."""


def run(*argv: str, env: Mapping[str, str] | None = None, ok: bool = False, seconds: float = 30.0) -> str:
    """Its standard output. Raises ToolFailed when it fails (unless `ok`: then failure is an answer) or takes too long."""
    try:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise ToolFailed(f"{' '.join(argv)}: no end after {seconds:.0f} s") from None
    if done.returncode and not ok:
        raise ToolFailed(f"{' '.join(argv)}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout
