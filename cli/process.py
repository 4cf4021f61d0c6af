"""One program that runs: how it is described, started, recognised later and ended."""

from __future__ import annotations

import contextlib
import os
import pwd
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Program:
    """What to run. `user`: empty for our own. `netns`: network namespace, empty for ours. `log`: file that gets stdout and stderr.
    `stop`: the signal that ends it in order, `quick_stop` the one when what it keeps is no longer needed. `stop_seconds`: how long it
    may take before SIGKILL. `order`: lower starts first. `needs`: a file (a socket) that must be there before it starts.
    `alone`: no other process of its executable may run in `cwd`; what a killed life of it left there is ended before it starts."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    cwd: str = "/"
    netns: str = ""
    log: str = "/dev/null"
    stop: int = int(signal.SIGTERM)
    quick_stop: int = int(signal.SIGTERM)
    stop_seconds: float = 10.0
    order: int = 0
    needs: str = ""
    alone: bool = False

    def to_json(self) -> dict[str, Any]:
        """{field: JSON value}; holds secrets when `env` does."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Program:
        """Back from `to_json`."""
        return cls(**{**data, "argv": tuple(data["argv"])})


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start it detached from our terminal and signals; its pid is the program's own, never a wrapper's.

    Side effects: a new session, the log is appended to. Raises OSError when the program is not there.
    """
    argv = ["ip", "netns", "exec", program.netns, *program.argv] if program.netns else list(program.argv)
    account: dict[str, Any] = {}
    if program.user and os.geteuid() == 0:
        entry = pwd.getpwnam(program.user)
        account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    with open(program.log, "ab") as log:
        return subprocess.Popen(
            argv,
            env=dict(program.env),
            cwd=program.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **account,
        )


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    return state_of(pid) not in ("", "Z", "X")


def state_of(pid: int) -> str:
    """The kernel's one-letter state of a process, empty when there is none."""
    fields = _stat(pid)
    return fields[0] if fields else ""


def started_at(pid: int) -> int:
    """Clock ticks since boot at which the process started (0: none); pid and this together name a process for ever."""
    fields = _stat(pid)
    return int(fields[19]) if fields else 0


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def end(pids: Iterable[int], stop: int = signal.SIGTERM, seconds: float = 10.0) -> None:
    """Ask these processes to end, wait, and kill those that did not; returns when none of them runs."""
    left = [pid for pid in pids if alive(pid)]
    for pid in left:
        _signal(pid, stop)
    if not _gone(left, seconds):
        for pid in left:
            _signal(pid, signal.SIGKILL)
        _gone(left, 5.0)


def clear(program: Program, seconds: float) -> bool:
    """Whether nothing is in the way of a program that must be `alone`. What is there is told to end quickly, and killed once that has
    gone on for its `stop_seconds`; `seconds`: how long it has by now."""
    executable = os.path.realpath(program.argv[0])
    left = [pid for pid in inside(Path(program.cwd)) if _executable(pid) == executable] if program.alone else []
    for pid in left:
        _signal(pid, program.quick_stop if seconds < program.stop_seconds else signal.SIGKILL)
    return not left


def _executable(pid: int) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    return ""


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _gone(pids: list[int], seconds: float) -> bool:
    """Wait until none runs; reaps those that are our children."""
    deadline = time.monotonic() + seconds
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except OSError:
            continue
        try:
            select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
        finally:
            os.close(handle)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return not any(alive(pid) for pid in pids)


def marked(mark: str) -> list[int]:
    """Every process that carries NETLEDGER_MARK=`mark` in its environment, whoever its parent is now."""
    needle, found = f"NETLEDGER_MARK={mark}".encode(), []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environ = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if needle in environ:
            found.append(int(entry.name))
    return found


def inside(folder: Path) -> list[int]:
    """Every process whose working directory is in `folder` (PostgreSQL overwrites its environment, so a mark is not enough)."""
    found, root = [], str(folder.resolve())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                where = os.readlink(entry / "cwd").removesuffix(" (deleted)")
                if where == root or where.startswith(root + "/"):
                    found.append(int(entry.name))
    return found
