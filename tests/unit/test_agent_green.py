"""An agent as it really runs, under eventlet, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_what_comes_in_the_moment_when_an_agent_stops_waiting_is_applied_at_once() -> None:
    """Who takes in a large feed keeps the processor; the agent's wait has run out meanwhile and ends before it hears the poke."""
    done = subprocess.run([sys.executable, "-m", "tests.fakes.green_agent"], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
