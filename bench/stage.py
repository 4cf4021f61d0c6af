"""The running system that the scale benchmarks work on: where its parts are, and how to pause or restart one of its programs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from bench.load import Client
from bench.meter import Meter
from cli import plan
from cli.backing import Backing
from cli.places import Places
from cli.postgres import Postgres
from cli.servers import await_true
from cli.supervision import Supervision

CALM_SECONDS = 2.0
SERVERS = ("api", "ipam", "topology", "postgres", "rabbitmq")


@dataclass(frozen=True)
class Stage:
    """One system. `url`: the API's endpoint, without /v2.0."""

    places: Places
    backing: Backing
    supervision: Supervision
    url: str

    @classmethod
    def of(cls, places: Places) -> Stage:
        """The system of this run folder, which must run."""
        supervision, backing = Supervision(places), Backing(places)
        backing.prepare(supervision)
        return cls(places, backing, supervision, plan.api_url())

    @property
    def pids(self) -> Path:
        """File of name=pid lines."""
        return self.places.run / "pids"

    def meter(self) -> Meter:
        """CPU and memory of the servers and services, without the lab's hosts."""
        return Meter(self.pids, SERVERS)

    def client(self) -> Client:
        """A connection to the API."""
        return Client(self.url)

    def superuser_url(self) -> str:
        """URL of PostgreSQL's superuser in netledger's database. Raises RuntimeError for a server that is not the system's own."""
        if "postgres" not in self.supervision.pids():
            raise RuntimeError("this needs the system's own PostgreSQL")
        server = Postgres(self.places)
        server.prepare(fresh=False)
        return server.url("postgres")

    def network(self, name: str, cidr: str) -> tuple[str, str]:
        """(network id, subnet id) of a new network with one subnet without DHCP."""
        client = self.client()
        network = client.must("POST", "/v2.0/networks", {"network": {"name": name}})["network"]["id"]
        subnet = {"network_id": network, "ip_version": 4, "cidr": cidr, "enable_dhcp": False}
        return network, client.must("POST", "/v2.0/subnets", {"subnet": subnet})["subnet"]["id"]

    @contextlib.contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """These programs do not run inside; afterwards they do again, and answer."""
        programs = list(self.supervision.programs().values())
        self.supervision.hand([one for one in programs if one.name not in names])
        await_true(f"the end of {', '.join(names)}", lambda: not set(names) & self.supervision.pids().keys(), 30)
        try:
            yield
        finally:
            self.supervision.hand(programs)
            await_true(f"{', '.join(names)} again", lambda: set(names) <= self.supervision.pids().keys(), 30)

    def await_relay(self, seconds: float = 900) -> float:
        """Seconds until the relay has seen the whole log: topology is back at its usual work."""
        connection, begun = psycopg2.connect(self.backing.database_url), time.perf_counter()
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            while time.perf_counter() - begun < seconds:
                cursor.execute("select (select max(position) from event) - (select position from relay)")
                if cursor.fetchall()[0][0] <= 0:
                    return time.perf_counter() - begun
                time.sleep(0.1)
        raise TimeoutError("the relay did not reach the end of the log")

    def await_calm(self, seconds: float = 900) -> float:
        """Seconds until no service is busy with anything of its own: all of them have read what they were behind."""
        begun, meter = time.perf_counter(), Meter(self.pids, ("api", "ipam", "topology"))
        while time.perf_counter() - begun < seconds:
            before = meter.cpu_seconds()
            time.sleep(CALM_SECONDS)
            if meter.cpu_seconds() - before < 0.1 * CALM_SECONDS:
                return time.perf_counter() - begun - CALM_SECONDS
        raise TimeoutError("the services are never at rest")

    def await_writes(self, network_id: str, seconds: float = 300) -> float:
        """Seconds until a port can be created (and deleted) on this network: ipam and topology know the log again."""
        client, begun = self.client(), time.perf_counter()
        body = {"port": {"network_id": network_id}}
        while time.perf_counter() - begun < seconds:
            try:
                port = client.must("POST", "/v2.0/ports", body)["port"]["id"]
            except SystemExit:
                time.sleep(0.2)
                continue
            client.must("DELETE", f"/v2.0/ports/{port}")
            return time.perf_counter() - begun
        raise TimeoutError("the system did not take writes again")
