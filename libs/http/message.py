"""A request and a reply as an application's handlers see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from libs.errors import bad_request
from libs.http.door import is_loopback
from libs.http.errors import not_json, too_large
from libs.http.json_text import parse_json
from libs.http.limits import Limits


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `parameters`: {name: text} of the route. `id` is ours, `correlation_id` the caller's (`req-<uuid>`) or ours."""

    environ: dict[str, Any]
    parameters: dict[str, str]
    id: str
    correlation_id: str
    limits: Limits

    def header(self, name: str) -> str:
        """The value of a header, empty when it was not sent."""
        value: str = self.environ.get("HTTP_" + name.upper().replace("-", "_"), "")
        return value

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's (name, value) pairs in order, empty values kept. Raises Refusal 400 when it is not UTF-8."""
        text = self.environ["QUERY_STRING"]
        if not text:
            return []
        try:
            return parse_qsl(text, keep_blank_values=True, errors="strict")
        except ValueError:
            raise bad_request("The query string is malformed") from None

    @property
    def url(self) -> str:
        """The address of what was asked for, without its query, as the client sees it."""
        return f"{self.root}{self.environ['PATH_INFO']}"

    @property
    def root(self) -> str:
        """Scheme and host as the client sees them; only a proxy on this machine is believed about the scheme."""
        scheme = self.header("x-forwarded-proto") if is_loopback(self.environ.get("REMOTE_ADDR", "")) else ""
        scheme = scheme if scheme in ("http", "https") else "http"
        return f"{scheme}://{self.header('host') or 'localhost'}"

    def has_body(self) -> bool:
        """Whether something was sent (an empty chunked body counts as one)."""
        return not self.environ["wsgi.input"].finished

    def json(self, bulk: str = "") -> Any:
        """The body's value; None when there is none. An object with the key `bulk` may be of bulk_bytes, others of body_bytes.

        Raises Refusal 400, 408, 413, 415.
        """
        if not self.has_body():
            return None
        kind = self.environ.get("CONTENT_TYPE", "")
        # Neutron takes a body without a type, so we do; but a web page may send one to anybody without asking first.
        taken = ("application/json",) if self.header("origin") else ("application/json", "")
        if kind.partition(";")[0].strip().lower() not in taken:
            raise not_json(kind)
        most = self.limits.bulk_bytes if bulk else self.limits.body_bytes
        if int(self.environ.get("CONTENT_LENGTH", 0)) > most:
            raise too_large(most)
        data = self.environ["wsgi.input"].read(most + 1)
        if len(data) > most:
            raise too_large(most)
        value = parse_json(data, self.limits, bool(bulk))
        if len(data) > self.limits.body_bytes and not (isinstance(value, dict) and bulk in value):
            raise too_large(self.limits.body_bytes)
        return value


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers. body: bytes in a list, or an iterable that is sent piece by piece; None for no body."""

    status: int = 200
    body: Iterable[bytes] | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
