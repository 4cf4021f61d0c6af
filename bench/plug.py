"""From "plugged into br-int" to "port ACTIVE", one after the other and in a burst, as Nova plugs."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from bench.load import Client
from bench.meter import Meter
from bench.report import Figures, percentile

POLL_SECONDS = 0.004
DEADLINE_SECONDS = 30


class Plug:
    """Ports on one host's br-int; `rundir` is where that host's Open vSwitch has its sockets."""

    def __init__(self, url: str, pids: Path, host: str, rundir: Path) -> None:
        self.client, self.meter = Client(url), Meter(pids)
        self.host, self.rundir = host, rundir
        self.network = self.client.must("POST", "/v2.0/networks", {"network": {"name": "bench-plug"}})["network"]["id"]
        subnet = {"network_id": self.network, "ip_version": 4, "cidr": "10.77.0.0/16"}
        self.client.must("POST", "/v2.0/subnets", {"subnet": subnet})
        time.sleep(2)  # its DHCP port is wired too; that is not what is measured

    def _new(self) -> dict[str, Any]:
        body = {
            "network_id": self.network,
            "device_id": "bench",
            "device_owner": "compute:nova",
            "binding:host_id": self.host,
        }
        port: dict[str, Any] = self.client.must("POST", "/v2.0/ports", {"port": body})["port"]
        return port

    def _vsctl(self, arguments: list[str]) -> None:
        environment = dict(os.environ, OVS_RUNDIR=str(self.rundir))
        database = f"--db=unix:{self.rundir}/db.sock"
        subprocess.run(["ovs-vsctl", database, "--no-wait", *arguments], check=True, env=environment)

    def _plug(self, ports: list[dict[str, Any]]) -> float:
        arguments: list[str] = []
        for port in ports:
            tap = "tap" + port["id"][:11]
            arguments += [
                "--",
                "--may-exist",
                "add-port",
                "br-int",
                tap,
                "--",
                "set",
                "Interface",
                tap,
                "type=internal",
            ]
            arguments += [f"external-ids:iface-id={port['id']}", "external-ids:iface-status=active"]
            arguments += [f'external-ids:attached-mac="{port["mac_address"]}"']
        begun = time.perf_counter()
        self._vsctl(arguments)
        return begun

    def _unplug(self, ports: list[dict[str, Any]]) -> float:
        begun = time.perf_counter()
        self._vsctl(
            [word for port in ports for word in ("--", "--if-exists", "del-port", "br-int", "tap" + port["id"][:11])]
        )
        return begun

    def _until(self, status: str, ports: list[dict[str, Any]], begun: float) -> float | None:
        """Milliseconds from `begun` until all ports have `status`; None when they never had."""
        wanted = {port["id"] for port in ports}
        path = f"/v2.0/ports?network_id={self.network}&fields=id&fields=status"
        while time.perf_counter() - begun < DEADLINE_SECONDS:
            rows = self.client.must("GET", path)["ports"]
            if wanted <= {row["id"] for row in rows if row["status"] == status}:
                return (time.perf_counter() - begun) * 1000
            time.sleep(POLL_SECONDS)
        return None

    def _figures(self, what: str, times: list[float | None], clients: int = 1, cpu_ms: float = 0.0) -> Figures:
        good = [value for value in times if value is not None]
        rate = 1000 / percentile(good, 50) * clients if good else 0.0
        p50, p95, p99 = (percentile(good, rank) for rank in (50, 95, 99))
        return Figures(what, clients, len(times), len(times) - len(good), rate, p50, p95, p99, cpu_ms)

    def run(self, count: int) -> list[Figures]:
        """Plug and unplug `count` ports in turn, then as one burst; everything is removed again."""
        up: list[float | None] = []
        down: list[float | None] = []
        before = self.meter.cpu_seconds()
        for _ in range(count):
            port = self._new()
            up.append(self._until("ACTIVE", [port], self._plug([port])))
            down.append(self._until("DOWN", [port], self._unplug([port])))
            self.client.must("DELETE", f"/v2.0/ports/{port['id']}")
        cpu_ms = (self.meter.cpu_seconds() - before) * 1000 / count
        burst = [self._new() for _ in range(count)]
        together = self._until("ACTIVE", burst, self._plug(burst))
        self._unplug(burst)
        for port in burst:
            self.client.must("DELETE", f"/v2.0/ports/{port['id']}")
        self.client.must("DELETE", f"/v2.0/networks/{self.network}")
        return [
            self._figures("plugged to ACTIVE (CPU: whole life)", up, 1, cpu_ms),
            self._figures("unplugged to DOWN", down),
            self._figures(f"burst of {count} to all ACTIVE", [together], count),
        ]
