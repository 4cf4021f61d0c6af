"""`./netledger bench`: a fresh system in a folder of its own, measured by the programs in bench/, then removed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from cli import plan
from cli.places import ROOT, Places
from cli.system import System


def measure(places: Places, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Run the benchmark against the running system, or against one started for it and stopped afterwards. Its exit code."""
    system = System(places, say)
    started = not system.is_up()
    try:
        if started:
            system.up()
        host = plan.lab_of(places).hosts[0]
        command = [sys.executable, "-m", "bench", "--url", plan.api_url(), "--pids", str(places.run / "pids")]
        command += ["--host", host.name, "--ovs-rundir", str(host.run), *arguments]
        return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False).returncode
    finally:
        if started:
            system.down()
