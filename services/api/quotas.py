"""Quotas: what a project may have, and what it has.

Source: neutron.extensions.{quotasv2,quotasv2_detail}. A project's own are its to see; others' are the policy's matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from libs.commands import ChangeQuota, ResetQuota
from libs.config import Settings
from libs.errors import bad_request
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.network.quota import RESOURCES, limits_in
from libs.policy import Target
from services.api.callers import Callers
from services.api.reads import Query
from services.api.schemas.quota import to_limits, to_project
from services.api.writes import Commit

_LIMITS = "select limits from quota where project_id = %s"
_CHANGED = "select project_id, limits from quota where limits <> '' order by project_id"
_DETAILS = """
    select kind, used, null from quota_usage where project_id = %s
    union all select '', 0, limits from quota where project_id = %s"""


def defaults_of(settings: Settings) -> dict[str, int]:
    """{resource: how many a project may have of it} where nothing else was set for it; -1 for any number."""
    return {name: getattr(settings, f"quota_{name}") for name in RESOURCES}


class Quotas:
    """Handlers of /v2.0/quotas. `defaults`: as `defaults_of` gives them."""

    def __init__(self, query: Query, commit: Commit, callers: Callers, defaults: Mapping[str, int]) -> None:
        self._query, self._commit, self._callers, self._defaults = query, commit, callers, defaults

    def routes(self) -> list[Route]:
        """All of them."""
        many, one = "/v2.0/quotas", "/v2.0/quotas/{id}"
        return [
            ("GET", many, self.index),
            ("GET", f"{many}/tenant", self.tenant),
            ("GET", f"{many}/project", self.project),
            ("GET", one, self.show),
            ("PUT", one, self.update),
            ("DELETE", one, self.delete),
            ("GET", f"{one}/default", self.default),
            ("GET", f"{one}/details", self.details),
        ]

    def index(self, request: Request) -> Reply:
        """GET of those that were changed."""
        self._callers.policy.demand("get_quota", self._callers.actor(request), Target(""))
        rows = self._query(_CHANGED, ())
        every = [{**self._limits(text), "project_id": project, "tenant_id": project} for project, text in rows]
        return _reply({"quotas": every})

    def tenant(self, request: Request) -> Reply:
        """GET of the caller's own project, as older clients ask."""
        return _reply({"tenant": {"tenant_id": self._callers.actor(request).project}})

    def project(self, request: Request) -> Reply:
        """GET of the caller's own project."""
        return _reply({"project": {"project_id": self._callers.actor(request).project}})

    def show(self, request: Request) -> Reply:
        """GET of one project's limits."""
        rows = self._query(_LIMITS, (self._seen(request),))
        return _reply({"quota": self._limits(rows[0][0] if rows else "")})

    def default(self, request: Request) -> Reply:
        """GET of the limits that a project has to which nothing else was given."""
        self._seen(request)
        return _reply({"quota": dict(self._defaults)})

    def details(self, request: Request) -> Reply:
        """GET of limits beside what there is; nothing is ever reserved, since what is made is counted as it is committed."""
        project = self._seen(request)
        used, text = {}, ""
        for kind, number, limits in self._query(_DETAILS, (project, project)):
            used[kind] = number
            text = limits or text
        limits = self._limits(text)
        found = {name: {"limit": limits[name], "used": used.get(name, 0), "reserved": 0} for name in limits}
        return _reply({"quota": found})

    def update(self, request: Request) -> Reply:
        """PUT of some limits."""
        context, project = self._callers.context(request), to_project(request.parameters["id"])
        self._callers.policy.demand("update_quota", context.actor, Target(project))
        limits, forced = to_limits(request.json())
        (row,) = self._commit(ChangeQuota(project, limits, not forced), context).rows
        return _reply({"quota": {**self._defaults, **(limits_in(row.columns or {}) if row else {})}})

    def delete(self, request: Request) -> Reply:
        """DELETE: the defaults again."""
        if request.has_body():
            raise bad_request("Request body is not supported in DELETE.")
        context, project = self._callers.context(request), to_project(request.parameters["id"])
        self._callers.policy.demand("delete_quota", context.actor, Target(project))
        self._commit(ResetQuota(project), context)
        return Reply(204)

    def _seen(self, request: Request) -> str:
        """The project, when the caller may see its quota. Raises Refusal 403."""
        actor, project = self._callers.actor(request), to_project(request.parameters["id"])
        if project != actor.project:
            self._callers.policy.demand("get_quota", actor, Target(project))
        return project

    def _limits(self, text: str) -> dict[str, int]:
        return {**self._defaults, **limits_in({"limits": text})}


def _reply(body: Mapping[str, Any]) -> Reply:
    return Reply(200, [json.dumps(body).encode()])
