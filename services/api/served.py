"""What agents serve, as the read model has it: networks by DHCP agents, routers by L3 agents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from libs.errors import not_found
from libs.model import is_uuid
from services.api.reads import Query
from services.api.statements import bodies

_NETWORKS = bodies(
    "network",
    "id = any(array(select p.network_id from port p join agent a on a.host = p.host"
    " where a.id = %s and p.device_owner = 'network:dhcp')) and hidden like '%%\"' || %s || '\"%%'",
)
_OF_NETWORK = bodies(
    "agent",
    "id = any(array(select one->>0 from network n, json_array_elements(n.hidden::json->'dhcp') one where n.id = %s))",
)
_ROUTERS = bodies("router", "agent_id = %s")
_OF_ROUTER = bodies("agent", "id = (select nullif(r.agent_id, '') from router r where r.id = %s)")


@dataclass(frozen=True, slots=True)
class Server:
    """An agent as far as schedulers need to know it."""

    id: str
    host: str
    agent_type: str
    availability_zone: str
    admin_state_up: bool


class Served:
    """Reads over `query(sql, values) -> rows`; ids that are none are of nothing."""

    def __init__(self, query: Query) -> None:
        self._query = query

    def agent(self, id: str) -> Server:
        """One agent. Raises Refusal 404."""
        text = "select id, host, agent_type, coalesce(availability_zone, ''), admin_state_up from agent where id = %s"
        rows = self._query(text, (id,)) if is_uuid(id) else []
        if not rows:
            raise not_found("agent", id[:255])
        return Server(*rows[0])

    def networks_of(self, agent_id: str) -> str:
        """The networks that a DHCP agent serves, as JSON texts joined by commas: found by its host's DHCP ports, which are made and
        removed with the fact."""
        return self._texts(_NETWORKS, agent_id, agent_id)

    def agents_of_network(self, network_id: str) -> str:
        """The DHCP agents of a network, likewise."""
        return self._texts(_OF_NETWORK, network_id)

    def routers_of(self, agent_id: str) -> str:
        """The routers that an L3 agent runs, likewise."""
        return self._texts(_ROUTERS, agent_id)

    def agents_of_router(self, router_id: str) -> str:
        """The L3 agent of a router, likewise."""
        return self._texts(_OF_ROUTER, router_id)

    def dhcp_ports(self, network_id: str) -> dict[str, tuple[str, str]]:
        """{agent: (host, its DHCP port)} of a network. Raises Refusal 404."""
        served: list[list[Any]] = json.loads(self._hidden("network", network_id))["dhcp"]
        return {agent: (host, port) for agent, host, _, port in served}

    def router_agent(self, router_id: str) -> str:
        """The agent that runs a router, empty for none. Raises Refusal 404."""
        rows = self._query("select agent_id from router where id = %s", (router_id,)) if is_uuid(router_id) else []
        if not rows:
            raise not_found("router", router_id[:255])
        return str(rows[0][0])

    def _hidden(self, kind: str, id: str) -> str:
        rows = self._query(f"select hidden from {kind} where id = %s", (id,)) if is_uuid(id) else []
        if not rows:
            raise not_found(kind, id[:255])
        return str(rows[0][0])

    def _texts(self, text: str, *values: str) -> str:
        return ",".join([str(row[0]) for row in self._query(text, values)])
