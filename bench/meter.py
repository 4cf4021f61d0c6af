"""CPU time and memory of a running system's processes, read from /proc by the names in `.run/pids`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Meter:
    """Sums over the named processes and all their descendants; PostgreSQL's backends and RabbitMQ's helpers are counted in."""

    def __init__(
        self, pids_file: Path, names: tuple[str, ...] | None = None, others: Mapping[str, int] | None = None
    ) -> None:
        self._file, self._names, self._others = pids_file, names, dict(others or {})

    def roots(self) -> dict[str, int]:
        """{process name: pid} of the processes that are metered; `others` are not in the file."""
        pairs = (line.split("=") for line in self._file.read_text().split())
        return self._others | {
            name: int(pid)
            for name, pid in pairs
            if self._names is None or name.partition("@")[0].partition(".")[0] in self._names
        }

    def cpu_seconds(self) -> float:
        """CPU seconds used so far, user and system."""
        return sum(self.cpu_by_name().values())

    def cpu_by_name(self) -> dict[str, float]:
        """{process name: CPU seconds used so far}, replicas and hosts summed under the name before `.` and `@`."""
        families = _children()
        out: dict[str, float] = {}
        for name, root in self.roots().items():
            kind = name.partition("@")[0].partition(".")[0]
            out[kind] = out.get(kind, 0.0) + sum(_ticks(pid) for pid in _tree(root, families)) / TICKS_PER_SECOND
        return out

    def pss_mib(self) -> float:
        """Proportional set size in MiB: shared pages are counted once."""
        families = _children()
        return sum(_pss_kib(pid) for root in self.roots().values() for pid in _tree(root, families)) / 1024


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended
        return []


def _children() -> dict[int, list[int]]:
    """{parent pid: [child pids]} of all processes now."""
    out: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(int(entry))):
            out.setdefault(int(stat[1]), []).append(int(entry))
    return out


def _tree(root: int, families: dict[int, list[int]]) -> list[int]:
    return [root, *(pid for child in families.get(root, ()) for pid in _tree(child, families))]


def _ticks(pid: int) -> int:
    """User and system ticks, ended children that were waited for included."""
    stat = _stat(pid)
    return sum(int(field) for field in stat[11:15]) if stat else 0


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
