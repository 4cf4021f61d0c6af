"""`./netledger bench` and `bench-scale`: a system measured by the programs in bench/."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from cli import plan
from cli.backing import Misused
from cli.places import ROOT, Places
from cli.system import System, for_a_while
from libs.config import load


def measure(places: Places, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Run the benchmark against the running system, or against one started for it and stopped afterwards. Its exit code. Raises
    Misused in another mode than none, whose callers it is."""
    if load().auth != "none":
        raise Misused("bench is for NETLEDGER_AUTH=none; what Keystone costs beside it, it measures by itself")
    with for_a_while(System(places, say)):
        host = plan.lab_of(places).hosts[0]
        command = [sys.executable, "-m", "bench", "--url", plan.api_url(), "--pids", str(places.run / "pids")]
        command += ["--host", host.name, "--ovs-rundir", str(host.run), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NETLEDGER_RUN_DIR": str(places.run)}
        return subprocess.run(command, env=environment, check=False).returncode


def measure_scale(places: Places, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Run the scale benchmarks on a system started for them and removed afterwards. Its exit code. Raises Misused when one runs."""
    system = System(places, say)
    if system.supervision.running():
        raise Misused("it makes a million ports: not in a system that runs; stop it, or set NETLEDGER_RUN_DIR")
    with for_a_while(system):
        command = [sys.executable, "-m", "bench.scale", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NETLEDGER_RUN_DIR": str(places.run)}
        return subprocess.run(command, env=environment, check=False).returncode
