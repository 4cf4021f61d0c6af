"""Floating IPs: core attributes, fip-port-details and the standard attributes."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import Schema

from libs.commands import NewFloatingIp
from services.api.schemas.dns import to_dns_domain, to_floating_dns_name
from services.api.schemas.fields import ReadOnly, Value, to_address_or_none, to_text, to_uuid, to_uuid_or_none
from services.api.schemas.form import Form


class FloatingIpSchema(Schema):
    """Every attribute of a floating IP; read-only ones can never be sent, subnet_id is never shown."""

    id = ReadOnly()
    floating_ip_address = Value(to_address_or_none, put=False)
    subnet_id = Value(to_uuid_or_none, put=False)
    floating_network_id = Value(to_uuid, required=True, put=False)
    router_id = ReadOnly()
    port_id = Value(to_uuid_or_none)
    fixed_ip_address = Value(to_address_or_none)
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    status = ReadOnly()
    port_details = ReadOnly()
    dns_name = Value(to_floating_dns_name, put=False)
    dns_domain = Value(to_dns_domain, put=False)
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()
    tags = ReadOnly()


FORM = Form("floatingip", FloatingIpSchema)


def new_floatingip(id: str, project_id: str, sent: dict[str, Any]) -> NewFloatingIp:
    """One floating IP to make, with an id for the port that will hold its address."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewFloatingIp(id, str(uuid.uuid4()), project_id, **rest)
