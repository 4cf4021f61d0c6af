"""Nova's metadata API as a small real HTTP server on loopback: remembers what it was told, answers as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Nova:
    """`asked`: [(method, path, {lower-case header: [values]}, body)]. `answer`: status and body for the next requests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, list[str]], bytes]] = []
        self.answer = (200, b"i-00000001")
        self.projects: Mapping[str, str] = {}
        self.wait = threading.Event()
        self.wait.set()
        self.url = ""

    def told(self) -> dict[str, list[str]]:
        """The headers of the last request."""
        return self.asked[-1][2]


@contextmanager
def nova_server() -> Iterator[Nova]:
    """A running one."""
    nova = Nova()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers: dict[str, list[str]] = {}
            for name, value in self.headers.items():
                headers.setdefault(name.lower(), []).append(value)
            nova.asked.append((self.command, self.path, headers, body))
            nova.wait.wait(10)
            status, text = nova.answer
            instance, project = headers.get("x-instance-id", [""])[0], headers.get("x-tenant-id", [""])[0]
            if nova.projects and nova.projects.get(instance) != project:
                status, text = 404, b"no such instance"
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Set-Cookie", "nova=1")
            self.end_headers()
            self.wfile.write(text if self.command != "HEAD" else b"")

        do_POST = do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    nova.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield nova
    finally:
        nova.wait.set()
        server.shutdown()
        server.server_close()
