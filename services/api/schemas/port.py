"""Ports: core attributes, binding, ip_allocation, port-mac-address-regenerate and the standard attributes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from libs.commands import NewPort
from services.api.schemas.dhcp_options import to_dhcp_options
from services.api.schemas.dns import to_dns_name
from services.api.schemas.fields import ReadOnly, Value, one_of, to_bool, to_mac_or_none, to_name, to_text, to_uuid
from services.api.schemas.form import Form
from services.api.schemas.lists import to_fixed_ips, to_host, to_profile
from services.api.schemas.security_values import to_group_ids, to_pairs
from services.api.schemas.tags import to_tags

VNIC_TYPES = (
    "normal",
    "direct",
    "macvtap",
    "baremetal",
    "direct-physical",
    "virtio-forwarder",
    "smart-nic",
    "vdpa",
    "accelerator-direct",
    "accelerator-direct-physical",
    "remote-managed",
)


class PortSchema(Schema):
    """Every attribute of a port; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_name)
    network_id = Value(to_uuid, required=True, put=False)
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    admin_state_up = Value(to_bool)
    mac_address = Value(to_mac_or_none)
    fixed_ips = Value(to_fixed_ips)
    device_id = Value(to_text)
    device_owner = Value(to_text)
    status = ReadOnly()
    host = Value(to_host, data_key="binding:host_id")
    vnic_type = Value(one_of(*VNIC_TYPES), data_key="binding:vnic_type")
    profile = Value(to_profile, data_key="binding:profile")
    vif_type = ReadOnly(data_key="binding:vif_type")
    vif_details = ReadOnly(data_key="binding:vif_details")
    ip_allocation = ReadOnly()
    dhcp_options = Value(to_dhcp_options, data_key="extra_dhcp_opts")
    dns_name = Value(to_dns_name)
    dns_assignment = ReadOnly()
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()
    tags = Value(to_tags, put=False)
    port_security = Value(to_bool, data_key="port_security_enabled")
    security_groups = Value(to_group_ids)
    address_pairs = Value(to_pairs, data_key="allowed_address_pairs")


FORM = Form("port", PortSchema)


def new_port(id: str, project_id: str, sent: dict[str, Any]) -> NewPort:
    """One port to make."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewPort(port_id=id, project_id=project_id, **rest)
