"""Ports over HTTP: create, show, update, list, delete; each phase prints one line of figures."""

from __future__ import annotations

import json
from pathlib import Path

from bench.load import Client, Request, Sample, drive
from bench.meter import Meter
from bench.report import Figures, percentile

BULK = 50


class Ports:
    """One network with one big subnet, and the ports made on it."""

    def __init__(self, url: str, pids: Path) -> None:
        self.url, self.client = url, Client(url)
        self.meter = Meter(pids, ("api", "ipam", "topology", "postgres", "rabbitmq"))
        self.network = self.client.must("POST", "/v2.0/networks", {"network": {"name": "bench"}})["network"]["id"]
        subnet = {"network_id": self.network, "ip_version": 4, "cidr": "10.0.0.0/8", "enable_dhcp": False}
        self.client.must("POST", "/v2.0/subnets", {"subnet": subnet})
        self.ids: list[str] = []
        self.figures: list[Figures] = []

    def _phase(
        self, what: str, requests: list[Request], clients: int, each: int = 1, keep: bool = False
    ) -> list[Sample]:
        """Run one phase; `each` is how many ports one request stands for (bulk): CPU is per port then."""
        before = self.meter.cpu_by_name()
        seconds, samples = drive(self.url, requests, clients, keep)
        after = self.meter.cpu_by_name()
        cpu = {name: (after[name] - before.get(name, 0.0)) * 1000 / (len(requests) * each) for name in after}
        times = [sample.seconds * 1000 for sample in samples]
        self.figures.append(
            Figures(
                what=what,
                clients=clients,
                count=len(samples),
                failed=sum(not 200 <= sample.status < 300 for sample in samples),
                per_second=len(samples) * each / seconds,
                p50=percentile(times, 50),
                p95=percentile(times, 95),
                p99=percentile(times, 99),
                cpu_ms=sum(cpu.values()),
                note=" ".join(f"{name} {value:.2f}" for name, value in cpu.items() if value >= 0.01),
            )
        )
        return samples

    def create(self, clients: int, count: int) -> None:
        """Single creates; the new ids are kept for the other phases."""
        body = {"port": {"network_id": self.network, "name": "bench", "device_id": "bench"}}
        samples = self._phase("port create", [Request("POST", "/v2.0/ports", body)] * count, clients, keep=True)
        self.ids += [json.loads(sample.text)["port"]["id"] for sample in samples if sample.status == 201]

    def create_bulk(self, count: int) -> None:
        """Creates of BULK ports in one request."""
        body = {"ports": [{"network_id": self.network, "name": "bench"}] * BULK}
        requests = [Request("POST", "/v2.0/ports", body)] * (count // BULK)
        samples = self._phase(f"bulk create of {BULK}, per port", requests, 1, each=BULK, keep=True)
        self.ids += [
            port["id"] for sample in samples if sample.status == 201 for port in json.loads(sample.text)["ports"]
        ]

    def fill(self, total: int) -> None:
        """Make ports, unmeasured, until there are `total`."""
        while len(self.ids) < total:
            size = min(500, total - len(self.ids))
            made = self.client.must(
                "POST", "/v2.0/ports", {"ports": [{"network_id": self.network, "name": "fill"}] * size}
            )
            self.ids += [port["id"] for port in made["ports"]]

    def show(self, clients: int, count: int) -> None:
        """Reads of single ports."""
        paths = [f"/v2.0/ports/{self.ids[number % len(self.ids)]}" for number in range(count)]
        self._phase("port show", [Request("GET", path) for path in paths], clients)

    def update(self, clients: int, count: int) -> None:
        """Renames, each of a port of its own."""
        body = {"port": {"name": "renamed"}}
        self._phase("port rename", [Request("PUT", f"/v2.0/ports/{id}", body) for id in self.ids[:count]], clients)

    def list_all(self, total: int, count: int) -> None:
        """Unfiltered lists of all `total` ports of the bench network, and pages of 100 of them."""
        self.fill(total)
        path = f"/v2.0/ports?network_id={self.network}"
        self._phase(f"list of {total}", [Request("GET", path)] * count, 1)
        self._phase(f"page of 100 of {total}", [Request("GET", f"{path}&limit=100")] * count, 1)

    def delete(self, clients: int, count: int) -> None:
        """Deletes of single ports."""
        doomed, self.ids = self.ids[:count], self.ids[count:]
        self._phase("port delete", [Request("DELETE", f"/v2.0/ports/{id}") for id in doomed], clients)

    def clean_up(self) -> None:
        """Delete everything that was made, unmeasured."""
        drive(self.url, [Request("DELETE", f"/v2.0/ports/{id}") for id in self.ids], 8)
        self.client.must("DELETE", f"/v2.0/networks/{self.network}")
