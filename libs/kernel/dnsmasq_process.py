"""dnsmasq's process: find it again, start it detached in a namespace, stop it. Runs in the hands child only."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from libs.kernel.daemon import Program, is_as_wanted, stop
from libs.kernel.inside import inside
from libs.kernel.tools import run

__all__ = ["DnsmasqRefused", "find_all", "is_as_wanted", "of", "start", "stop"]
_PROGRAM = Program("dnsmasq", "--pid-file=")
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
_START_SECONDS = 20
find_all, of = _PROGRAM.find_all, _PROGRAM.of


class DnsmasqRefused(Exception):
    """dnsmasq did not start; the text is its own."""


def start(command: Sequence[str], namespace: str, pid_file: Path) -> int:
    """Start it; returns its pid when it serves (it detaches itself then). Raises DnsmasqRefused."""
    limit = int(_INOTIFY.read_text())
    done = _run(command, namespace)
    if done.returncode == 5 and "inotify" in done.stderr:
        _more_inotify(limit)
        done = _run(command, namespace)
    pid = of(pid_file)
    if done.returncode != 0 or pid is None:
        raise DnsmasqRefused(f"{pid_file.parent.name}: {done.stderr.strip() or f'ended with {done.returncode}'}")
    return pid


def _run(command: Sequence[str], namespace: str) -> subprocess.CompletedProcess[str]:
    try:
        return inside(namespace, lambda: run(command, _START_SECONDS))
    except subprocess.TimeoutExpired:
        raise DnsmasqRefused(f"dnsmasq did not start within {_START_SECONDS} s") from None


def _more_inotify(limit: int) -> None:
    """Each dnsmasq with a watched folder takes an inotify instance of root's, of which there are 128 by default. `limit` was too
    small; another start may have raised it meanwhile."""
    if int(_INOTIFY.read_text()) <= limit:
        _INOTIFY.write_text(str(max(1024, 2 * limit)))
