"""Facts about agents; stream `agent-<id>`, ids by host and type. Heartbeats are no facts, going up and down is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AgentRegistered:
    """An agent said hello for the first time.

    configurations of an OVS agent: {tunneling_ip, tunnel_mac, tunnel_types: [..], bridge_mappings: {physnet: bridge},
    datapath_type, integration_bridge}.
    """

    agent_id: str
    host: str
    agent_type: str
    binary: str
    availability_zone: str
    configurations: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AgentReconfigured:
    """It came back with other settings."""

    agent_id: str
    host: str
    availability_zone: str
    before: Mapping[str, Any]
    configurations: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AgentWentDown:
    """No heartbeat came for agent_down_seconds."""

    agent_id: str
    host: str


@dataclass(frozen=True, slots=True)
class AgentCameUp:
    """Heartbeats come again."""

    agent_id: str
    host: str


@dataclass(frozen=True, slots=True)
class AgentAdminStateChanged:
    """An operator lets it take new work, or not."""

    agent_id: str
    host: str
    admin_state_up: bool


@dataclass(frozen=True, slots=True)
class AgentDescribed:
    """Its description changed; empty for none."""

    agent_id: str
    host: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AgentDeleted:
    """An operator removed it from the registry; a hello makes another, with the next id (`libs.network.agent.agent_ids`)."""

    agent_id: str
    host: str
    agent_type: str
