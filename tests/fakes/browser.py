"""Calls a WSGI application in-process, as a client that looks at status, headers and JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class _Input(io.BytesIO):
    """A body that knows whether it was read to its end, as the server's does."""

    @property
    def finished(self) -> bool:
        return self.tell() == len(self.getvalue())


@dataclass(frozen=True)
class Seen:
    """One reply."""

    status: int
    headers: Mapping[str, str]
    text: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, str]:
        """(status, type) of a NeutronError; its body must have exactly Neutron's shape."""
        error = self.json["NeutronError"]
        assert set(error) == {"type", "message", "detail"} and error["message"]
        return self.status, error["type"]


class Browser:
    """One caller of an application, from the address `peer`; `headers` go with every request."""

    def __init__(self, app: Any, headers: Mapping[str, str] | None = None, peer: str = "127.0.0.1") -> None:
        self._app, self._headers, self._peer = app, dict(headers or {}), peer

    def acting(self, project: str, *roles: str, **headers: str) -> Browser:
        """Another caller."""
        named = {"X-Project-Id": project, "X-User-Id": f"user-of-{project}", "X-Roles": ",".join(roles)}
        return Browser(self._app, {**named, **headers})

    def call(self, method: str, target: str, body: Any = None, raw: bytes | None = None, **headers: Any) -> Seen:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        path, _, query = target.partition("?")
        env: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_HOST": "localhost:9696",
            "REMOTE_ADDR": self._peer,
        }
        env |= {"wsgi.input": _Input(data), "CONTENT_LENGTH": str(len(data)), "CONTENT_TYPE": "application/json"}
        for name, value in {**self._headers, **headers}.items():
            key = name.upper().replace("-", "_")
            env[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        seen: list[Any] = []
        chunks = self._app(env, lambda status, headers: seen.extend((status, headers)))
        return Seen(int(seen[0].split()[0]), dict(seen[1]), b"".join(chunks))

    def get(self, target: str, **headers: Any) -> Seen:
        return self.call("GET", target, **headers)

    def post(self, target: str, body: Any, **headers: Any) -> Seen:
        return self.call("POST", target, body, **headers)

    def put(self, target: str, body: Any, **headers: Any) -> Seen:
        return self.call("PUT", target, body, **headers)

    def delete(self, target: str, **headers: Any) -> Seen:
        return self.call("DELETE", target, **headers)

    def made(self, kind: str, **values: Any) -> dict[str, Any]:
        """Create one resource, which must succeed; `__` in a name stands for a colon."""
        seen = self.post(f"/v2.0/{kind}s", {kind: {name.replace("__", ":"): value for name, value in values.items()}})
        assert seen.status == 201, seen.text
        made: dict[str, Any] = seen.json[kind]
        return made
