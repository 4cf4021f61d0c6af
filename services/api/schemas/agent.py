"""Agents: they register themselves; operators describe them and switch them on and off."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from services.api.schemas.fields import ReadOnly, Value, to_bool, to_text
from services.api.schemas.form import Form


def to_description(value: Any) -> str:
    """A description; null is none."""
    return "" if value is None else to_text(value)


class AgentSchema(Schema):
    """Every attribute of an agent; none can be sent at creation, which the API does not offer."""

    id = ReadOnly()
    agent_type = ReadOnly()
    binary = ReadOnly()
    topic = ReadOnly()
    host = ReadOnly()
    availability_zone = ReadOnly()
    admin_state_up = Value(to_bool, post=False)
    created_at = ReadOnly()
    started_at = ReadOnly()
    heartbeat_timestamp = ReadOnly()
    alive = ReadOnly()
    configurations = ReadOnly()
    description = Value(to_description, post=False)


FORM = Form("agent", AgentSchema)
