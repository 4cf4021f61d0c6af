"""Agents: registered, reconfigured, down and up again; what operators say of them."""

from __future__ import annotations

from libs.commands import DeleteAgent, MarkAgentDown, MarkAgentUp, RegisterAgent, UpdateAgent
from libs.eventlog.protocol import Change
from libs.events import (
    AgentAdminStateChanged,
    AgentCameUp,
    AgentDeleted,
    AgentDescribed,
    AgentEvent,
    AgentReconfigured,
    AgentRegistered,
    AgentWentDown,
)
from libs.network.agent import Agent
from libs.network.deciders.reading import change, changing, existing, found
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


def update(command: UpdateAgent, world: World) -> Decision:
    """Whether it takes new work, and what operators call it. Raises 404."""
    resource = existing(world, "agent", command.agent_id)
    agent: Agent = resource.state
    events: list[AgentEvent] = []
    up = command.changes.get("admin_state_up", agent.admin_state_up)
    if up != agent.admin_state_up:
        events.append(AgentAdminStateChanged(agent.id, agent.host, up))
    description = command.changes.get("description", agent.description) or ""
    if description != agent.description:
        events.append(AgentDescribed(agent.id, agent.host, agent.description, description))
    return changing(resource, events)


def delete(command: DeleteAgent, world: World) -> Decision:
    """Its end in the registry. Raises 404."""
    resource = existing(world, "agent", command.agent_id)
    agent: Agent = resource.state
    return Decision(
        (change(resource, (AgentDeleted(agent.id, agent.host, agent.agent_type),), ends=True),),
        touched=(resource.stream,),
    )
