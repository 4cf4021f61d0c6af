"""What Keystone said of a token, as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """A valid token's owner. `scope` is `project`, `domain`, `system` or `unscoped`; `project` and `domain` (the project's) are empty
    unless it is `project`. `expires_at` is in seconds since 1970."""

    user: str
    scope: str
    project: str
    domain: str
    roles: tuple[str, ...]
    expires_at: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Keystone does not know the token, or not any more."""


@dataclass(frozen=True, slots=True)
class Away:
    """Nobody could say. `lasting`: Keystone does not answer, or not to us, whichever token is asked about."""

    reason: str
    lasting: bool = False


Verdict = Identity | Refused | Away


def identity_of(body: Any) -> Identity:
    """The body of `GET /v3/auth/tokens`. Raises ValueError when it is none. Roles are lower case, as oslo.policy compares them, and
    sorted; Keystone sorts them not."""
    token = _object(body, "token")
    scope, project, domain = "unscoped", "", ""
    if "project" in token:
        given = _object(token, "project")
        scope, project, domain = "project", _text(given, "id"), _text(_object(given, "domain"), "id")
    elif "domain" in token or "system" in token:
        scope = "domain" if "domain" in token else "system"
    roles = token.get("roles", [])
    if not isinstance(roles, list):
        raise ValueError("roles is no list")
    names = tuple(sorted(_text(role, "name").lower() for role in roles))
    expires_at = datetime.fromisoformat(_text(token, "expires_at"))
    if expires_at.tzinfo is None:
        raise ValueError("expires_at has no time zone")
    return Identity(_text(_object(token, "user"), "id"), scope, project, domain, names, expires_at.timestamp())


def _object(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no object")
    return found


def _text(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str) or not found:
        raise ValueError(f"{name} is no text")
    return found
