"""A port as the API shows it."""

from __future__ import annotations

from typing import Any

from libs.network import dns
from libs.network.ordered import ordered
from libs.network.port import Port


def body(state: Port, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a port, as an administrator sees it."""
    return {
        "id": state.id,
        "name": state.name,
        "network_id": state.network_id,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "mac_address": state.mac_address,
        "admin_state_up": state.admin_state_up,
        "status": state.status,
        "device_id": state.device_id,
        "device_owner": state.device_owner,
        "fixed_ips": [{"subnet_id": one.subnet_id, "ip_address": one.ip_address} for one in state.fixed_ips],
        "binding:vnic_type": state.vnic_type,
        "binding:host_id": state.host,
        "binding:profile": ordered(state.profile),
        "binding:vif_type": state.vif_type,
        "binding:vif_details": ordered(state.vif_details),
        "ip_allocation": state.ip_allocation,
        "extra_dhcp_opts": [
            {"opt_name": one.name, "opt_value": one.value, "ip_version": one.ip_version} for one in state.dhcp_options
        ],
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
        "port_security_enabled": state.port_security,
        "security_groups": list(state.security_groups),
        "allowed_address_pairs": [
            {"mac_address": one.mac_address, "ip_address": one.ip_address} for one in state.address_pairs
        ],
        "dns_name": state.dns_name,
        "dns_assignment": dns.assignments(
            state.dns_name, state.dns_domain, (one.ip_address for one in state.fixed_ips)
        ),
    }
