"""Networks: core attributes, provider, external-net, net-mtu-writable, network_availability_zone and the standard attributes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from libs.commands import NewNetwork
from services.api.schemas.dns import to_dns_domain
from services.api.schemas.fields import ReadOnly, Value, text, to_bool, to_int, to_name, to_natural, to_text
from services.api.schemas.form import Form
from services.api.schemas.lists import to_hints
from services.api.schemas.segments import to_segments, with_segment


class NetworkSchema(Schema):
    """Every attribute of a network; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_name)
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    admin_state_up = Value(to_bool)
    mtu = Value(to_natural)
    status = ReadOnly()
    subnets = ReadOnly()
    shared = Value(to_bool)
    availability_zone_hints = Value(to_hints, put=False)
    availability_zones = ReadOnly()
    network_type = Value(text(32), data_key="provider:network_type")
    physical_network = Value(text(64), data_key="provider:physical_network")
    segmentation_id = Value(to_int, data_key="provider:segmentation_id")
    segments = Value(to_segments)
    external = Value(to_bool, data_key="router:external")
    is_default = Value(to_bool)
    dns_domain = Value(to_dns_domain)
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()
    tags = ReadOnly()
    ipv4_address_scope = ReadOnly()
    ipv6_address_scope = ReadOnly()
    port_security = Value(to_bool, data_key="port_security_enabled")


FORM = Form("network", NetworkSchema)


def new_network(id: str, project_id: str, sent: dict[str, Any]) -> NewNetwork:
    """One network to make. An MTU of 0 is Neutron's word for the largest that the segment carries."""
    rest = with_segment({name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")})
    rest["mtu"] = rest.get("mtu") or None
    return NewNetwork(id, project_id, **rest)
