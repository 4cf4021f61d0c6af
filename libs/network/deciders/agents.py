"""Agents: registered, reconfigured, down and up again."""

from __future__ import annotations

from libs.commands import MarkAgentDown, MarkAgentUp, RegisterAgent
from libs.eventlog.protocol import Change
from libs.events import AgentCameUp, AgentEvent, AgentReconfigured, AgentRegistered, AgentWentDown
from libs.network.agent import Agent
from libs.network.deciders.reading import changing, existing, found
from libs.network.resources import stream_of
from libs.network.world import Decision, World


def register(command: RegisterAgent, world: World) -> Decision:
    """Registered, reconfigured or come up, whichever is news."""
    resource = found(world, "agent", command.agent_id)
    stream = stream_of("agent", command.agent_id)
    if resource is None:
        fact = AgentRegistered(
            agent_id=command.agent_id,
            host=command.host,
            agent_type=command.agent_type,
            binary=command.binary,
            availability_zone=command.availability_zone,
            configurations=command.configurations,
        )
        return Decision((Change(stream, 0, (fact,)),), touched=(stream,))
    return changing(resource, _news(command, resource.state))


def _news(command: RegisterAgent, agent: Agent) -> list[AgentEvent]:
    news: list[AgentEvent] = []
    told = (command.availability_zone, dict(command.configurations))
    if told != (agent.availability_zone, dict(agent.configurations)):
        news.append(AgentReconfigured(agent.id, agent.host, told[0], agent.configurations, command.configurations))
    if not agent.alive:
        news.append(AgentCameUp(agent.id, agent.host))
    return news


def mark_down(command: MarkAgentDown, world: World) -> Decision:
    """Down, unless it is down already. Raises 404."""
    resource = existing(world, "agent", command.agent_id)
    agent: Agent = resource.state
    return changing(resource, (AgentWentDown(agent.id, agent.host),) if agent.alive else ())


def mark_up(command: MarkAgentUp, world: World) -> Decision:
    """Up, unless it is up already. Raises 404."""
    resource = existing(world, "agent", command.agent_id)
    agent: Agent = resource.state
    return changing(resource, () if agent.alive else (AgentCameUp(agent.id, agent.host),))
