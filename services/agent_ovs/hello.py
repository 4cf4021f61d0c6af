"""What the agent tells of itself."""

from __future__ import annotations

from typing import Any

from libs.config import Settings
from libs.materialise.ovs.view import BR_INT


def told(settings: Settings, tunnel_mac: str, datapath_type: str) -> dict[str, Any]:
    """{tunneling_ip, tunnel_mac, tunnel_types, bridge_mappings, datapath_type, integration_bridge}."""
    return {
        "tunneling_ip": settings.tunnel_ip,
        "tunnel_mac": tunnel_mac,
        "tunnel_types": ["vxlan"] if settings.tunnel_ip else [],
        "bridge_mappings": dict(settings.bridge_mappings),
        "datapath_type": datapath_type,
        "integration_bridge": BR_INT,
    }
