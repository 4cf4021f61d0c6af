"""dnsmasq's process: find it again, start it detached in a namespace, stop it. Runs in the hands child only."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from libs.kernel.inside import FOLDER, inside
from libs.kernel.tools import run

_PID_FILE = "--pid-file="
_STOP_SECONDS = 2.0
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
_START_SECONDS = 20


class DnsmasqRefused(Exception):
    """dnsmasq did not start; the text is its own."""


def find_all() -> dict[str, list[int]]:
    """{folder: pids} of every dnsmasq that was started with a pid file in a folder, zombies left out."""
    found: dict[str, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            folder = _folder_of(_arguments(int(entry)))
            if folder:
                found.setdefault(folder, []).append(int(entry))
    return found


def of(pid_file: Path) -> int | None:
    """The process that this pid file names, if it is a dnsmasq with that very pid file."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if _folder_of(_arguments(pid)) == str(pid_file.parent):
            return pid
    return None


def is_as_wanted(pid: int, command: Sequence[str], namespace: str) -> bool:
    """Whether it runs with exactly these arguments in that namespace."""
    with contextlib.suppress(OSError):
        here = os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat(f"{FOLDER}/{namespace}").st_ino
        return here and _arguments(pid) == list(command)
    return False


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


def stop(pid: int) -> None:
    """End it and wait until it is gone; by force after two seconds."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            for number in (signal.SIGTERM, signal.SIGKILL):
                os.kill(pid, number)
                if select.select([handle], [], [], _STOP_SECONDS)[0]:
                    return
        finally:
            os.close(handle)


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


def _arguments(pid: int) -> list[str]:
    """Its command line; empty for a zombie, a kernel thread or none."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [word.decode(errors="replace") for word in raw.split(b"\0")[:-1]]


def _folder_of(arguments: Sequence[str]) -> str:
    if not arguments or os.path.basename(arguments[0]) != "dnsmasq":
        return ""
    files = [word[len(_PID_FILE) :] for word in arguments if word.startswith(_PID_FILE)]
    return os.path.dirname(files[0]) if files else ""
