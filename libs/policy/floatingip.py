"""Rules of floating IPs. Source: neutron.conf.policies.floatingip of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN_OR_MANAGER, ADMIN_OR_MEMBER, ADMIN_OR_READER, SERVICE

RULES: Mapping[str, str] = {
    "create_floatingip": ADMIN_OR_MEMBER,
    "create_floatingip:floating_ip_address": ADMIN_OR_MANAGER,
    "create_floatingip:tags": ADMIN_OR_MEMBER,
    "get_floatingip": f"{ADMIN_OR_READER} or {SERVICE}",
    "get_floatingip:tags": f"{ADMIN_OR_READER} or {SERVICE}",
    "update_floatingip": ADMIN_OR_MEMBER,
    "update_floatingip:tags": ADMIN_OR_MEMBER,
    "delete_floatingip": ADMIN_OR_MEMBER,
    "delete_floatingip:tags": ADMIN_OR_MEMBER,
    "get_floatingip_pool": f"{ADMIN_OR_READER} or {SERVICE}",
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "floatingip": (
        "dns_name",
        "dns_domain",
        *("description", "floating_network_id", "subnet_id", "port_id", "fixed_ip_address", "router_id"),
        *("tenant_id", "project_id"),
    ),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
