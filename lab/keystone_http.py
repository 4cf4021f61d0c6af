"""HTTP around a function: JSON in, JSON out, connections kept open."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, Any, Mapping[str, str]]
"""(status, JSON or None, headers)"""

Answering = Callable[[str, str, dict[str, str], Any, Any], Answer]
"""(method, path, query, headers, body) -> answer"""


class Server(ThreadingHTTPServer):
    """Does not mind clients that are gone when it answers."""

    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of everything else."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def handler_for(answering: Answering, connections: set[socket.socket]) -> type[BaseHTTPRequestHandler]:
    """A handler for http.server; `connections` are those that are open."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            connections.add(self.connection)

        def finish(self) -> None:
            connections.discard(self.connection)
            super().finish()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def _serve(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            status, value, headers = answering(
                self.command, parts.path, query, self.headers, json.loads(data) if data else None
            )
            text = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            for name, content in {
                **headers,
                "Content-Type": "application/json",
                "Content-Length": str(len(text)),
            }.items():
                self.send_header(name, content)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = do_PATCH = _serve

    return Handler
