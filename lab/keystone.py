"""A stand-in for Keystone on loopback: users, projects, roles and tokens in memory, behind real HTTP, and it can fail as one does.

`tests/contract/test_keystone_contract.py` has it pass what the real one passes.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.keystone_http import Answer, Server, handler_for

DOMAIN = {"id": "default", "name": "Default"}
WINDOW_SECONDS = 172_800.0
UNAUTHORIZED = "The request you have made requires authentication."


@dataclass
class User:
    """Somebody; `since`: tokens that were issued before are void."""

    name: str
    password: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    enabled: bool = True
    since: float = 0.0


@dataclass(frozen=True)
class Token:
    """A login. `project`: its name, empty when the scope is another."""

    user: User
    scope: str
    project: str
    issued_at: float
    expires_at: float

    def holds(self, now: float) -> bool:
        """Whether it is valid at `now`, in seconds since 1970."""
        return self.user.enabled and self.user.since < self.issued_at and now < self.expires_at


class KeystoneError(Exception):
    """An answer that is an error: (status, message)."""


class FakeKeystone:
    """`.url`. `.validations`, `.logins`: how many were answered. `.seconds`: how long an answer takes. `.status`: what is answered
    instead, when it is not 0. `.lifetime`: seconds that a new token lives. It grows by `.person`."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.projects: dict[str, str] = {}
        self.roles: dict[tuple[str, str], tuple[str, ...]] = {}
        self.tokens: dict[str, Token] = {}
        self.validations = self.logins = 0
        self.seconds, self.status, self.lifetime = 0.0, 0, 3600.0
        self._server: Server | None = None
        self._port, self._open = 0, set[socket.socket]()
        self.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}/v3"

    def start(self) -> None:
        """Answer, on the same port as before."""
        self._server = Server(("127.0.0.1", self._port), handler_for(self.answer, self._open))
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Go away; what is known stays."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def person(self, name: str, password: str, project: str, *roles: str) -> None:
        """A user with roles in a project; both are made where they are missing."""
        self.users.setdefault(name, User(name, password))
        self.projects.setdefault(project, uuid.uuid4().hex)
        self.roles[name, project] = roles

    def token(self, name: str, scope: str = "project", project: str = "") -> str:
        """A token without asking for one."""
        now, text = time.time(), f"gAAAA{secrets.token_urlsafe(60)}"
        self.tokens[text] = Token(self.users[name], scope, project, now, now + self.lifetime)
        return text

    def forget(self) -> None:
        """Know no token any more, as after its keys were changed."""
        self.tokens.clear()

    def answer(self, method: str, path: str, query: dict[str, str], headers: Any, body: Any) -> Answer:
        """What is answered to a request."""
        time.sleep(self.seconds)
        if self.status:
            return self.status, {"error": {"code": self.status, "message": "as the test wants it"}}, {}
        try:
            if not path.startswith(("/v3/auth/tokens", "/v3/users", "/v3/projects")):
                raise KeystoneError(404, "Not found.")
            if (method, path) == ("POST", "/v3/auth/tokens"):
                return self._login(body["auth"])
            caller = self._valid(headers["X-Auth-Token"] or "", 401)
            if path == "/v3/auth/tokens":
                return self._about_token(method, query, headers["X-Subject-Token"] or "", caller)
            return self._about_users(method, path, query, body)
        except KeystoneError as error:
            status, message = error.args
            return status, {"error": {"code": status, "message": message}}, {}

    def _login(self, asked: Any) -> Answer:
        self.logins += 1
        given = asked["identity"]["password"]["user"]
        user = self.users.get(given["name"])
        if user is None or user.password != given["password"] or not user.enabled:
            raise KeystoneError(401, UNAUTHORIZED)
        scope = asked.get("scope", {})
        project = scope.get("project", {}).get("name", "")
        if project and (user.name, project) not in self.roles:
            raise KeystoneError(401, UNAUTHORIZED)
        text = self.token(user.name, next(iter(scope), "unscoped"), project)
        return 201, self._described(self.tokens[text]), {"X-Subject-Token": text}

    def _about_token(self, method: str, query: dict[str, str], subject: str, caller: Token) -> Answer:
        if method == "DELETE":
            self._valid(subject, 404)
            del self.tokens[subject]
            return 204, None, {}
        self.validations += 1
        late = query.get("allow_expired") == "1"
        found = self._valid(subject, 404, WINDOW_SECONDS if late else 0.0)
        if caller is not found and not {"admin", "service"} & set(self._roles(caller)):
            raise KeystoneError(403, "You are not authorized to perform the requested action: identity:validate_token.")
        return 200, self._described(found), {}

    def _about_users(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if (method, path) == ("GET", "/v3/projects"):
            return 200, {"projects": [{"id": id, "name": name} for name, id in self.projects.items()]}, {}
        if (method, path) == ("GET", "/v3/users"):
            wanted = [one for one in self.users.values() if one.name == query.get("name", one.name)]
            return 200, {"users": [{"id": one.id, "name": one.name} for one in wanted]}, {}
        (user,) = (one for one in self.users.values() if path == f"/v3/users/{one.id}")
        user.enabled = body["user"]["enabled"]
        if not user.enabled:
            user.since = time.time()
        return 200, {"user": {"id": user.id}}, {}

    def _valid(self, text: str, status: int, window: float = 0.0) -> Token:
        found = self.tokens.get(text)
        if found is not None and found.holds(time.time() - window):
            return found
        raise KeystoneError(status, UNAUTHORIZED if status == 401 else "Failed to validate token")

    def _roles(self, token: Token) -> tuple[str, ...]:
        if token.scope in ("domain", "system"):
            return ("admin",)
        return self.roles.get((token.user.name, token.project), ())

    def _described(self, token: Token) -> Any:
        times = {"issued_at": token.issued_at, "expires_at": token.expires_at}
        said: dict[str, Any] = {name: _text(at) for name, at in times.items()}
        said |= {
            "methods": ["password"],
            "audit_ids": ["x"],
            "user": {"id": token.user.id, "name": token.user.name, "domain": DOMAIN},
        }
        if token.scope == "project":
            said["project"] = {"id": self.projects[token.project], "name": token.project, "domain": DOMAIN}
        elif token.scope in ("domain", "system"):
            said[token.scope] = DOMAIN if token.scope == "domain" else {"all": True}
        if token.scope != "unscoped":
            said["roles"] = [{"id": uuid.uuid4().hex, "name": name} for name in self._roles(token)]
        return {"token": said}


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
