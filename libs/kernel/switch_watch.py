"""Notice within milliseconds that ovs-vswitchd (or a bridge) went away or came back: an idle OpenFlow connection.

A restarted vswitchd has its ports but none of its flows. Only headers of OpenFlow are spoken: hello, and replies to echo.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

_VERSION, _HELLO, _ECHO_REQUEST, _ECHO_REPLY = 5, 0, 2, 3
_RETRY_SECONDS, _HELLO_SECONDS = 0.03, 2.0


class SwitchWatch:
    """Watches one bridge's management socket. `up`: whether it answers; tell(up) at every change after the first look."""

    def __init__(self, path: str, tell: Callable[[bool], None]) -> None:
        self._path, self._tell = path, tell
        first = self._connect()
        self.up = first is not None
        threading.Thread(target=self._run, args=(first,), daemon=True).start()

    def _run(self, connection: socket.socket | None) -> None:
        while True:
            if connection is None:
                time.sleep(_RETRY_SECONDS)
                connection = self._connect()
                if connection is None:
                    continue
                self._set(True)
            with contextlib.suppress(OSError, EOFError), connection:
                _follow(connection)
            connection = None
            self._set(False)

    def _set(self, up: bool) -> None:
        self.up = up
        self._tell(up)

    def _connect(self) -> socket.socket | None:
        """A connection after both hellos; None when nobody answers."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_HELLO_SECONDS)
        try:
            connection.connect(self._path)
            connection.sendall(struct.pack("!BBHI", _VERSION, _HELLO, 8, 1))
            _message(connection)
            connection.settimeout(None)
        except (OSError, EOFError):
            connection.close()
            return None
        return connection


def _follow(connection: socket.socket) -> None:
    """Answer echoes until the other end closes (EOFError)."""
    while True:
        kind, number, body = _message(connection)
        if kind == _ECHO_REQUEST:
            connection.sendall(struct.pack("!BBHI", _VERSION, _ECHO_REPLY, 8 + len(body), number) + body)


def _message(connection: socket.socket) -> tuple[int, int, bytes]:
    _, kind, length, number = struct.unpack("!BBHI", _exactly(connection, 8))
    return kind, number, _exactly(connection, length - 8)


def _exactly(connection: socket.socket, count: int) -> bytes:
    out = b""
    while len(out) < count:
        part = connection.recv(count - len(out))
        if not part:
            raise EOFError
        out += part
    return out
