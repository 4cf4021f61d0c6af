"""Clients who go on asking the same thing while something is away; what they were told, and how long they waited."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.servers import await_true
from tests.chaos.door import Answer, Door


@dataclass(slots=True, repr=False)
class Asked:
    """Answers of one kind of request, in the order in which they came."""

    name: str
    answers: list[Answer] = field(default_factory=list)

    @property
    def statuses(self) -> Counter[int]:
        """{status: how often}; 0 is no answer at all."""
        return Counter(one.status for one in self.answers)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer."""
        return max((one.seconds for one in self.answers), default=0.0)

    def __repr__(self) -> str:
        return f"{self.name}: {dict(self.statuses)}, slowest {self.slowest:.2f} s"


Request = tuple[str, str, Any]


@contextlib.contextmanager
def pressure(
    url: str, requests: dict[str, Request], clients: int = 3, seconds: float = 60.0
) -> Iterator[dict[str, Asked]]:
    """`clients` threads per request ask it over and over inside; what they were told is complete after."""
    asked, stop, threads = {name: Asked(name) for name in requests}, threading.Event(), []

    def ask(name: str, request: Request) -> None:
        door = Door(url, seconds)
        while not stop.is_set():
            asked[name].answers.append(door.send(*request))
            stop.wait(0.05)

    for name, request in requests.items():
        threads += [threading.Thread(target=ask, args=(name, request), daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        stop.set()
        for thread in threads:
            thread.join(seconds)
    assert not any(thread.is_alive() for thread in threads), "a request hangs"


def seconds_until(url: str, request: Request, status: int, patience: float = 60.0) -> float:
    """How long it takes from now until the request is answered so. Raises TimeoutError."""
    begun, door = time.monotonic(), Door(url, 10.0)
    await_true(f"{status} to {request[0]} {request[1]}", lambda: door.send(*request).status == status, patience)
    return time.monotonic() - begun
