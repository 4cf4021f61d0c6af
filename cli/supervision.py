"""Talk to a system's supervisor: start it, hand it programs, ask what runs, end it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
from collections.abc import Iterable

from cli.places import ROOT, Places, replace
from cli.process import Program, alive, end, spawn, started_at
from cli.servers import await_true


class Supervision:
    """The supervisor of one run folder, seen from a command."""

    def __init__(self, places: Places) -> None:
        self._run, self.places = places.run, places

    def running(self) -> bool:
        """Whether a supervisor serves this folder: it holds a lock as long as it lives."""
        try:
            with open(self._run / "supervisor.lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def pids(self) -> dict[str, int]:
        """{program: pid} of what is recorded as running and does run."""
        try:
            known = json.loads((self._run / "supervised.json").read_text())
        except (OSError, ValueError):
            return {}
        return {
            name: item["pid"]
            for name, item in known.items()
            if alive(item["pid"]) and started_at(item["pid"]) == item["started"]
        }

    def programs(self) -> dict[str, Program]:
        """{name: program} as last handed over."""
        try:
            items = json.loads((self._run / "programs.json").read_text())
        except (OSError, ValueError):
            return {}
        return {item["name"]: Program.from_json(item) for item in items}

    def hand(self, programs: Iterable[Program]) -> None:
        """Make these the programs that run; starts the supervisor when there is none. Returns before they have started."""
        text = json.dumps([program.to_json() for program in programs])
        replace(self._run / "programs.json", text, 0o600)
        if self.running():
            os.kill(self._pid(), signal.SIGHUP)
        else:
            (self._run / "pids").unlink(missing_ok=True)
            spawn(self._program())
            await_true("the supervisor", lambda: self.running() and (self._run / "pids").exists(), 10)

    def stop(self, quickly: bool = False) -> None:
        """End the supervisor with everything that it runs; also what a killed one left running. `quickly`: data is not needed."""
        if self.running():
            pid = self._pid()
            os.kill(pid, signal.SIGINT if quickly else signal.SIGTERM)
            await_true("the end of the supervisor", lambda: not alive(pid), 90)
        programs, left = self.programs(), self.pids()
        for name, pid in sorted(left.items(), key=lambda item: -programs[item[0]].order if item[0] in programs else 0):
            end([pid], programs[name].stop if name in programs else signal.SIGTERM)

    def _pid(self) -> int:
        lines = (self._run / "pids").read_text().splitlines()
        return next(int(line.partition("=")[2]) for line in lines if line.startswith("supervisor="))

    def _program(self) -> Program:
        env = {"PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), "LANG": "C.UTF-8"}
        argv = (sys.executable, "-m", "cli.supervisor", str(self._run))
        return Program("supervisor", argv, env=env, cwd=str(ROOT), log=str(self.places.log / "supervisor.log"))
