"""Rules of networks. Source: neutron.conf.policies.network of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER, SERVICE

_SEEN = f"{ADMIN_OR_READER} or (role:reader and rule:shared) or (role:reader and rule:external)"

RULES: Mapping[str, str] = {
    "create_network": ADMIN_OR_MEMBER,
    "create_network:shared": ADMIN,
    "create_network:is_default": ADMIN,
    "create_network:port_security_enabled": ADMIN_OR_MEMBER,
    "create_network:router:external": ADMIN,
    "create_network:segments": ADMIN,
    "create_network:provider:network_type": ADMIN,
    "create_network:provider:physical_network": ADMIN,
    "create_network:provider:segmentation_id": ADMIN,
    "create_network:tags": ADMIN_OR_MEMBER,
    "get_network": f"{_SEEN} or {SERVICE}",
    "get_network:provider:network_type": ADMIN,
    "get_network:provider:physical_network": ADMIN,
    "get_network:provider:segmentation_id": ADMIN,
    "get_network:tags": f"{_SEEN} or {SERVICE}",
    "update_network": ADMIN_OR_MEMBER,
    "update_network:shared": ADMIN,
    "update_network:is_default": ADMIN,
    "update_network:port_security_enabled": ADMIN_OR_MEMBER,
    "update_network:router:external": ADMIN,
    "update_network:segments": ADMIN,
    "update_network:provider:network_type": ADMIN,
    "update_network:provider:physical_network": ADMIN,
    "update_network:provider:segmentation_id": ADMIN,
    "update_network:tags": ADMIN_OR_MEMBER,
    "delete_network": ADMIN_OR_MEMBER,
    "delete_network:tags": ADMIN_OR_MEMBER,
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "network": (
        "dns_domain",
        "name",
        "description",
        "admin_state_up",
        "mtu",
        "availability_zone_hints",
        "tenant_id",
        "project_id",
    ),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
