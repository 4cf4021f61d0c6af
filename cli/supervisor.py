"""The supervisor: starts the programs of a system, restarts what dies, writes `pids`; `python -m cli.supervisor <run dir>`.

It reads `programs.json` at its start and on SIGHUP, and makes the running programs match: new ones start in `order`, those no longer
listed end in reverse. SIGTERM ends all in order, SIGINT ends all quickly: data is not needed any more. Killed and started again it
adopts what still runs (pid and start time must fit).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.places import replace
from cli.process import Program, alive, clear, end, spawn, started_at

STEADY_SECONDS = 5.0  # who ran this long is restarted at once; who did not waits, twice as long each time
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
NEEDS_SECONDS = 0.02  # between looks at what a program waits for


@dataclass
class Watched:
    """One program and the process that runs it now. `pid` 0: none. `due`: monotonic seconds of its next start, `held_up`: since when
    it cannot start. `process`: ours, None when adopted; kept so that nothing reaps it, and its pid stays its own, before its end was
    seen here."""

    program: Program
    pid: int = 0
    process: subprocess.Popen[bytes] | None = None
    handle: int = -1
    born: float = 0.0
    wait: float = 0.0
    due: float = 0.0
    held_up: float = 0.0


class Supervisor:
    """Keeps the programs of one run folder running; one thread, driven by pid handles and signals."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._watched: dict[str, Watched] = {}
        self._wake, self._signals = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stopping = self._quickly = False

    def serve(self) -> None:
        """Run until SIGTERM; returns when every program has ended."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._signals, warn_on_full_buffer=False)
        self._adopt()
        self._reload()
        while not self._stopping:
            self._start_due()
            self._wait()
        self._finish(list(self._watched.values()))
        self._record()

    def _adopt(self) -> None:
        """Take over what an earlier supervisor started and what still runs."""
        with contextlib.suppress(OSError, ValueError):
            for name, known in json.loads((self._run / "supervised.json").read_text()).items():
                if alive(known["pid"]) and started_at(known["pid"]) == known["started"]:
                    watched = Watched(Program.from_json(known["program"]))
                    self._watch(watched, known["pid"])
                    self._watched[name] = watched
                    self._say(f"{name} adopted, pid {known['pid']}")

    def _reload(self) -> None:
        """Make the set of programs that of `programs.json`; a changed program is ended and started anew."""
        listed = [Program.from_json(item) for item in json.loads((self._run / "programs.json").read_text())]
        wanted = {program.name: program for program in listed}
        gone = [one for name, one in self._watched.items() if wanted.get(name) != one.program]
        self._finish(gone)
        for one in gone:
            del self._watched[one.program.name]
        for program in sorted(listed, key=lambda program: program.order):
            self._watched.setdefault(program.name, Watched(program))
        self._record()

    def _start_due(self) -> None:
        now, started = time.monotonic(), False
        for one in sorted(self._watched.values(), key=lambda one: one.program.order):
            if one.pid or one.due > now:
                continue
            if not _may_start(one, now):
                one.due = now + NEEDS_SECONDS
                continue
            self._start(one)
            started = True
        if started:
            self._record()

    def _start(self, one: Watched) -> None:
        try:
            one.process = spawn(one.program)
            self._watch(one, one.process.pid)
            self._say(f"{one.program.name} started, pid {one.pid}")
        except OSError as error:
            self._say(f"{one.program.name} cannot start: {error}")
            self._postpone(one)

    def _watch(self, one: Watched, pid: int) -> None:
        one.pid, one.handle, one.born = pid, os.pidfd_open(pid), time.monotonic()

    def _postpone(self, one: Watched) -> None:
        """Choose when a program that ended starts again: at once if it had been steady."""
        lived = time.monotonic() - one.born if one.born else 0.0
        one.wait = 0.0 if lived >= STEADY_SECONDS else min(max(one.wait * 2, FIRST_WAIT), LONGEST_WAIT)
        one.due = time.monotonic() + one.wait

    def _wait(self) -> None:
        """Sleep until a program ends, one is due, or a signal comes; and take in what happened."""
        handles = {one.handle: one for one in self._watched.values() if one.pid}
        dues = [one.due for one in self._watched.values() if not one.pid]
        timeout = max(0.0, min(dues) - time.monotonic()) if dues else None
        ready, _, _ = select.select([self._wake, *handles], [], [], timeout)
        for handle in ready:
            if handle in handles:
                self._ended(handles[handle])
        if self._wake in ready:
            self._obey(os.read(self._wake, 4096))

    def _obey(self, signals: bytes) -> None:
        if signal.SIGTERM in signals or signal.SIGINT in signals:
            self._stopping, self._quickly = True, signal.SIGINT in signals
        elif signal.SIGHUP in signals:
            self._reload()

    def _ended(self, one: Watched) -> None:
        status = f", status {one.process.wait()}" if one.process else ""
        self._say(f"{one.program.name} ended{status}, pid {one.pid}")
        os.close(one.handle)
        one.pid, one.handle, one.process = 0, -1, None
        self._postpone(one)

    def _finish(self, ones: list[Watched]) -> None:
        """End programs, highest order first; those of one order end together."""
        for order in sorted({one.program.order for one in ones}, reverse=True):
            group = [one for one in ones if one.program.order == order and one.pid]
            for one in group:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, self._stop_of(one.program))
            for one in group:
                end([one.pid], self._stop_of(one.program), one.program.stop_seconds)
                os.close(one.handle)
                one.pid, one.handle, one.process = 0, -1, None

    def _stop_of(self, program: Program) -> int:
        return program.quick_stop if self._quickly else program.stop

    def _record(self) -> None:
        """Write `pids` (name=pid, one a line) and `supervised.json` (for adoption; holds secrets), each in one step."""
        running = {name: one for name, one in self._watched.items() if one.pid}
        lines = [f"supervisor={os.getpid()}", *(f"{name}={one.pid}" for name, one in running.items())]
        replace(self._run / "pids", "\n".join(lines) + "\n", 0o644)
        known = {
            name: {"pid": one.pid, "started": started_at(one.pid), "program": one.program.to_json()}
            for name, one in running.items()
        }
        replace(self._run / "supervised.json", json.dumps(known), 0o600)

    @staticmethod
    def _say(text: str) -> None:
        print(datetime.now(UTC).isoformat(timespec="milliseconds"), text, flush=True)


def _may_start(one: Watched, now: float) -> bool:
    """Whether the file that it needs is there, and nothing of a killed life is in its way; which is told to end."""
    one.held_up = one.held_up or now
    if not (os.path.exists(one.program.needs or "/") and clear(one.program, now - one.held_up)):
        return False
    one.held_up = 0.0
    return True


def main(run: Path) -> int:
    """Serve one run folder; 1 when another supervisor already does."""
    with open(run / "supervisor.lock", "a") as lock:
        for _ in range(20):  # those who only look whether we run hold the lock for an instant
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Supervisor(run).serve()
                return 0
            time.sleep(0.05)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
