"""A daemon that outlives the hands: found again by the pid file among its arguments, stopped. Runs in the hands child only."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.kernel.inside import FOLDER

_STOP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Program:
    """A program that was started with a pid file in a folder of its own; pid_option: the argument before its path, `--pid-file=`."""

    name: str
    pid_option: str

    def find_all(self) -> dict[str, list[int]]:
        """{folder: pids} of every process of it, zombies left out."""
        found: dict[str, list[int]] = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                folder = self._folder_of(arguments(int(entry)))
                if folder:
                    found.setdefault(folder, []).append(int(entry))
        return found

    def of(self, pid_file: Path) -> int | None:
        """The process that this pid file names, if it is this program with that very pid file."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(pid_file.read_text())
            if self._folder_of(arguments(pid)) == str(pid_file.parent):
                return pid
        return None

    def _folder_of(self, words: Sequence[str]) -> str:
        if not words or os.path.basename(words[0]) != self.name:
            return ""
        files = [word[len(self.pid_option) :] for word in words if word.startswith(self.pid_option)]
        return os.path.dirname(files[0]) if files else ""


def arguments(pid: int) -> list[str]:
    """Its command line; empty for a zombie, a kernel thread or none."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [word.decode(errors="replace") for word in raw.split(b"\0")[:-1]]


def is_as_wanted(pid: int, command: Sequence[str], namespace: str) -> bool:
    """Whether it runs with exactly these arguments in that namespace."""
    with contextlib.suppress(OSError):
        here = os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat(f"{FOLDER}/{namespace}").st_ino
        return here and arguments(pid) == list(command)
    return False


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
