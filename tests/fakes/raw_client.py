"""Clients that are no browsers: bytes as they are, connections held open."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80


def conversation(url: str, raw: bytes) -> bytes:
    """All that is answered to these bytes and nothing more."""
    answer = b""
    with socket.create_connection(_address(url), timeout=10) as client:
        client.sendall(raw)
        client.shutdown(socket.SHUT_WR)
        while data := client.recv(65536):
            answer += data
    return answer


class Held:
    """As many connections as one gets, silent, until the end of `with`."""

    def __init__(self, url: str, count: int) -> None:
        self._sockets: list[socket.socket] = []
        for _ in range(count):
            with contextlib.suppress(ConnectionResetError):
                self._sockets.append(socket.create_connection(_address(url), timeout=10))

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._sockets:
            one.close()

    def open(self) -> int:
        """How many the other side has not closed."""
        return sum(not _is_cut(one) for one in self._sockets)


def _is_cut(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
