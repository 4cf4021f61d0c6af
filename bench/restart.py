"""The OVS agent of a host with a thousand plugged ports is killed: how soon it knows that all is as desired, what it changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.stage import Stage
from cli import plan

BULK = 50
Say = Callable[[str], None]


class Restart:
    """Ports bound to and plugged on the lab's first host."""

    def __init__(self, stage: Stage, say: Say) -> None:
        self._stage, self._say, self._client = stage, say, stage.client()
        self._host = plan.lab_of(stage.places).hosts[0]
        self._counters = self._host.run / "state" / "agent_ovs.json"

    def run(self, number: int, networks: int = 20) -> None:
        """Plug `number` ports, kill the agent, say what the next one did; everything is removed again."""
        ids = [self._stage.network(f"restart-{each}", "10.0.0.0/16")[0] for each in range(networks)]
        ports: list[dict[str, Any]] = []
        for start in range(0, number, BULK):
            bodies = [self._body(ids[n % networks]) for n in range(start, min(start + BULK, number))]
            ports += self._client.must("POST", "/v2.0/ports", {"ports": bodies})["ports"]
        begun = time.perf_counter()
        for start in range(0, number, BULK):
            self._plug(ports[start : start + BULK])
        self._await_active(number)
        self._say(f"{number} ports plugged at once: all ACTIVE after {time.perf_counter() - begun:.1f} s")
        time.sleep(6)  # the supervisor restarts at once what has run for a while
        for _ in range(3):
            self._kill()
        self._unplug(ports)

    def _body(self, network: str) -> dict[str, Any]:
        owner = {"device_id": "restart", "device_owner": "compute:nova"}
        return {"network_id": network, "binding:host_id": self._host.name, **owner}

    def _plug(self, ports: list[dict[str, Any]]) -> None:
        words: list[str] = []
        for port in ports:
            tap = "tap" + port["id"][:11]
            words += ["--", "add-port", "br-int", tap, "--", "set", "Interface", tap, "type=internal"]
            words += [f"external-ids:iface-id={port['id']}", "external-ids:iface-status=active"]
            words += [f'external-ids:attached-mac="{port["mac_address"]}"']
        self._vsctl(words)

    def _unplug(self, ports: list[dict[str, Any]]) -> None:
        self._vsctl([word for port in ports for word in ("--", "--if-exists", "del-port", "tap" + port["id"][:11])])

    def _vsctl(self, words: list[str]) -> None:
        environment = dict(os.environ, OVS_RUNDIR=str(self._host.run))
        database = f"--db=unix:{self._host.run}/db.sock"
        subprocess.run(["ovs-vsctl", database, "--no-wait", *words], check=True, env=environment)

    def _await_active(self, number: int, seconds: float = 180) -> None:
        path, begun = "/v2.0/ports?device_id=restart&status=ACTIVE&fields=id", time.perf_counter()
        while len(self._client.must("GET", path)["ports"]) < number:
            if time.perf_counter() - begun > seconds:
                raise TimeoutError(f"not all of {number} ports became ACTIVE")
            time.sleep(0.1)

    def _kill(self) -> None:
        """kill -9, and the counters that the next agent writes when it has read everything back and compared."""
        name = f"agent_ovs@{self._host.name}"
        pid, at = self._stage.supervision.pids()[name], time.time()
        os.kill(pid, signal.SIGKILL)
        counts = _await_counters(self._counters, pid)
        seconds = self._counters.stat().st_mtime - at
        changed = sum(count for what, count in counts.items() if what.startswith(("flows_", "rows_")))
        self._say(f"agent_ovs killed: after {seconds:.2f} s the next one had compared everything, changes: {changed}")
        time.sleep(6)


def _await_counters(path: Path, old_pid: int, seconds: float = 60) -> dict[str, int]:
    """What another agent than `old_pid` wrote first. Raises TimeoutError."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        counts: dict[str, int] = json.loads(path.read_text())
        if counts.pop("pid") != old_pid:
            return counts
        time.sleep(0.01)
    raise TimeoutError("no agent came back")
