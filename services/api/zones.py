"""Availability zones: what agents say of where they are, as one list for networks (DHCP agents) and routers (L3 agents).

Source: neutron_lib.api.definitions.availability_zone, Neutron's db/agents_db.py (_list_availability_zones).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from libs.errors import bad_request
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.model import DHCP_AGENT, L3_AGENT
from libs.policy import Target
from services.api.callers import Callers
from services.api.reads import Query
from services.api.schemas.fields import shown

ATTRIBUTES = ("name", "resource", "state")
RESOURCES = {DHCP_AGENT: "network", L3_AGENT: "router"}
"""{agent type: what its zone is a place for}"""

_PAGING = ("limit", "marker", "page_reverse")
_ZONES = """
    select availability_zone, agent_type, bool_or(coalesce(((body::json)->>'admin_state_up')::boolean, true)) from agent
    where agent_type = any(%s) and availability_zone <> '' group by 1, 2 order by 1, 2"""


class Zones:
    """GET /v2.0/availability_zones; every project sees them all."""

    def __init__(self, query: Query, callers: Callers) -> None:
        self._query, self._callers = query, callers

    def routes(self) -> list[Route]:
        """The one there is: zones have no ids, and come and go with their agents."""
        return [("GET", "/v2.0/availability_zones", self.index)]

    def index(self, request: Request) -> Reply:
        """Zones with all that the query asks for. Raises Refusal 400."""
        actor = self._callers.actor(request)
        fields, filters = asked(request.query)
        may_read = self._callers.policy.allowed("get_availability_zone", actor, Target(""))
        rows = self._query(_ZONES, (list(RESOURCES),)) if may_read else []
        found = (
            {"name": name, "resource": RESOURCES[kind], "state": "available" if is_up else "unavailable"}
            for name, kind, is_up in rows
        )
        zones = [
            {name: zone[name] for name in ATTRIBUTES if not fields or name in fields}
            for zone in found
            if all(zone[name] in wanted for name, wanted in filters.items())
        ]
        return Reply(200, [json.dumps({"availability_zones": zones}).encode()])


def asked(query: Iterable[tuple[str, str]]) -> tuple[list[str], Mapping[str, list[str]]]:
    """(fields, {attribute: values}) of a query; there is nothing to page through. Raises Refusal 400."""
    given: dict[str, list[str]] = {}
    for name, text in query:
        given.setdefault(name, []).append(text)
    fields = given.pop("fields", [])
    filters = {name: texts for name, texts in given.items() if name not in _PAGING}
    unknown = [name for name in filters if name not in ATTRIBUTES]
    if unknown:
        raise bad_request(f"{shown(unknown)} is invalid attribute for filtering")
    return fields, filters
