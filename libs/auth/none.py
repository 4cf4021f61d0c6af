"""Auth mode `none`: the headers are believed, as in Neutron's noauth."""

from __future__ import annotations

from libs.auth.protocol import Header
from libs.errors import Refusal, bad_request
from libs.model import Actor, is_printable

ADMIN, EVERY_ROLE = "admin", ("admin", "service")
_LIMIT = 255


class NoAuth:
    """Believes X-Project-Id or X-Tenant-Id, X-User-Id and X-Roles; a caller without roles is an admin and may do what Nova may,
    without a project he is of `default_project`."""

    def __init__(self, default_project: str) -> None:
        self._project = default_project

    def actor(self, header: Header) -> Actor:
        """The caller. Raises Refusal 400 for values no id can have."""
        project = _checked(header("x-project-id") or header("x-tenant-id"))
        user = _checked(header("x-user-id"))
        roles = tuple(role.strip().lower() for role in _checked(header("x-roles")).split(",") if role.strip())
        return Actor(user or ADMIN, project or self._project, roles or EVERY_ROLE)


def _checked(text: str) -> str:
    if len(text) > _LIMIT or not is_printable(text):
        raise _bad()
    return text


def _bad() -> Refusal:
    return bad_request("The headers that identify the caller are malformed")
