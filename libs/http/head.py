"""A request's head: bytes in, value out, strictly by RFC 9112, so that no proxy in front reads it otherwise than we do. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from libs.http.errors import malformed
from libs.http.limits import Limits

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/(\d)\.(\d)")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_HOST = re.compile(r"[A-Za-z0-9._\-\[\]:%]*")
_ONCE = frozenset(("content-length", "transfer-encoding", "host", "content-type", "expect", "if-match"))


@dataclass(frozen=True, slots=True)
class Head:
    """One request's head. headers: {lower-case name: value}, repeated ones joined by commas; names with `_` are left out, since
    an application could not tell them from `-`. length None: no body, unless `chunked`."""

    method: str
    path: str
    query: str
    version: tuple[int, int]
    headers: dict[str, str]
    length: int | None
    chunked: bool
    keep_alive: bool

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends the body."""
        return self.version >= (1, 1) and self.headers.get("expect", "").lower() == "100-continue"


def parse_head(data: bytes, limits: Limits) -> Head:
    """The head in `data` (all lines up to the empty one, without it). Raises Unparsable 400, 414, 431, 501, 505."""
    lines = data.split(b"\r\n")
    if len(lines[0]) >= limits.line_bytes:
        raise malformed("The request line is too long.", 414)
    match = _REQUEST_LINE.fullmatch(lines[0])
    if match is None:
        raise malformed("Malformed request line.")
    version = (int(match[3]), int(match[4]))
    if version[0] != 1:
        raise malformed("Only HTTP/1.0 and HTTP/1.1 are spoken here.", 505)
    headers = _fields(lines, limits)
    path, query = _split_target(match[2].decode("ascii"), version, headers)
    length, chunked = _framing(headers, version)
    return Head(match[1].decode("ascii"), path, query, version, headers, length, chunked, _keeps(headers, version))


def _fields(lines: list[bytes], limits: Limits) -> dict[str, str]:
    if len(lines) - 1 > limits.headers:
        raise malformed("Too many header fields.", 431)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if len(line) >= limits.line_bytes:
            raise malformed("A header line is too long.", 431)
        match = _FIELD.fullmatch(line)
        if match is None:
            raise malformed("Malformed header field.")
        name, value = match[1].decode("ascii").lower(), match[2].decode("latin-1").rstrip(" \t")
        if "_" in name:
            continue
        if name in headers:
            if name in _ONCE:
                raise malformed(f"The header {name} may be sent once only.")
            value = f"{headers[name]},{value}"
        headers[name] = value
    return headers


def _split_target(target: str, version: tuple[int, int], headers: dict[str, str]) -> tuple[str, str]:
    """Path and query of an origin-form or absolute-form target."""
    host = headers.get("host")
    if host is None and version >= (1, 1):
        raise malformed("The header host is missing.")
    if host is not None and not _HOST.fullmatch(host):
        raise malformed("Malformed host.")
    if not target.startswith("/"):
        scheme, _, rest = target.partition("://")
        if scheme.lower() not in ("http", "https") or not rest:
            raise malformed("Malformed request target.")
        target = "/" + rest.partition("/")[2]
    path, _, query = target.partition("?")
    return path, query


def _framing(headers: dict[str, str], version: tuple[int, int]) -> tuple[int | None, bool]:
    """(Content-Length, chunked); whoever sends both, or anything unclear, is refused: that is how requests are smuggled."""
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None:
        if length is not None or version < (1, 1):
            raise malformed("Content-Length and Transfer-Encoding do not go together.")
        if coding.lower() != "chunked":
            raise malformed("Only the transfer coding chunked is known.", 501)
        return None, True
    if length is None:
        return None, False
    if not (length.isascii() and length.isdigit()) or len(length) > 18:
        raise malformed("Malformed content-length.")
    return int(length), False


def _keeps(headers: dict[str, str], version: tuple[int, int]) -> bool:
    options = headers.get("connection", "").lower()
    return "keep-alive" in options if version < (1, 1) else "close" not in options
