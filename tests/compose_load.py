"""Clients that keep creating, reading, changing and deleting ports, and remember what they were told."""

from __future__ import annotations

import collections
import contextlib
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from lab.client import Client, Refused
from tests.whole import eventually

MAYBE = (502, 503, 504)
"""Answers after which a writer must not believe anything: it was done, or it was not."""


@dataclass
class Told:
    """What one client knows. `ports`: {name: what it must be now}, None: must not be; names in `unsure` may be either."""

    ports: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    counts: collections.Counter[str] = field(default_factory=collections.Counter)


class Load:
    """`clients` threads against `url`, each with ports of its own on one network, from `with` to its end."""

    def __init__(self, url: str, network_id: str, tag: str, clients: int = 8) -> None:
        self._url, self._network, self._tag = url, network_id, tag
        self._stop = threading.Event()
        self.told = [Told() for _ in range(clients)]
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def must_go_on(self, creates: int, seconds: float = 20) -> None:
        """Wait until so many more ports were made. Raises TimeoutError."""
        wanted = self.counts["POST"] + creates
        eventually("more ports", lambda: self.counts["POST"] >= wanted, seconds)

    @property
    def counts(self) -> collections.Counter[str]:
        """How often what happened, over all clients."""
        return sum((told.counts for told in self.told), collections.Counter())

    @property
    def cut(self) -> int:
        """How many writes were not answered with yes."""
        return sum(len(told.unsure) for told in self.told)

    @property
    def wrong(self) -> list[str]:
        """Answers that must not be."""
        return [text for told in self.told for text in told.wrong]

    def check(self, ports: list[dict[str, Any]]) -> None:
        """The network's ports are what the clients were told; what they cannot know is wholly there or not at all."""
        found = {port["name"]: port for port in ports}
        addresses = [one["ip_address"] for port in ports for one in port["fixed_ips"]]
        assert len(found) == len(ports), "a port was made twice"
        assert len(addresses) == len(set(addresses)) == len(ports), "an address was given twice, or none"
        sure = {name: port for told in self.told for name, port in told.ports.items() if name not in told.unsure}
        assert {name: found.get(name) for name in sure} == sure
        unsure = set().union(*(told.unsure for told in self.told))
        assert found.keys() <= sure.keys() | unsure

    def _work(self, number: int) -> None:
        client, told = Client(self._url), self.told[number]
        for turn in itertools.count():
            if self._stop.is_set():
                return
            with contextlib.suppress(_Unsure, _Wrong):
                self._life(client, told, f"{self._tag}-{number}-{turn}", turn)
            time.sleep(0.02)  # leaves a small machine time for what starts meanwhile

    def _life(self, client: Client, told: Told, name: str, turn: int) -> None:
        """One port: made, read, changed, read; every second is deleted again."""
        body = {"port": {"network_id": self._network, "name": name}}
        port = self._write(client, told, name, "POST", "ports", body)["port"]
        told.ports[name] = port
        path = f"ports/{port['id']}"
        self._read(client, told, path, port)
        changed = self._write(client, told, name, "PUT", path, {"port": {"description": name}})["port"]
        told.ports[name] = changed
        if changed["description"] != name or changed["fixed_ips"] != port["fixed_ips"]:
            told.wrong.append(f"PUT {path}: {changed}")
        self._read(client, told, path, changed)
        if turn % 2:
            self._write(client, told, name, "DELETE", path, None)
            told.ports[name] = None
            self._read(client, told, path, None)

    def _write(self, client: Client, told: Told, name: str, method: str, path: str, body: Any) -> Any:
        try:
            answer = client.send(method, path, body)
        except (Refused, OSError) as error:
            status = getattr(error, "status", 0)
            told.unsure.add(name)
            told.counts[f"{method} {str(error).partition(': ')[2][:200] if status else 'cut'}"] += 1
            if status and status not in MAYBE:
                told.wrong.append(str(error))
            raise _Unsure from None
        told.counts[method] += 1
        return answer

    def _read(self, client: Client, told: Told, path: str, expected: dict[str, Any] | None) -> None:
        """A read always has its answer, and the right one."""
        try:
            found = client.get(path)["port"]
        except Refused as error:
            found = None if error.status == 404 else str(error)
        except OSError as error:
            found = str(error)
        told.counts["GET"] += 1
        if found != expected:
            told.wrong.append(f"GET {path}: {found}, not {expected}")
            raise _Wrong


class _Unsure(Exception):
    """The client does not know what became of its write; it turns to another port."""


class _Wrong(Exception):
    """An answer that must not be; it is noted."""
