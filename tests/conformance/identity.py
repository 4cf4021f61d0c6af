"""A client of the Identity API for tests: the same requests to a real Keystone and to the fake."""

from __future__ import annotations

from typing import Any

import requests

from tests.conformance.people import PASSWORD

DOMAIN = {"id": "default"}


class Identity:
    """Requests to the Keystone at `url`, as its administrator."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._token = self.login("admin", project="admin")

    def login(self, user: str, **scope: Any) -> str:
        """A token. `project`: its name; `domain`, `system`: as in the API; none of them: unscoped."""
        if "project" in scope:
            scope = {"project": {"name": scope["project"], "domain": DOMAIN}}
        named = {"name": user, "domain": DOMAIN, "password": PASSWORD}
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": named}}}
        reply = requests.post(
            f"{self.url}/auth/tokens", json={"auth": auth | ({"scope": scope} if scope else {})}, timeout=30
        )
        reply.raise_for_status()
        return reply.headers["X-Subject-Token"]

    def revoke(self, token: str) -> None:
        """End a token."""
        headers = {"X-Auth-Token": self._token, "X-Subject-Token": token}
        requests.delete(f"{self.url}/auth/tokens", headers=headers, timeout=30).raise_for_status()

    def enable(self, user: str, enabled: bool) -> None:
        """Let a user in, or shut one out, which ends all tokens that he has."""
        (found,) = self.get("users", name=user)
        self.send("PATCH", f"users/{found['id']}", {"user": {"enabled": enabled}})

    def get(self, collection: str, **query: str) -> list[dict[str, Any]]:
        """What there is of a collection."""
        found: list[dict[str, Any]] = self.send("GET", collection, query=query)[collection.rpartition("/")[2]]
        return found

    def send(self, method: str, path: str, body: Any = None, query: Any = None) -> Any:
        """Any request; the answer's JSON, None without a body. Raises HTTPError."""
        headers = {"X-Auth-Token": self._token}
        reply = requests.request(method, f"{self.url}/{path}", json=body, params=query, headers=headers, timeout=30)
        reply.raise_for_status()
        return reply.json() if reply.content else None
