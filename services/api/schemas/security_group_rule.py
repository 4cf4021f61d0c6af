"""Security group rules: core attributes, security-groups-normalized-cidr, -remote-address-group, -rules-belongs-to-default-sg and the
standard attributes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from libs.commands import NewSecurityGroupRule
from services.api.schemas.fields import ReadOnly, Value, one_of, text, to_text
from services.api.schemas.form import Form
from services.api.schemas.security_values import to_ethertype, to_port_value, to_prefix, to_protocol, to_reference


class SecurityGroupRuleSchema(Schema):
    """Every attribute of a rule; read-only ones can never be sent."""

    id = ReadOnly()
    security_group_id = Value(text(36), required=True, put=False)
    direction = Value(one_of("ingress", "egress"), required=True, put=False)
    ethertype = Value(to_ethertype, put=False)
    protocol = Value(to_protocol, put=False)
    port_range_min = Value(to_port_value, put=False)
    port_range_max = Value(to_port_value, put=False)
    remote_ip_prefix = Value(to_prefix, put=False)
    normalized_cidr = ReadOnly()
    remote_group_id = Value(to_reference, put=False)
    remote_address_group_id = Value(to_reference, put=False)
    belongs_to_default_sg = ReadOnly()
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()


FORM = Form("security_group_rule", SecurityGroupRuleSchema)


def new_security_group_rule(id: str, project_id: str, sent: dict[str, Any]) -> NewSecurityGroupRule:
    """One rule to make."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewSecurityGroupRule(id, project_id, **rest)
