"""The process with many agents, seen from the benchmark: start it, ask it, stop it for a while."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.stage import Stage
from cli.places import ROOT
from libs import enrol
from libs.model import OVS_AGENT


class Crowd:
    """`number` agents `sim0001`, ..; enrolled with users of their own. Close it."""

    def __init__(self, stage: Stage, number: int) -> None:
        self.hosts = [f"sim{each:04d}" for each in range(1, number + 1)]
        backing, password = stage.backing, secrets.token_urlsafe(32)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.many_agents"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

        def enlist(host: str) -> str:
            user = enrol.agent(backing.amqp_admin_url, OVS_AGENT, host, password, backing.vhost)
            return backing.amqp_url_of(user, password)

        with ThreadPoolExecutor(4) as pool:
            urls = list(pool.map(enlist, self.hosts))
        self._write(json.dumps(dict(zip(self.hosts, urls, strict=True))))

    def ask(self, command: str) -> dict[str, Any]:
        """The answer to one command."""
        self._write(command)
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """The whole process stands still."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It moves again."""
        self._process.send_signal(signal.SIGCONT)

    def await_sync(self, seconds: float = 300) -> float:
        """Seconds until every agent was answered since the last `forget`, and lacks nothing that it knows of. Raises TimeoutError."""
        begun, number = time.perf_counter(), len(self.hosts)
        while time.perf_counter() - begun < seconds:
            stats = self.ask("stats")
            if stats["in_sync"] == number and stats["deltas"] + stats["fulls"] >= number:
                return time.perf_counter() - begun
            time.sleep(0.2)
        raise TimeoutError("not all agents are in sync")

    def await_quiet(self, quiet_seconds: float = 1.5, seconds: float = 600) -> dict[str, Any]:
        """The tally once no more facts arrived for a while. Raises TimeoutError."""
        begun, last, since = time.perf_counter(), -1, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            stats = self.ask("stats")
            if stats["facts"] != last:
                last, since = stats["facts"], time.perf_counter()
            elif time.perf_counter() - since > quiet_seconds:
                return stats
            time.sleep(0.2)
        raise TimeoutError("messages never end")

    def close(self) -> None:
        """End the process; the agents' users stay."""
        self._process.send_signal(signal.SIGCONT)
        self._process.kill()
        self._process.wait()
