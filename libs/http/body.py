"""A request's body as WSGI's `wsgi.input`: by length or in chunks, counted while it is read."""

from __future__ import annotations

import re

from libs.http.errors import malformed
from libs.http.stream import Stream

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[^\x00-\x08\x0a-\x1f]*)?")
_BAD = ("Malformed chunk.", 400)
_LINE, _CHUNKS, _TRAILERS = 256, 16384, 20


class Body:
    """One request's body; `seconds` are for all of it. `greeting` is sent before the first read (100 Continue)."""

    def __init__(self, stream: Stream, length: int, chunked: bool, seconds: float, greeting: bytes = b"") -> None:
        self._stream, self._left, self._chunked = stream, length, chunked
        self._seconds, self._greeting, self._begun, self._chunks = seconds, greeting, False, 0

    @property
    def finished(self) -> bool:
        """Whether the whole body was read, so that the next request begins here."""
        return not self._chunked and self._left == 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes (all of them when negative), fewer only at the end.

        Raises Unparsable 400 for a bad chunk and 408 when it takes too long, Closed when the client goes away.
        """
        self._begin()
        parts, wanted = [], size if size >= 0 else 1 << 62
        while wanted > 0 and (self._left or (self._chunked and self._next_chunk())):
            data = self._stream.take(min(wanted, self._left))
            self._left -= len(data)
            wanted -= len(data)
            parts.append(data)
            if self._chunked and self._left == 0 and self._stream.until(b"\r\n", 0, _BAD):
                raise malformed(*_BAD)
        return b"".join(parts)

    def _begin(self) -> None:
        if self._begun or self.finished:
            return
        self._begun = True
        if self._greeting and not self._stream.buffered:
            self._stream.send(self._greeting, self._seconds)
        self._stream.give(self._seconds)

    def _next_chunk(self) -> bool:
        """Read the next chunk's size; False after the last one and its trailers."""
        match = _SIZE.fullmatch(self._stream.until(b"\r\n", _LINE, _BAD))
        self._chunks += 1
        if match is None or self._chunks > _CHUNKS:
            raise malformed(*_BAD)
        self._left = int(match[1], 16)
        if self._left:
            return True
        self._chunked = False
        for _ in range(_TRAILERS):
            if not self._stream.until(b"\r\n", _LINE, _BAD):
                return False
        raise malformed("Too many trailers.")
