"""A tiny HTTP client of the API: one connection, JSON in and out, as one user of one project."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit


class Refused(RuntimeError):
    """The API answered with an error. `status`: HTTP status; `body`: its parsed answer; the text names the request."""

    def __init__(self, request: str, status: int, body: Any) -> None:
        super().__init__(f"{request}: {status} {body}")
        self.status, self.body = status, body


class Client:
    """Requests as a project's user (auth mode none). `project` empty: the admin of the default project."""

    def __init__(self, url: str, project: str = "", user: str = "demo", roles: str = "admin") -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if project:
            self._headers |= {"X-Project-Id": project, "X-User-Id": user, "X-Roles": roles}
        self._connection: http.client.HTTPConnection | None = None
        self.seconds = 0.0  # how long the last request took, from sending to the last byte

    def get(self, path: str) -> Any:
        """The parsed answer to GET /v2.0/<path>. Raises Refused, OSError."""
        return self.send("GET", path)

    def create(self, kind: str, **attributes: Any) -> dict[str, Any]:
        """POST one network, subnet or port; its body. Raises Refused, OSError."""
        body: dict[str, Any] = self.send("POST", f"{kind}s", {kind: attributes})[kind]
        return body

    def delete(self, kind: str, resource_id: str) -> None:
        """DELETE it. Raises Refused, OSError."""
        self.send("DELETE", f"{kind}s/{resource_id}")

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """The parsed answer (None when empty). Raises Refused for a status of 400 and above, OSError when there is none."""
        data = None if body is None else json.dumps(body)
        begun = time.perf_counter()
        status, text = self._exchange(method, f"/v2.0/{path}", data)
        self.seconds = time.perf_counter() - begun
        answer = _parsed(text)
        if status >= 400:
            raise Refused(f"{method} /v2.0/{path}", status, answer)
        return answer

    def _exchange(self, method: str, path: str, data: str | None) -> tuple[int, bytes]:
        fresh = self._connection is None
        connection = self._connection or http.client.HTTPConnection(*self._address, timeout=30)
        self._connection = connection
        try:
            connection.request(method, path, data, self._headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._connection = None
            if (
                fresh or method != "GET"
            ):  # a kept connection may have been closed by the server; only reads are safe to repeat
                raise OSError(f"{method} {path}: {error!r}") from error
            return self._exchange(method, path, data)


def _parsed(text: bytes) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(text) if text else None
    return text.decode(errors="replace")
