"""Drive an HTTP endpoint with N clients, each a process with one blocking connection, so that the client is never the limit."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

IDLE_SECONDS = 5.0
"""After so long without a request a connection is not trusted any more: the server may be closing it."""
PROJECT = "b" * 32
HEADERS = {"Content-Type": "application/json", "X-Project-Id": PROJECT, "X-User-Id": "bench", "X-Roles": "admin"}


@dataclass(frozen=True)
class Request:
    """One request to send; body None for none; headers None for those of auth mode none."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Sample:
    """What came of one request: HTTP status (0: no answer), seconds from sending to the last byte, the answer's text."""

    status: int
    seconds: float
    text: bytes


class Client:
    """One keep-alive connection; reconnects when the server closed it."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0

    def send(self, request: Request) -> Sample:
        """Send one request and read its whole answer; a connection that broke gives status 0."""
        data = None if request.body is None else json.dumps(request.body)
        begun = time.perf_counter()
        if self._connection is None or begun - self._used > IDLE_SECONDS:
            self._connection = http.client.HTTPConnection(*self._address, timeout=120)
        try:
            self._connection.request(request.method, request.path, data, request.headers or HEADERS)
            answer = self._connection.getresponse()
            text = answer.read()
            self._used = time.perf_counter()
            return Sample(answer.status, time.perf_counter() - begun, text)
        except (OSError, http.client.HTTPException):
            self._connection = None
            return Sample(0, time.perf_counter() - begun, b"")

    def must(self, method: str, path: str, body: Any = None) -> Any:
        """The parsed answer of a request that has to succeed. Raises SystemExit with the answer otherwise."""
        sample = self.send(Request(method, path, body))
        if not 200 <= sample.status < 300:
            raise SystemExit(f"{method} {path}: {sample.status} {sample.text[:400]!r}")
        return json.loads(sample.text) if sample.text else None


def lift_limits(client: Client, project: str = PROJECT) -> None:
    """Let a project have as much as it likes: a benchmark makes more than the quotas that everybody starts with."""
    path = f"/v2.0/quotas/{project}"
    client.must("PUT", path, {"quota": dict.fromkeys(client.must("GET", path)["quota"], -1)})


def _work(url: str, requests: Sequence[Request], start: Any, out: Any, keep: bool) -> None:
    client = Client(url)
    client.send(Request("GET", "/"))
    start.wait()
    samples = [client.send(request) for request in requests]
    out.send([(s.status, s.seconds, s.text if keep else b"") for s in samples])
    out.close()


def drive(url: str, requests: Sequence[Request], clients: int, keep: bool = False) -> tuple[float, list[Sample]]:
    """(wall seconds, samples) of `requests` spread over `clients` processes that start together; keep the answers' text if asked."""
    context = multiprocessing.get_context("fork")
    start = context.Barrier(clients + 1)
    pipes, workers = [], []
    for number in range(clients):
        reader, writer = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(url, requests[number::clients], start, writer, keep))
        worker.start()
        writer.close()
        pipes.append(reader)
        workers.append(worker)
    start.wait()
    begun = time.perf_counter()
    samples = [Sample(*row) for reader in pipes for row in reader.recv()]
    seconds = time.perf_counter() - begun
    for worker in workers:
        worker.join()
    return seconds, samples
