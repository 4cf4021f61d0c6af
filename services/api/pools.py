"""GET /v2.0/floatingip_pools: where floating IPs can come from.

Source: neutron_lib.api.definitions.floatingip_pools, neutron.db.l3_fip_pools_db: a pool is an IPv4 subnet of an external network that
the caller sees, and shown as the caller's own.
"""

from __future__ import annotations

import json

from libs.errors import bad_request
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.policy import Target
from services.api.callers import Callers
from services.api.reads import Query
from services.api.schemas.fields import shown
from services.api.visibility import visible

_POOLS = (
    "select s.id, s.name, s.network_id, s.cidr from network n join subnet s on s.network_id = n.id"
    " where n.external_to is not null and s.ip_version = 4 and n.id = any(array(select id from network where {})) order by s.id"
)


class Pools:
    """The handler; there is nothing to filter or to page through."""

    def __init__(self, query: Query, callers: Callers) -> None:
        self._query, self._callers = query, callers

    def routes(self) -> list[Route]:
        """The one there is."""
        return [("GET", "/v2.0/floatingip_pools", self.index)]

    def index(self, request: Request) -> Reply:
        """All pools. Raises Refusal 400."""
        actor = self._callers.actor(request)
        asked = request.query
        unknown = [name for name, _ in asked if name != "fields"]
        if unknown:
            raise bad_request(f"{shown(unknown)} is invalid attribute for filtering")
        fields = {text for name, text in asked if text}
        seen, values = visible("network", actor)
        rows = (
            self._query(_POOLS.format(seen), values)
            if self._callers.policy.allowed("get_floatingip_pool", actor, Target(actor.project))
            else []
        )
        pools = (
            {
                "subnet_id": id,
                "subnet_name": name,
                "tenant_id": actor.project,
                "project_id": actor.project,
                "network_id": network,
                "cidr": cidr,
            }
            for id, name, network, cidr in rows
        )
        shown_pools = [{name: value for name, value in one.items() if not fields or name in fields} for one in pools]
        return Reply(200, [json.dumps({"floatingip_pools": shown_pools}).encode()])
