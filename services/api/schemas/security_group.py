"""Security groups: core attributes, stateful-security-group, security-groups-shared-filtering and the standard attributes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from libs.commands import NewSecurityGroup
from services.api.schemas.fields import ReadOnly, Value, to_bool, to_text
from services.api.schemas.form import Form
from services.api.schemas.security_values import to_group_name


class SecurityGroupSchema(Schema):
    """Every attribute of a security group; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_group_name)
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    stateful = Value(to_bool)
    shared = ReadOnly()
    security_group_rules = ReadOnly()
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()
    tags = ReadOnly()


FORM = Form("security_group", SecurityGroupSchema)


def new_security_group(id: str, project_id: str, sent: dict[str, Any]) -> NewSecurityGroup:
    """One security group to make."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewSecurityGroup(id, project_id, **rest)
