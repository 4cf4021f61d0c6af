"""Networks as rows of the inline read model and back; what the body does not show is hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from libs.eventlog.protocol import Row
from libs.model import Segment
from libs.network import network
from libs.network.bodies import resource_with, row_with, tags_column
from libs.network.rbac_policy import EXTERNAL, SHARED
from libs.network.sharing import Access, first_access, targets
from libs.network.world import Resource


def network_row(resource: Resource) -> Row:
    """A network's row."""
    state: network.Network = resource.state
    columns = {
        "project_id": state.project_id,
        "name": state.name,
        "status": "ACTIVE",
        "admin_state_up": state.admin_state_up,
        "shared": state.shared,
        "external": state.external,
        "is_default": state.is_default,
        "shared_with": list(targets(state.access, SHARED)) or None,
        "external_to": list(targets(state.access, EXTERNAL)) or None,
        "network_type": state.segment.network_type,
        "physical_network": state.segment.physical_network,
        "segmentation_id": state.segment.segmentation_id,
        "subnet_ids": list(state.subnet_ids),
        "subnetpool_ids": sorted({one.subnetpool_id for one in state.subnets} - {""}) or None,
        **tags_column(state.tags),
    }
    pools = [one.subnetpool_id for one in state.subnets]
    scopes = [one.address_scope_id for one in state.subnets]
    hidden = {
        "cidrs": [one.cidr for one in state.subnets],
        **({"pools": pools} if any(pools) else {}),
        **({"scopes": scopes} if any(scopes) else {}),
        "dhcp": [[one.agent_id, one.host, one.availability_zone, one.port_id] for one in state.dhcp],
        **(
            {"access": [[one.action, one.target_project, one.policy_id] for one in state.access]}
            if state.access
            else {}
        ),
    }
    return row_with(resource, columns, hidden)


def network_of(row: Row) -> Resource:
    """The network of its row."""
    shown, hidden = json.loads(row.body), json.loads(row.hidden)
    pools = hidden.get("pools") or [""] * len(shown["subnets"])
    scopes = hidden.get("scopes") or [None] * len(shown["subnets"])
    subnets = zip(shown["subnets"], hidden["cidrs"], pools, scopes, strict=True)
    state = network.Network(
        id=shown["id"],
        project_id=shown["project_id"],
        name=shown["name"],
        description=shown["description"],
        admin_state_up=shown["admin_state_up"],
        mtu=shown["mtu"],
        segment=Segment(
            shown["provider:network_type"], shown["provider:physical_network"], shown["provider:segmentation_id"]
        ),
        availability_zone_hints=tuple(shown["availability_zone_hints"]),
        subnets=tuple(network.NetworkSubnet(*one) for one in subnets),
        dhcp=tuple(network.DhcpServer(*one) for one in hidden["dhcp"]),
        tags=tuple(shown.get("tags", ())),
        port_security=shown.get("port_security_enabled", True),
        dns_domain=shown.get("dns_domain", ""),
        access=_access_of(shown, hidden),
        is_default=shown.get("is_default", False),
    )
    return resource_with(row, shown, state)


def _access_of(shown: Mapping[str, Any], hidden: Mapping[str, Any]) -> tuple[Access, ...]:
    """Rows from before there were policies tell it by their attributes."""
    if "access" in hidden:
        return tuple(Access(*one) for one in hidden["access"])
    return first_access(shown["shared"], shown["router:external"])
