"""`./netledger status`: the processes of the system."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.places import Places
from cli.process import started_at
from cli.supervision import Supervision
from cli.system import answers

TICKS = os.sysconf("SC_CLK_TCK")


def show(places: Places, console: Console) -> int:
    """Print a table of processes; 0 when all run and the API answers, 3 otherwise (as init scripts' status)."""
    supervision = Supervision(places)
    pids = supervision.pids() if supervision.running() else {}
    if not pids:
        console.print("netledger is not running; start it with ./netledger up")
        return 3
    table = Table("process", "pid", "up for", "memory (PSS)", box=None)
    for name in supervision.programs():
        pid = pids.get(name, 0)
        table.add_row(name, *((str(pid), _age(pid), _memory(pid)) if pid else ("-", "[red]down[/red]", "-")))
    console.print(table)
    healthy = answers() and all(name in pids for name in supervision.programs())
    console.print("the API answers" if answers() else "[red]the API does not answer[/red]")
    return 0 if healthy else 3


def _age(pid: int) -> str:
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    seconds = int(uptime - started_at(pid) / TICKS)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _memory(pid: int) -> str:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return "-"
    kib = next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return f"{kib / 1024:.0f} MiB"
