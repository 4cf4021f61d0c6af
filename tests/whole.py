"""A whole system for tests, started as a stranger starts it: by the command line, beside whatever else runs on the machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from cli.places import ROOT, Places, free_ports
from cli.process import alive
from cli.servers import await_true
from lab.client import Client
from lab.hosts import Lab

ENVIRONMENT = "environment.json"
CLI = (sys.executable, "-W", "ignore", "-m", "cli")


class Whole:
    """One system in a folder of its own, with an API port and names of namespaces that nobody else uses."""

    def __init__(self, places: Places, prefix: str) -> None:
        self.places = places
        (self.port,) = free_ports(1)
        self.settings = {
            "NETLEDGER_RUN_DIR": str(places.run),
            "NETLEDGER_LAB_PREFIX": prefix,
            "NETLEDGER_API_PORT": str(self.port),
        }
        (places.run / ENVIRONMENT).write_text(json.dumps(self.settings))
        self.lab = Lab(places.run, prefix)
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str, seconds: float = 110) -> subprocess.CompletedProcess[str]:
        """`./netledger ARGUMENTS` for this system; how it ended."""
        return run_cli(self.settings, *arguments, seconds=seconds)

    def must(self, *arguments: str) -> str:
        """The same, which has to succeed; what it printed."""
        done = self.command(*arguments)
        assert done.returncode == 0, f"{arguments}: {self.last_words()}{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def client(self, project: str = "") -> Client:
        """An API client of this project's admin; empty: of the default project."""
        return Client(self.url, project)

    def pids(self) -> dict[str, int]:
        """{name: pid} from the file that tools read."""
        lines = (self.places.run / "pids").read_text().splitlines()
        return {name: int(pid) for name, _, pid in (line.partition("=") for line in lines)}

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to one process by its name; its pid."""
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    def kill_and_await(self, name: str, seconds: float = 10) -> None:
        """kill -9, and wait until another process runs under the name."""
        old = self.kill(name)
        eventually(f"a new {name}", lambda: self.pids().get(name, old) != old and alive(self.pids()[name]), seconds)

    def last_words(self) -> str:
        """The ends of the logs, for a failure's message."""
        parts = []
        for path in sorted(self.places.log.glob("*.log")):
            text = path.read_text(errors="replace").strip()
            parts.append(f"\n--- {path.name}\n{text[-600:]}" if text else "")
        return "".join(parts)


def eventually(what: str, check: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until it is true. Raises TimeoutError naming it."""
    await_true(what, check, seconds)


def run_cli(settings: dict[str, str], *arguments: str, seconds: float = 110) -> subprocess.CompletedProcess[str]:
    """The command line with these settings and none of the caller's."""
    env, command = _environment(settings), [*CLI, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=seconds, check=False)


def started(whole: Whole, *arguments: str) -> subprocess.Popen[bytes]:
    """`./netledger ARGUMENTS` for this system, under way and silent."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen([*CLI, *arguments], env=_environment(whole.settings), stdout=quiet, stderr=quiet)


def _environment(settings: dict[str, str]) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NETLEDGER_")}
    return env | {**settings, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def put_down(folder: Path) -> None:
    """End a system whose test session was killed, if there is one in this folder."""
    noted = folder / ENVIRONMENT
    if noted.exists():
        run_cli(json.loads(noted.read_text()), "down")
