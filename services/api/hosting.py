"""Which agent serves what: read by operators, and decided by them where the schedulers are not to.

Source: neutron.db.agentschedulers_db, neutron.db.l3_agentschedulers_db and their extensions' controllers; as there, whom the policy
does not let is told so (403), and a list of the agents of something unknown is empty.
"""

from __future__ import annotations

import uuid

from libs.commands import ScheduleDhcp, ScheduleRouter, UnscheduleDhcp, UnscheduleRouter
from libs.errors import Refusal, bad_request
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.model import DHCP_AGENT, L3_AGENT, Context
from libs.policy import Target
from services.api.callers import Callers
from services.api.schemas.hosting import to_served
from services.api.served import Served, Server
from services.api.writes import Commit

_NOTHING = b"null"
"""What Neutron answers when something was given to an agent."""


class Hosting:
    """Handlers of the schedulers' paths under agents, networks and routers."""

    def __init__(self, served: Served, commit: Commit, callers: Callers) -> None:
        self._served, self._commit, self._callers = served, commit, callers

    def routes(self) -> list[Route]:
        """All eight."""
        networks, routers = "/v2.0/agents/{id}/dhcp-networks", "/v2.0/agents/{id}/l3-routers"
        return [
            ("GET", networks, self.networks),
            ("POST", networks, self.add_network),
            ("DELETE", f"{networks}/{{served}}", self.remove_network),
            ("GET", "/v2.0/networks/{id}/dhcp-agents", self.dhcp_agents),
            ("GET", routers, self.routers),
            ("POST", routers, self.add_router),
            ("DELETE", f"{routers}/{{served}}", self.remove_router),
            ("GET", "/v2.0/routers/{id}/l3-agents", self.l3_agents),
        ]

    def networks(self, request: Request) -> Reply:
        """The networks of a DHCP agent."""
        self._allowed(request, "get_dhcp-networks")
        return _reply("networks", self._served.networks_of(self._served.agent(request.parameters["id"]).id))

    def dhcp_agents(self, request: Request) -> Reply:
        """The DHCP agents of a network."""
        self._allowed(request, "get_dhcp-agents")
        return _reply("agents", self._served.agents_of_network(request.parameters["id"]))

    def routers(self, request: Request) -> Reply:
        """The routers of an L3 agent."""
        self._allowed(request, "get_l3-routers")
        return _reply("routers", self._served.routers_of(self._served.agent(request.parameters["id"]).id))

    def l3_agents(self, request: Request) -> Reply:
        """The L3 agent of a router."""
        self._allowed(request, "get_l3-agents")
        return _reply("agents", self._served.agents_of_router(request.parameters["id"]))

    def add_network(self, request: Request) -> Reply:
        """Let a DHCP agent serve a network."""
        context = self._allowed(request, "create_dhcp-network")
        network = to_served(request.json(), "network_id")
        ports = self._served.dhcp_ports(network)
        agent = self._served.agent(request.parameters["id"])
        if agent.agent_type != DHCP_AGENT or not agent.admin_state_up:
            text = f"Agent {agent.id} is not a valid DHCP Agent or has been disabled."
            raise Refusal(404, "InvalidDHCPAgent", text)
        if agent.id in ports:
            text = f"The network {network} has been already hosted by the DHCP Agent {agent.id}."
            raise Refusal(409, "NetworkHostedByDHCPAgent", text)
        self._commit(ScheduleDhcp(network, agent.id, agent.host, agent.availability_zone, str(uuid.uuid4())), context)
        return Reply(201, [_NOTHING])

    def remove_network(self, request: Request) -> Reply:
        """Let a DHCP agent serve a network no longer."""
        context = self._allowed(request, "delete_dhcp-network")
        _check_no_body(request)
        agent, network = self._served.agent(request.parameters["id"]), request.parameters["served"]
        ports = self._served.dhcp_ports(network)
        if agent.id not in ports:
            text = f"The network {network} is not hosted by the DHCP Agent {agent.id}."
            raise Refusal(409, "NetworkNotHostedByDhcpAgent", text)
        self._commit(UnscheduleDhcp(network, agent.id, *ports[agent.id]), context)
        return Reply(204)

    def add_router(self, request: Request) -> Reply:
        """Let an L3 agent run a router that none runs."""
        context = self._allowed(request, "create_l3-router")
        router = to_served(request.json(), "router_id")
        runs = self._served.router_agent(router)
        agent = self._served.agent(request.parameters["id"])
        _check_l3_agent(agent)
        if runs and runs != agent.id:
            text = f"The router {router} has been already hosted by the L3 Agent {runs}."
            raise Refusal(409, "RouterHostedByL3Agent", text)
        self._commit(ScheduleRouter(router, agent.id, agent.host, agent.availability_zone), context)
        return Reply(201, [_NOTHING])

    def remove_router(self, request: Request) -> Reply:
        """Let an L3 agent run a router no longer; one that it does not run is no error, as in Neutron."""
        context = self._allowed(request, "delete_l3-router")
        _check_no_body(request)
        agent, router = self._served.agent(request.parameters["id"]), request.parameters["served"]
        if self._served.router_agent(router) == agent.id:
            self._commit(UnscheduleRouter(router, agent.id), context)
        return Reply(204)

    def _allowed(self, request: Request, rule: str) -> Context:
        """Who asks. Raises Refusal 403."""
        context = self._callers.context(request)
        self._callers.policy.demand(rule, context.actor, Target(""))
        return context


def _check_l3_agent(agent: Server) -> None:
    if agent.agent_type != L3_AGENT or not agent.admin_state_up:
        raise Refusal(404, "InvalidL3Agent", f"Agent {agent.id} is not a L3 Agent or has been disabled")


def _check_no_body(request: Request) -> None:
    if request.has_body():
        raise bad_request("Request body is not supported in DELETE.")


def _reply(plural: str, texts: str) -> Reply:
    return Reply(200, [f'{{"{plural}": [{texts}]}}'.encode()])
