"""A stand-in for Nova's metadata API: knows some servers, and believes only who shares its secret."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/latest/meta-data/hostname"


class Nova:
    """`servers`: {instance id: (project id, host name)}. As in Nova, who asks is told by headers that the secret signs."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self.servers: dict[str, tuple[str, str]] = {}

    def answer(self, path: str, instance: str, project: str, signature: str) -> tuple[int, str]:
        """(HTTP status, text)."""
        wanted = hmac.new(self._secret, instance.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, signature):
            return 403, "the signature is wrong"
        known, name = self.servers.get(instance, ("", ""))
        if not name or known != project or path != PATH:
            return 404, "not found"
        return 200, name


@contextmanager
def running(port: int, secret: str) -> Iterator[Nova]:
    """One that listens on loopback. Raises OSError when the port is taken."""
    nova = Nova(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = [self.headers.get(name, "") for name in ("X-Instance-ID", "X-Tenant-ID", "X-Instance-ID-Signature")]
            status, text = nova.answer(self.path, *told)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield nova
    finally:
        server.shutdown()
        server.server_close()
