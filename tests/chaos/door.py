"""One client's HTTP connection: sends a request once, never again by itself, and tells what is known of its fate."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.history import DONE, REFUSED, UNKNOWN

HEADERS = {"Content-Type": "application/json", "X-Project-Id": "7e" * 16, "X-User-Id": "chaos", "X-Roles": "admin"}
MAYBE = "may have been made"
"""Words of a 503 which says that the change may have happened."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. status 0: nothing. begun, ended: monotonic seconds."""

    fate: str
    status: int
    body: Any
    begun: float
    ended: float
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.begun


class Door:
    """Requests to the API at `url`, each bounded by `seconds`."""

    def __init__(self, url: str, seconds: float = 15.0) -> None:
        parts = urlsplit(url)
        self._address, self._seconds = (parts.hostname or "127.0.0.1", parts.port or 80), seconds
        self._connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """One request. Raises nothing: what goes wrong is the answer's fate."""
        begun, sent = time.monotonic(), False
        try:
            connection = self._connected()
            sent = True
            connection.request(method, f"/v2.0/{path}", None if body is None else json.dumps(body), HEADERS)
            reply = connection.getresponse()
            text, ended = reply.read(), time.monotonic()
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(UNKNOWN if sent else REFUSED, 0, None, begun, time.monotonic())
        if reply.will_close:
            self.close()
        return Answer(_fate(reply.status, text), reply.status, _parsed(text), begun, ended, dict(reply.getheaders()))

    def close(self) -> None:
        """Hang up; the next request connects anew."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            fresh = http.client.HTTPConnection(*self._address, timeout=self._seconds)
            fresh.connect()
            self._connection = fresh
        return self._connection


def _fate(status: int, text: bytes) -> str:
    if status < 400:
        return DONE
    return UNKNOWN if status == 500 or MAYBE.encode() in text else REFUSED


def _parsed(text: bytes) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(text) if text else None
    return text.decode(errors="replace")
