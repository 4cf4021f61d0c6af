"""What agents tell of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RegisterAgent:
    """An agent says hello: registered, reconfigured or come up, whichever is news; nothing when nothing is."""

    agent_id: str
    host: str
    agent_type: str
    binary: str
    availability_zone: str
    configurations: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MarkAgentDown:
    """No heartbeat came in time; nothing when it is down already."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class MarkAgentUp:
    """Heartbeats come again; nothing when it is up already."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class UpdateAgent:
    """Change the named attributes: admin_state_up, description."""

    agent_id: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeleteAgent:
    """Remove an agent from the registry; what it served is given to others afterwards."""

    agent_id: str
