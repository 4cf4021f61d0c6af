"""One client's connection: requests in, the WSGI application called, answers out; every stage has its deadline.

It stands where eventlet's HttpProtocol would: that one waits for ever, and lets a body be sent with two lengths.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from libs.http.body import Body
from libs.http.errors import REASONS, Unparsable, body_of, malformed
from libs.http.head import Head, parse_head
from libs.http.limits import Limits
from libs.http.stream import Closed, Stream

LOG = logging.getLogger(__name__)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BODYLESS = ("204", "304")
_LONG_LINE, _LONG_HEAD = ("The request line is too long.", 414), ("The header is too large.", 431)
_AT_ONCE = 65536

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


@lru_cache(maxsize=256)
def _variable(header: str) -> str:
    """CGI's name of a header."""
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


class Connection:
    """Serves one accepted socket until the client goes, sends what cannot be parsed, or takes too long."""

    def __init__(self, sock: socket.socket, address: str, app: Application, limits: Limits) -> None:
        self._stream, self._address, self._app, self._limits = Stream(sock), address, app, limits
        self._sock, self._busy, self._closing = sock, False, False

    @property
    def busy(self) -> bool:
        """Whether a request is being worked on."""
        return self._busy

    def retire(self) -> None:
        """End after the request that is being worked on; at once when there is none."""
        self._closing = True
        if not self._busy:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Answer requests until the connection ends. Raises nothing; closes the socket."""
        try:
            while self._serve_one() and not self._closing:
                self._busy = False
                if self._stream.buffered:
                    time.sleep(0)  # who sends many requests at once must not keep others from theirs
        except Closed:
            LOG.debug("connection ended by %s", self._address)
        except Unparsable as refusal:
            self._refuse(refusal)
        except Exception:
            LOG.exception("a connection of %s broke", self._address)
        finally:
            self._sock.close()

    def _serve_one(self) -> bool:
        """One request; whether another may follow."""
        head = self._read_head()
        greeting = _CONTINUE if head.expects_continue else b""
        body = Body(self._stream, head.length or 0, head.chunked, self._limits.body_seconds, greeting)
        answer = Answer(self._stream, head, self._limits.write_seconds)
        chunks = self._app(self._environ(head, body), answer.start)
        answer.keep = answer.keep and head.keep_alive and body.finished and not self._closing
        try:
            answer.write(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        if not answer.keep and not body.finished:
            self._stream.linger(2.0, 2 * self._limits.bulk_bytes)
        return answer.keep

    def _read_head(self) -> Head:
        limits, stream = self._limits, self._stream
        if not stream.buffered:
            self._wait_for_first_byte()
        self._busy = True
        stream.give(limits.header_seconds)
        line = stream.peek_line(limits.line_bytes, _LONG_LINE)
        if line == b"\r\n":  # RFC 9112 2.2: an empty line before a request is forgiven
            stream.take(2)
            line = stream.peek_line(limits.line_bytes, _LONG_LINE)
        if not line.endswith(b"\r\n"):
            raise malformed("Malformed request line.")
        return parse_head(stream.until(b"\r\n\r\n", limits.headers_bytes, _LONG_HEAD), limits)

    def _wait_for_first_byte(self) -> None:
        self._stream.give(self._limits.idle_seconds)
        try:
            self._stream.fill()
        except Unparsable:
            raise Closed from None

    def _environ(self, head: Head, body: Body) -> dict[str, Any]:
        env: dict[str, Any] = {
            "REQUEST_METHOD": head.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": head.path,
            "QUERY_STRING": head.query,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self._address,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": body,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in head.headers.items():
            env[_variable(name)] = value
        if head.chunked:
            env["wsgi.input_terminated"] = True
        return env

    def _refuse(self, refusal: Unparsable) -> None:
        """Answer bytes that are no request, and leave."""
        text = body_of(refusal)
        head = (
            f"HTTP/1.1 {refusal.status} {REASONS[refusal.status]}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(text)}\r\nX-Openstack-Request-Id: req-{uuid.uuid4()}\r\nConnection: close\r\n\r\n"
        )
        try:
            self._stream.send(head.encode() + text, self._limits.write_seconds)
            self._stream.linger(2.0, 2 * self._limits.bulk_bytes)
        except Closed:
            return


class Answer:
    """Writes one answer; `keep` says whether the connection may go on after it."""

    def __init__(self, stream: Stream, head: Head, seconds: float) -> None:
        self._stream, self._head, self._seconds = stream, head, seconds
        self.keep, self._status, self._headers = True, "", list[tuple[str, str]]()

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        """WSGI's start_response; the old write callable is not offered. `Connection: close` among the headers is obeyed."""
        self._status, self._headers = status, headers
        if ("Connection", "close") in headers:
            self.keep = False

    def write(self, chunks: Iterable[bytes]) -> None:
        """Send the answer: at once when all chunks are there (a list), else each as it comes. Raises Closed."""
        bodyless = self._head.method == "HEAD" or self._status[:3] in _BODYLESS
        if isinstance(chunks, list):
            length = sum(map(len, chunks))
            head = self._head_of("" if self._status[:3] in _BODYLESS else f"Content-Length: {length}\r\n")
            whole = [head] if bodyless else [head, *chunks]
            for data in [b"".join(whole)] if length < _AT_ONCE else whole:
                self._stream.send(data, self._seconds)
        else:
            self._stream_out(chunks, bodyless)

    def _stream_out(self, chunks: Iterable[bytes], bodyless: bool) -> None:
        chunked = self._head.version >= (1, 1)
        self.keep = self.keep and chunked
        self._stream.send(self._head_of("Transfer-Encoding: chunked\r\n" if chunked else ""), self._seconds)
        if bodyless:
            return
        for chunk in chunks:
            if chunk:
                self._stream.send(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk, self._seconds)
        if chunked:
            self._stream.send(b"0\r\n\r\n", self._seconds)

    def _head_of(self, framing: str) -> bytes:
        fields = "".join([f"{name}: {value}\r\n" for name, value in self._headers if name != "Connection"])
        if not self.keep:
            framing += "Connection: close\r\n"
        elif self._head.version < (1, 1):
            framing += "Connection: keep-alive\r\n"
        return f"HTTP/1.1 {self._status}\r\nDate: {_date(int(time.time()))}\r\n{fields}{framing}\r\n".encode("latin-1")
