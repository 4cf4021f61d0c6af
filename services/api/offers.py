"""What services can be had: the providers, and which service profiles a flavor stands for.

Source: neutron.extensions.{servicetype,flavors}.
"""

from __future__ import annotations

import json
from typing import Any

from libs.commands import AssociateProfile, Command, DisassociateProfile
from libs.errors import bad_request, not_found
from libs.errors.flavor import driver_not_found, not_associated, profile_disabled
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.model import Context, is_uuid
from libs.network.flavor import L3_SERVICE, PROVIDERS
from libs.policy import Target
from services.api.callers import Callers
from services.api.reads import Query
from services.api.schemas.flavor import to_association
from services.api.writes import Commit

_PROVIDERS: list[dict[str, Any]] = [
    {"service_type": L3_SERVICE, "name": name, "default": number == 0} for number, name in enumerate(PROVIDERS)
]
_FILTERS = ("service_type", "name", "default")
_NEXT = (
    "select f.service_profile_ids[1], p.enabled, p.driver from flavor f"
    " left join service_profile p on p.id = f.service_profile_ids[1] where f.id = %s"
)


class Offers:
    """Handlers of /v2.0/service-providers and of what is below /v2.0/flavors/{id}."""

    def __init__(self, query: Query, commit: Commit, callers: Callers) -> None:
        self._query, self._commit, self._callers = query, commit, callers

    def routes(self) -> list[Route]:
        """All of them."""
        of_flavor = "/v2.0/flavors/{id}"
        return [
            ("GET", "/v2.0/service-providers", self.providers),
            ("POST", f"{of_flavor}/service_profiles", self.associate),
            ("DELETE", f"{of_flavor}/service_profiles/{{profile}}", self.disassociate),
            ("GET", f"{of_flavor}/next_providers", self.next_providers),
        ]

    def providers(self, request: Request) -> Reply:
        """GET of the providers."""
        self._allowed(request, "get_service_provider")
        wanted = [(name, value.lower()) for name, value in request.query if name in _FILTERS]
        fields = [value for name, value in request.query if name == "fields" and value]
        found = [one for one in _PROVIDERS if all(str(one[name]).lower() == value for name, value in wanted)]
        shown = [{name: one[name] for name in one if not fields or name in fields} for one in found]
        return _reply({"service_providers": shown})

    def associate(self, request: Request) -> Reply:
        """Let a flavor stand for a service profile."""
        context = self._allowed(request, "create_flavor_service_profile")
        profile = to_association(request.json())
        self._done(AssociateProfile(_id(request, "flavor", "id"), profile), context)
        return _reply({"service_profile": {"id": profile}}, 201)

    def disassociate(self, request: Request) -> Reply:
        """Let it stand for it no longer."""
        context = self._allowed(request, "delete_flavor_service_profile")
        if request.has_body():
            raise bad_request("Request body is not supported in DELETE.")
        profile = _id(request, "service_profile", "profile")
        self._done(DisassociateProfile(_id(request, "flavor", "id"), profile), context)
        return Reply(204)

    def next_providers(self, request: Request) -> Reply:
        """GET of the provider that something of this flavor would get. Raises Refusal 404, 503."""
        self._allowed(request, "get_flavor")
        flavor = _id(request, "flavor", "id")
        rows = self._query(_NEXT, (flavor,))
        if not rows:
            raise not_found("flavor", flavor)
        profile, enabled, driver = rows[0]
        if profile is None:
            raise not_associated("", flavor)
        if not enabled:
            raise profile_disabled()
        names = [name for name, one in PROVIDERS.items() if one == driver]
        if not names:
            raise driver_not_found(str(driver))
        return _reply({"next_providers": [{"provider": names[0], "driver": driver}]})

    def _allowed(self, request: Request, rule: str) -> Context:
        context = self._callers.context(request)
        self._callers.policy.demand(rule, context.actor, Target(""))
        return context

    def _done(self, command: Command, context: Context) -> None:
        self._commit(command, context)


def _id(request: Request, kind: str, name: str) -> str:
    id = request.parameters[name]
    if not is_uuid(id):
        raise not_found(kind, id[:255])
    return id


def _reply(body: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, [json.dumps(body).encode()])
