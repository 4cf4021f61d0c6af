"""An agent: its state, how facts fold into it, and its API body."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

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
from libs.model import DHCP_AGENT, L3_AGENT
from libs.network.ordered import ordered

_TOPICS = {DHCP_AGENT: "dhcp_agent", L3_AGENT: "l3_agent"}


@dataclass(frozen=True, slots=True)
class Agent:
    """A process on a host that puts the log's facts into the kernel; alive as the log's facts say. admin_state_up False: it is to
    take no new work."""

    id: str
    host: str
    agent_type: str
    binary: str
    availability_zone: str
    configurations: Mapping[str, Any]
    alive: bool = True
    admin_state_up: bool = True
    description: str = ""


def _changed(state: Agent, event: AgentEvent) -> Agent:
    match event:
        case AgentReconfigured():
            return replace(state, availability_zone=event.availability_zone, configurations=event.configurations)
        case AgentWentDown():
            return replace(state, alive=False)
        case AgentCameUp():
            return replace(state, alive=True)
        case AgentAdminStateChanged():
            return replace(state, admin_state_up=event.admin_state_up)
        case AgentDescribed():
            return replace(state, description=event.after)
    raise TypeError(f"{type(event).__name__} is no fact about a registered agent")


def evolve(state: Agent | None, event: AgentEvent) -> Agent | None:
    """The agent after `event`; None before it was registered and after it was deleted."""
    if isinstance(event, AgentRegistered):
        return Agent(
            id=event.agent_id,
            host=event.host,
            agent_type=event.agent_type,
            binary=event.binary,
            availability_zone=event.availability_zone,
            configurations=event.configurations,
        )
    if isinstance(event, AgentDeleted) or state is None:
        return None
    return _changed(state, event)


def body(state: Agent, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of an agent. Its times have Neutron's form for agents, `2026-11-22 15:30:00`; heartbeat_timestamp is the last
    fact's, the reader puts the volatile heartbeat in its place."""
    return {
        "id": state.id,
        "agent_type": state.agent_type,
        "binary": state.binary,
        "host": state.host,
        "topic": _TOPICS.get(state.agent_type, "N/A"),
        "availability_zone": state.availability_zone or None,
        "alive": state.alive,
        "admin_state_up": state.admin_state_up,
        "created_at": plain_time(created_at),
        "started_at": plain_time(updated_at),
        "heartbeat_timestamp": plain_time(updated_at),
        "description": state.description or None,
        "configurations": ordered(state.configurations),
    }


def plain_time(at: str) -> str:
    """`2026-11-22T15:30:00Z` as `2026-11-22 15:30:00`."""
    return at[:19].replace("T", " ")


def agent_ids(host: str, agent_type: str) -> Iterator[str]:
    """The ids that a host's agent of a type may have, the same for ever: the first one, and the next each time when an operator has
    deleted it (a stream that ended does not begin anew; `errors.is_ended`)."""
    id = uuid.uuid5(uuid.NAMESPACE_DNS, f"{agent_type}@{host}")
    while True:
        yield str(id)
        id = uuid.uuid5(id, "deleted")
