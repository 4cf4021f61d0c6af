"""A network's API body. Pure."""

from __future__ import annotations

from typing import Any

from libs.model import ACTIVE
from libs.network.network import Network


def body(state: Network, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a network, as an administrator sees it; its subnet pools' address scopes are for the reader to fill in."""
    return {
        "id": state.id,
        "name": state.name,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "admin_state_up": state.admin_state_up,
        "mtu": state.mtu,
        "status": ACTIVE,
        "subnets": list(state.subnet_ids),
        "shared": state.shared,
        "availability_zone_hints": list(state.availability_zone_hints),
        "availability_zones": list(state.availability_zones),
        "provider:network_type": state.segment.network_type,
        "provider:physical_network": state.segment.physical_network,
        "provider:segmentation_id": state.segment.segmentation_id,
        "router:external": state.external,
        **({"is_default": state.is_default} if state.external else {}),
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
        "port_security_enabled": state.port_security,
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "dns_domain": state.dns_domain,
    }
