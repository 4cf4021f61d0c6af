"""Bytes of one socket with deadlines: what is read is buffered, and nobody may take longer than he is given."""

from __future__ import annotations

import socket
import time

from libs.http.errors import malformed

_PIECE = 65536
_SENT = 262144


class Closed(Exception):
    """The client went away, or was silent for too long between two requests."""


class Stream:
    """Reads and writes one socket. `give` sets the deadline of a stage, which all reads of that stage share."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._deadline = sock, 0.0
        self._data, self._at = bytearray(), 0

    def give(self, seconds: float) -> None:
        """The next stage may take `seconds`, however many reads it needs."""
        self._deadline = time.monotonic() + seconds

    @property
    def buffered(self) -> int:
        """How many bytes were read and not yet taken."""
        return len(self._data) - self._at

    def fill(self) -> None:
        """Wait for more. Raises Closed at the end, Unparsable 408 past the deadline."""
        if self._at == len(self._data) or self._at > _PIECE:
            del self._data[: self._at]
            self._at = 0
        left = self._deadline - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
            data = self._sock.recv(_PIECE)
        except TimeoutError:
            raise malformed("The request did not come in time.", 408) from None
        except OSError:
            raise Closed from None
        if not data:
            raise Closed
        self._data += data

    def take(self, count: int) -> bytes:
        """The next bytes, at least one and at most `count`. Raises as `fill`."""
        if not self.buffered:
            self.fill()
        data = bytes(self._data[self._at : self._at + count])
        self._at += len(data)
        return data

    def until(self, mark: bytes, most: int, error: tuple[str, int]) -> bytes:
        """The bytes before `mark`, which is taken too. Raises Unparsable with `error` when `most` bytes hold none, and as `fill`."""
        searched = self._at
        while (end := self._data.find(mark, searched)) < 0 and self.buffered <= most:
            searched = max(self._at, len(self._data) - len(mark) + 1)
            before = self._at
            self.fill()
            searched -= before - self._at
        if not 0 <= end - self._at <= most:
            raise malformed(*error)
        data = bytes(self._data[self._at : end])
        self._at = end + len(mark)
        return data

    def peek_line(self, most: int, error: tuple[str, int]) -> bytes:
        """The first line with its end, left in place. Raises Unparsable with `error` when `most` bytes hold none, and as `fill`."""
        while (end := self._data.find(b"\n", self._at)) < 0 and self.buffered <= most:
            self.fill()
        if not 0 <= end - self._at <= most:
            raise malformed(*error)
        return bytes(self._data[self._at : end + 1])

    def send(self, data: bytes, seconds: float) -> None:
        """Write all of `data`; every 256 KiB may take `seconds`. Raises Closed."""
        self._sock.settimeout(seconds)
        view = memoryview(data)
        try:
            while view:
                began, piece, view = time.monotonic(), view[:_SENT], view[_SENT:]
                while piece:
                    piece = piece[self._sock.send(piece) :]
                    if piece and time.monotonic() - began > seconds:
                        raise TimeoutError
        except OSError:
            raise Closed from None

    def linger(self, seconds: float, most: int) -> None:
        """Say that we are done, then throw away what still comes (at most `most` bytes for `seconds`), so that our last answer is
        not lost to a reset."""
        self.give(seconds)
        try:
            self._sock.shutdown(socket.SHUT_WR)
            while most > 0:
                self._at = len(self._data)
                self.fill()
                most -= self.buffered
        except Exception:  # whatever happens to a connection that we leave
            return
