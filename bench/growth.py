"""What a create and a read cost with few and with a million ports on the same network and subnet."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from bench.load import Request, Sample, drive
from bench.meter import Meter
from bench.report import Figures, percentile
from bench.seed import Share, seed
from bench.sql import counted
from bench.stage import Stage

CIDR = "10.0.0.0/8"
FIRST = 2_000_000
"""Seeded addresses start there, far from those that ipam gives out."""
Say = Callable[[str], None]


class Growth:
    """One network that grows; `figures` hold what was measured."""

    def __init__(self, stage: Stage, say: Say) -> None:
        self._stage, self._say = stage, say
        self.network, self._subnet = stage.network("growth", CIDR)
        self.seeded, self.figures = 0, list[Figures]()

    def grow(self, total: int) -> None:
        """Seed until there are `total` ports; says how fast."""
        missing = total - self.seeded
        if missing <= 0:
            return
        share = Share(self.network, self._subnet, CIDR, FIRST + self.seeded, missing)
        with self._stage.without("ipam", "topology"):
            seconds = seed(self._stage.backing.database_url, share)
        self.seeded = total
        away = self._stage.await_writes(self.network)
        rate, relayed = 2 * missing / seconds, away + self._stage.await_relay()
        self._say(f"seeded {missing} ports in {seconds:.0f} s, {rate:.0f} events/s; started again over {total} ports,")
        self._say(
            f"ipam and topology took writes after {away:.1f} s, and the relay had caught up after {relayed:.1f} s"
        )

    def measure(self, requests: int, reads: int) -> None:
        """Creates by one and by eight clients, then reads."""
        body = {"port": {"network_id": self.network, "name": "measured", "device_id": "measured"}}
        create = Request("POST", "/v2.0/ports", body)
        self._phase("warm-up", [create] * (requests // 4), 8)
        self.figures.pop()
        made = self._phase("port create", [create] * (requests // 8), 1, keep=True)
        made += self._phase("port create", [create] * requests, 8, keep=True)
        ids = [json.loads(one.text)["port"]["id"] for one in made if one.status == 201]
        self._reads(ids, reads)
        self._phase("port delete", [Request("DELETE", f"/v2.0/ports/{id}") for id in ids], 8)

    def _reads(self, ids: list[str], count: int) -> None:
        paths = {
            "port show": [f"/v2.0/ports/{id}" for id in ids],
            "page of 100": ["/v2.0/ports?limit=100"],
            "page of 100 from the middle": ["/v2.0/ports?limit=100&marker=80000000-0000-4000-8000-000000000000"],
            "page of 100 of one network": [f"/v2.0/ports?limit=100&network_id={self.network}"],
            "filter by name": [f"/v2.0/ports?name=port-{FIRST + n}" for n in range(min(count, self.seeded))],
            "filter by device_id": [
                f"/v2.0/ports?device_id={_device(FIRST + n)}" for n in range(min(count, self.seeded))
            ],
        }
        for what, each in paths.items():
            if each:
                self._phase(what, [Request("GET", each[n % len(each)]) for n in range(count)], 1)

    def statements(self, clients: int, requests: int) -> str:
        """Prints nothing; a line saying how many SQL statements a create takes with so many clients."""
        body = {"port": {"network_id": self.network, "name": "counted"}}
        with counted(self._stage.superuser_url(), self._stage.places.log / "postgres.log") as found:
            drive(self._stage.url, [Request("POST", "/v2.0/ports", body)] * requests, clients)
        top = ", ".join(f"{kind} {count / requests:.2f}" for kind, count in found.by_kind.most_common(8))
        return f"SQL statements per create, {clients} clients: {found.total / requests:.2f} ({top})"

    def _phase(self, what: str, requests: list[Request], clients: int, keep: bool = False) -> list[Sample]:
        samples, figures = phase(self._stage.url, self._stage.meter(), what, requests, clients, keep)
        self.figures.append(replace(figures, what=f"{what}, {self.seeded} there"))
        return samples

    def factor(self) -> float:
        """CPU of a create with the most ports there, divided by that with the fewest."""
        costs = [row.cpu_ms for row in self.figures if row.what.startswith("port create") and row.clients == 8]
        return costs[-1] / costs[0]


def phase(
    url: str, meter: Meter, what: str, requests: list[Request], clients: int, keep: bool = False
) -> tuple[list[Sample], Figures]:
    """Send the requests, and what it cost."""
    before = meter.cpu_by_name()
    seconds, samples = drive(url, requests, clients, keep)
    after = meter.cpu_by_name()
    cpu = {name: (after[name] - before.get(name, 0.0)) * 1000 / len(requests) for name in after}
    times = [sample.seconds * 1000 for sample in samples]
    failed = sum(not 200 <= sample.status < 300 for sample in samples)
    p50, p95, p99 = (percentile(times, rank) for rank in (50, 95, 99))
    note = " ".join(f"{name} {value:.2f}" for name, value in cpu.items() if value >= 0.01)
    rate = len(samples) / seconds
    return samples, Figures(what, clients, len(samples), failed, rate, p50, p95, p99, sum(cpu.values()), note)


def _device(number: int) -> str:
    """The device id that the seed gave to this port."""
    text = f"{number // 2:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
