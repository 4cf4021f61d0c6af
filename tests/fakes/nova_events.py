"""Nova's os-server-external-events as a small real HTTP server: takes, fails, hangs, answers in part, and can be restarted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/v2.1/os-server-external-events"
Answer = Callable[[list[dict[str, Any]]], tuple[int, Any]]
"""(status, body) for some events; status 0: the connection is closed without an answer."""


def takes(events: Sequence[dict[str, Any]]) -> tuple[int, Any]:
    """As Nova answers when it knows all servers."""
    return 200, {"events": [{**one, "code": 200} for one in events]}


def fails(status: int) -> Answer:
    """Takes none."""
    return lambda events: (status, {"computeFault": {"code": status, "message": "no"}})


def in_part(codes: Sequence[int]) -> Answer:
    """207: each event has a code of its own."""
    return lambda events: (207, {"events": [{**one, "code": code} for one, code in zip(events, codes, strict=False)]})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asked has given up meanwhile."""


@dataclass
class NovaEvents:
    """`taken`: (monotonic time, event) of all that it answered with 200 or 207; `asked`: number of requests; `plan`: answers to the
    next requests, then `takes`; `tokens`: X-Auth-Token of each request; `hangs`: seconds before an answer."""

    port: int = 0
    taken: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    plan: list[Answer] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    asked: int = 0
    hangs: float = 0.0
    largest: int = 0

    def start(self) -> NovaEvents:
        """Listen, at the same port as before."""
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Refuse connections."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v2.1"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for _, event in self.taken]

    def told(self, port: str) -> list[str]:
        """Names of what was told of a port, in order."""
        return [one["name"] for one in self.events if one["tag"] == port]

    def answer(self, events: list[dict[str, Any]]) -> tuple[int, Any]:
        self.asked, self.largest = self.asked + 1, max(self.largest, len(events))
        time.sleep(self.hangs)
        status, body = (self.plan.pop(0) if self.plan else takes)(events)
        if status in (200, 207):
            self.taken += [(time.monotonic(), one) for one in events]
        return status, body


def _handler(nova: NovaEvents) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", 65536, True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            nova.tokens.append(self.headers.get("X-Auth-Token"))
            status, answer = nova.answer(body["events"]) if self.path == PATH else (404, {})
            if not status:
                self.close_connection = True
                return
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            return

    return Handler
