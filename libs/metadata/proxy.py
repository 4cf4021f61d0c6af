"""The WSGI application of one network's or router's guests: who asks is known by the address, Nova answers."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from http.client import responses
from time import monotonic
from typing import Any, Protocol

from libs.errors import Refusal
from libs.metadata.asking import BODY_BYTES, METHODS, Guest
from libs.rates import Rates

LOG = logging.getLogger(__name__)
AT_ONCE = 5
"""Requests of one guest that are answered side by side."""
BURST, PER_SECOND = 50, 5.0
"""50 requests per 10 s and guest."""

Start = Callable[[str, list[tuple[str, str]]], Any]


class Nova(Protocol):
    """Nova's metadata API."""

    def ask(
        self, guest: Guest, address: str, method: str, path: str, query: str, body: bytes
    ) -> tuple[int, str, bytes]:
        """(status, content type, body). Raises OSError when it cannot be reached."""
        ...


class Proxy:
    """Answers the guests of one namespace. guests: {address: Guest}, replaced as ports come and go."""

    def __init__(self, nova: Nova, guests: Mapping[str, Guest]) -> None:
        self.guests = guests
        self._nova, self._rates, self._busy = nova, Rates(BURST, PER_SECOND, known=5000), Counter[str]()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """One request."""
        try:
            status, kind, text = self._answer(environ)
        except Refusal as refusal:
            status, kind, text = refusal.status, "text/plain", f"{refusal.message}\n".encode()
        start(f"{status} {responses.get(status, 'Unknown')}", [("Content-Type", kind)])
        return [text]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, str, bytes]:
        address, method = environ["REMOTE_ADDR"], environ["REQUEST_METHOD"]
        guest = self.guests.get(address)
        if guest is None:
            raise Refusal(404, "NotFound", "No server of this network has that address.")
        if method not in METHODS:
            raise Refusal(405, "MethodNotAllowed", "Ask with GET, HEAD or POST.")
        self._enter(address)
        try:
            body = _body(environ) if method == "POST" else b""
            return self._nova.ask(guest, address, method, environ["PATH_INFO"], environ["QUERY_STRING"], body)
        except OSError as error:
            LOG.warning("Nova's metadata API cannot be reached: %s", type(error).__name__)
            raise Refusal(503, "ServiceUnavailable", "The metadata service is not available now.") from None
        finally:
            self._leave(address)

    def _enter(self, address: str) -> None:
        """Count a request in. Raises Refusal 429 when the guest asks too much."""
        with self._lock:
            if self._busy[address] >= AT_ONCE or not self._rates.allow(address, monotonic()):
                raise Refusal(429, "TooManyRequests", "Too many requests; ask again later.")
            self._busy[address] += 1

    def _leave(self, address: str) -> None:
        with self._lock:
            self._busy[address] -= 1
            if not self._busy[address]:
                del self._busy[address]


def _body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(BODY_BYTES + 1)
    if len(body) > BODY_BYTES:
        raise Refusal(413, "RequestEntityTooLarge", f"The body is larger than {BODY_BYTES} bytes.")
    return body
