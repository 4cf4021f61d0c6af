"""Ports as rows of the inline read model and back; what the body does not show is hidden."""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import Any

from libs.eventlog.protocol import Row
from libs.model import DNS_DOMAIN, AddressPair, DhcpOption, FixedIp
from libs.network.bodies import resource_with, row_with, tags_column
from libs.network.ordered import ordered
from libs.network.port import Port
from libs.network.port_bindings import PortBinding
from libs.network.world import Resource

_PORT_PLAIN = (
    "id",
    "network_id",
    "project_id",
    "name",
    "description",
    "mac_address",
    "admin_state_up",
    "device_id",
    "device_owner",
    "ip_allocation",
    "status",
)
_PORT_BINDING = {
    "vnic_type": "binding:vnic_type",
    "profile": "binding:profile",
    "host": "binding:host_id",
    "vif_type": "binding:vif_type",
    "vif_details": "binding:vif_details",
}


def port_row(resource: Resource) -> Row:
    """A port's row."""
    state: Port = resource.state
    columns = {
        "project_id": state.project_id,
        "network_id": state.network_id,
        "device_id": state.device_id,
        "device_owner": state.device_owner,
        "mac_address": state.mac_address,
        "host": state.host,
        "status": state.status,
        "name": state.name,
        "admin_state_up": state.admin_state_up,
        "ip_addresses": [one.ip_address for one in state.fixed_ips],
        "subnet_ids": [one.subnet_id for one in state.fixed_ips],
        "security_groups": list(state.security_groups) or None,
        **tags_column(state.tags),
    }
    columns["further_hosts"] = [one.host for one in state.others] or None
    return row_with(resource, columns, _hidden(state))


def port_of(row: Row) -> Resource:
    """The port of its row."""
    shown, hidden = json.loads(row.body), json.loads(row.hidden) if row.hidden else {}
    state = Port(
        **{name: shown[name] for name in _PORT_PLAIN},
        **{name: shown[key] for name, key in _PORT_BINDING.items()},
        fixed_ips=tuple(FixedIp(one["subnet_id"], one["ip_address"]) for one in shown["fixed_ips"]),
        dhcp_options=tuple(
            DhcpOption(one["opt_name"], one["opt_value"], one["ip_version"]) for one in shown.get("extra_dhcp_opts", ())
        ),
        generation=hidden.get("generation", 0),
        bindings_made=hidden.get("made", hidden.get("generation", 0)),
        others=tuple(PortBinding(*one) for one in hidden.get("others", ())),
        dns_name=shown.get("dns_name", ""),
        dns_domain=hidden.get("dns_domain", DNS_DOMAIN),
        tags=tuple(shown.get("tags", ())),
        port_security=shown.get("port_security_enabled", False),
        security_groups=tuple(shown.get("security_groups", ())),
        address_pairs=tuple(
            AddressPair(one["ip_address"], one["mac_address"]) for one in shown.get("allowed_address_pairs", ())
        ),
    )
    return resource_with(row, shown, state)


def _hidden(state: Port) -> dict[str, Any]:
    """What its body does not show; what is as it mostly is, is left out."""
    hidden: dict[str, Any] = {"generation": state.generation} if state.generation else {}
    if state.bindings_made != state.generation:
        hidden["made"] = state.bindings_made
    if state.others:
        hidden["others"] = [ordered(astuple(one)) for one in state.others]
    if state.dns_domain != DNS_DOMAIN:
        hidden["dns_domain"] = state.dns_domain
    return hidden
