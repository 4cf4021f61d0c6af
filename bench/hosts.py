"""What hosts cost: messages and bytes per created port, latency from commit to host, and a thousand agents that come back at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from bench.crowd import Crowd
from bench.load import Request, Sample, drive
from bench.report import percentile
from bench.stage import Stage

CREATED = 20
BULK = 50
AWAY_SECONDS = 5
Say = Callable[[str], None]


class Hosts:
    """Agents of `number` hosts on the real broker."""

    def __init__(self, stage: Stage, number: int, say: Say) -> None:
        self._stage, self._say, self._client = stage, say, stage.client()
        begun = time.perf_counter()
        self._crowd = Crowd(stage, number)
        self._crowd.await_sync()
        self._say(f"{number} agents enrolled, connected and in sync after {time.perf_counter() - begun:.0f} s")
        while len(self._client.must("GET", "/v2.0/agents?fields=id&alive=true")["agents"]) < number:
            time.sleep(0.2)

    def close(self) -> None:
        """End the agents."""
        self._crowd.close()

    def _bind(self, network: str, hosts: list[str]) -> None:
        """One port on each of these hosts."""
        for start in range(0, len(hosts), BULK):
            ports = [{"network_id": network, "binding:host_id": host} for host in hosts[start : start + BULK]]
            made = self._client.must("POST", "/v2.0/ports", {"ports": ports})["ports"]
            failed = [port["binding:host_id"] for port in made if port["binding:vif_type"] != "ovs"]
            if failed:
                raise RuntimeError(f"ports on {failed} could not be bound")

    def _quiet(self) -> dict[str, Any]:
        """The tally once everything was sent, and has arrived."""
        self._stage.await_relay()
        return self._crowd.await_quiet()

    def spread(self, number: int) -> None:
        """A network on `number` hosts; what one more port there means to all hosts together."""
        network, _ = self._stage.network(f"on-{number}", "10.0.0.0/16")
        begun = time.perf_counter()
        self._bind(network, self._crowd.hosts[:number])
        entered = self._quiet()
        took = time.perf_counter() - begun - 1.5
        self._crowd.ask("forget")
        before = self._stage.meter().cpu_seconds()
        for _ in range(CREATED):
            self._bind(network, self._crowd.hosts[:1])
        got = self._quiet()
        cpu_ms = (self._stage.meter().cpu_seconds() - before) * 1000 / CREATED
        times, each = got["latencies"], got["messages"] / CREATED
        self._crowd.ask("forget")
        self._say(
            f"network on {number:4d} hosts: {each:7.1f} messages and {got['bytes'] / CREATED / 1000:7.1f} kB per port created,"
            f" recorded to host p50 {percentile(times, 50):.0f} ms, p99 {percentile(times, 99):.0f} ms,"
            f" server CPU {cpu_ms:.1f} ms a port; its hosts had entered after {took:.1f} s and {entered['facts']} facts"
        )

    def reunion(self, networks: int = 50, each: int = 20) -> None:
        """All agents are cut off, stand still while ports are created, and come back in the same instant."""
        requests = self._traffic(self._together(networks, each))
        drive(self._stage.url, requests, 4)
        _, calm = drive(self._stage.url, requests, 4)
        self._quiet()
        self._part(requests)
        took, busy = self._meet(requests[:400])
        stats = self._quiet()
        before, during = (percentile([one.seconds * 1000 for one in some], 99) for some in (calm, busy))
        failed = sum(not 200 <= one.status < 300 for one in (*calm, *busy))
        self._say(
            f"{len(self._crowd.hosts)} agents back at once after {AWAY_SECONDS} s: in sync {took:.1f} s later by"
            f" {stats['deltas']} deltas and {stats['fulls']} full answers; API p99 {before:.0f} ms before, {during:.0f} ms"
            f" meanwhile ({during / before:.1f} times; at most 2 is wanted), {failed} of {len(calm) + len(busy)} requests failed"
        )

    def _together(self, networks: int, each: int) -> list[str]:
        """Networks, each on `each` of the hosts."""
        ids = [self._stage.network(f"reunion-{number}", "10.0.0.0/16")[0] for number in range(networks)]
        hosts = self._crowd.hosts
        for number, network in enumerate(ids):
            first = number * each % len(hosts)
            self._bind(network, [hosts[(first + step) % len(hosts)] for step in range(min(each, len(hosts)))])
        self._quiet()
        return ids

    @staticmethod
    def _traffic(networks: list[str]) -> list[Request]:
        """Ports created on the networks in turn, and a list after each."""
        out = []
        for number in range(400):
            network_id = networks[number % len(networks)]
            out.append(Request("POST", "/v2.0/ports", {"port": {"network_id": network_id}}))
            out.append(Request("GET", "/v2.0/ports?limit=20"))
        return out

    def _part(self, requests: list[Request]) -> None:
        """Cut all agents off, and have things happen meanwhile."""
        self._crowd.ask("forget")
        self._crowd.ask("cut")
        self._crowd.stop()
        begun = time.perf_counter()
        drive(self._stage.url, requests, 4)
        time.sleep(max(0.0, AWAY_SECONDS - (time.perf_counter() - begun)))

    def _meet(self, requests: list[Request]) -> tuple[float, list[Sample]]:
        """Let them come back: (seconds until all are in sync, what the API answered meanwhile)."""
        self._crowd.go_on()
        took: list[float] = []
        watch = threading.Thread(target=lambda: took.append(self._crowd.await_sync()))
        watch.start()
        busy: list[Sample] = []
        while watch.is_alive():
            busy += drive(self._stage.url, requests, 4)[1]
        watch.join()
        return took[0], busy
