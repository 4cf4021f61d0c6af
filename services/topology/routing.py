"""Which L3 agent runs which router, and what its ports need. Pure: what is in, and the commands that make it right.

The same view gives the same commands, and a view in which all is well gives none; so the process that runs this may die at any step
and start anew. A router moves when its agent is lost or its host cannot carry one of its networks, and not back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from libs.commands import Command, ScheduleRouter, UnscheduleRouter, UpdatePort
from libs.model import L3_AGENT, OVS_AGENT
from libs.network.agent import Agent
from libs.network.network import Network
from libs.network.port import Port
from libs.network.router import L3Server, Router
from services.topology import binding
from services.topology.agents import Agents
from services.topology.loads import Loads

ASKED, DOWN, DELETED, OUT_OF_REACH = "asked", "agent down", "agent deleted", "network out of reach"
MOVES = (DOWN, OUT_OF_REACH)


@dataclass(frozen=True, slots=True)
class Routed:
    """One router, at `version`, with all that its place depends on. networks: {network_id: those it is on}; ports: {port_id: its
    own}."""

    router: Router
    networks: Mapping[str, Network] = field(default_factory=dict)
    ports: Mapping[str, Port] = field(default_factory=dict)
    version: int = 0


def commands(view: Routed, agents: Agents, loads: Loads, is_lost: Callable[[str], bool]) -> list[Command]:
    """What must be done so that the router runs on a live agent whose host carries all its networks; none for a router that is on no
    network yet. is_lost(agent_id): what that agent runs is to be given away, as soon as there is who takes it."""
    router = view.router
    reason = trouble(view, agents, is_lost)
    if not reason:
        return _mend(view, router.server, agents) if router.server else []
    found = candidates(view, agents)
    if found:
        agent = choose(found, loads)
        return [ScheduleRouter(router.id, agent.id, agent.host, agent.availability_zone, reason)]
    if reason == DELETED and router.server:
        return [UnscheduleRouter(router.id, router.server.agent_id, reason)]
    return []


def trouble(view: Routed, agents: Agents, is_lost: Callable[[str], bool]) -> str:
    """Why the router needs an agent, or another one, as a reason for the log; empty: it does not."""
    server = view.router.server
    if server is None:
        return ASKED if view.router.port_ids else ""
    if is_lost(server.agent_id):
        return DOWN if agents.get(server.agent_id) else DELETED
    return OUT_OF_REACH if not can_carry(view, server.host, agents, however=True) else ""


def is_lacking(view: Routed, agents: Agents) -> bool:
    """Whether something was wrong that a later look might find cured: a server, its agent or a binding was missing."""
    server = view.router.server
    if server is None:
        return bool(view.router.port_ids)
    return not agents.is_alive(server.agent_id) or not all(port.is_bound for port in view.ports.values())


def candidates(view: Routed, agents: Agents) -> list[Agent]:
    """Live L3 agents that take new work, on hosts that can carry the router, within its availability zone hints; not the present
    one."""
    router = view.router
    return [
        agent
        for agent in agents.all()
        if agent.agent_type == L3_AGENT
        and agent.alive
        and agent.admin_state_up
        and agent.host != router.host
        and (not router.availability_zone_hints or agent.availability_zone in router.availability_zone_hints)
        and can_carry(view, agent.host, agents)
    ]


def choose(found: Sequence[Agent], loads: Loads) -> Agent:
    """The one with the fewest routers, then by host name."""
    return min(found, key=lambda one: (loads.number(one.host), one.host, one.id))


def can_carry(view: Routed, host: str, agents: Agents, however: bool = False) -> bool:
    """Whether the OVS agent of the host reaches every network of the router; `however`: even if it is down now."""
    agent = agents.on(host, OVS_AGENT)
    if however:
        if agent is None:
            return True
        agent = replace(agent, alive=True)
    return not any(binding.obstacle(agent, host, network.segment) for network in view.networks.values())


def _mend(view: Routed, server: L3Server, agents: Agents) -> list[Command]:
    """Ports that could not be bound are bound as soon as their host can carry them."""
    agent = agents.on(server.host, OVS_AGENT)
    return [
        UpdatePort(port.id, {"host": server.host})
        for port in view.ports.values()
        if not port.is_bound
        and port.network_id in view.networks
        and not binding.obstacle(agent, server.host, view.networks[port.network_id].segment)
    ]
