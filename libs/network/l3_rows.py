"""Routers and floating IPs as rows of the inline read model and back; what the body does not show is hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from libs.eventlog.protocol import Row
from libs.model import ACTIVE, FixedIp, HostRoute
from libs.network.bodies import resource_with, row_with, tags_column
from libs.network.floatingip import FloatingIp, FloatingTarget
from libs.network.router import Gateway, Interface, L3Server, Router
from libs.network.world import Resource


def router_row(resource: Resource) -> Row:
    """A router's row."""
    state: Router = resource.state
    columns = {
        "project_id": state.project_id,
        "name": state.name,
        "admin_state_up": state.admin_state_up,
        "status": ACTIVE,
        "external_network_id": state.gateway.network_id if state.gateway else "",
        "subnet_ids": [one.subnet_id for one in state.interfaces],
        "host": state.host,
        "agent_id": state.server.agent_id if state.server else "",
        "flavor_id": state.flavor_id,
        **tags_column(state.tags),
    }
    server = state.server
    hidden = {
        "gateway_port": state.gateway.port_id if state.gateway else "",
        "interfaces": [
            [one.port_id, one.network_id, one.subnet_id, one.ip_address, one.cidr] for one in state.interfaces
        ],
        "server": [server.agent_id, server.host, server.availability_zone] if server else None,
    }
    return row_with(resource, columns, hidden)


def router_of(row: Row) -> Resource:
    """The router of its row."""
    shown, hidden = json.loads(row.body), json.loads(row.hidden)
    state = Router(
        id=shown["id"],
        project_id=shown["project_id"],
        name=shown["name"],
        description=shown["description"],
        admin_state_up=shown["admin_state_up"],
        availability_zone_hints=tuple(shown["availability_zone_hints"]),
        gateway=_gateway_of(shown["external_gateway_info"], hidden["gateway_port"]),
        interfaces=tuple(Interface(*one) for one in hidden["interfaces"]),
        routes=tuple(HostRoute(one["destination"], one["nexthop"]) for one in shown["routes"]),
        server=L3Server(*hidden["server"]) if hidden["server"] else None,
        flavor_id=shown.get("flavor_id"),
        tags=tuple(shown.get("tags", ())),
    )
    return resource_with(row, shown, state)


def _gateway_of(shown: Mapping[str, Any] | None, port_id: str) -> Gateway | None:
    if shown is None:
        return None
    fixed_ips = tuple(FixedIp(one["subnet_id"], one["ip_address"]) for one in shown["external_fixed_ips"])
    return Gateway(shown["network_id"], port_id, fixed_ips, shown["enable_snat"])


def target_path(router_id: str, subnet_id: str) -> str:
    """By which a floating IP's row is found from what it passes: `<router>/<subnet of the fixed address>`."""
    return f"{router_id}/{subnet_id}"


def floatingip_row(resource: Resource) -> Row:
    """A floating IP's row."""
    state: FloatingIp = resource.state
    target = state.target
    columns = {
        "project_id": state.project_id,
        "floating_network_id": state.floating_network_id,
        "floating_ip_address": state.floating_ip_address,
        "router_id": target.router_id if target else "",
        "port_id": target.port_id if target else "",
        "fixed_ip_address": target.ip_address if target else "",
        "path": target_path(target.router_id, target.subnet_id) if target else "",
        "status": state.status,
        **tags_column(state.tags),
    }
    hidden = {
        "floating_subnet": state.floating_subnet_id,
        "own_port": state.own_port_id,
        "subnet": target.subnet_id if target else "",
    }
    return row_with(resource, columns, hidden)


def floatingip_of(row: Row) -> Resource:
    """The floating IP of its row."""
    shown, hidden = json.loads(row.body), json.loads(row.hidden)
    target = None
    if shown["port_id"] is not None:
        target = FloatingTarget(shown["router_id"], shown["port_id"], shown["fixed_ip_address"], hidden["subnet"])
    state = FloatingIp(
        id=shown["id"],
        project_id=shown["project_id"],
        floating_network_id=shown["floating_network_id"],
        floating_subnet_id=hidden["floating_subnet"],
        floating_ip_address=shown["floating_ip_address"],
        own_port_id=hidden["own_port"],
        description=shown["description"],
        dns_name=shown.get("dns_name", ""),
        dns_domain=shown.get("dns_domain", ""),
        target=target,
        status=shown["status"],
        tags=tuple(shown.get("tags", ())),
    )
    return resource_with(row, shown, state)
