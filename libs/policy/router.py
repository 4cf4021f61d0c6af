"""Rules of routers. Source: neutron.conf.policies.router of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER, SERVICE

RULES: Mapping[str, str] = {
    "create_router": ADMIN_OR_MEMBER,
    "create_router:external_gateway_info": ADMIN_OR_MEMBER,
    "create_router:external_gateway_info:network_id": ADMIN_OR_MEMBER,
    "create_router:external_gateway_info:enable_snat": ADMIN,
    "create_router:external_gateway_info:external_fixed_ips": ADMIN,
    "create_router:tags": ADMIN_OR_MEMBER,
    "get_router": f"{ADMIN_OR_READER} or {SERVICE}",
    "get_router:tags": f"{ADMIN_OR_READER} or {SERVICE}",
    "update_router": ADMIN_OR_MEMBER,
    "update_router:external_gateway_info": ADMIN_OR_MEMBER,
    "update_router:external_gateway_info:network_id": ADMIN_OR_MEMBER,
    "update_router:external_gateway_info:enable_snat": ADMIN,
    "update_router:external_gateway_info:external_fixed_ips": ADMIN,
    "update_router:tags": ADMIN_OR_MEMBER,
    "delete_router": ADMIN_OR_MEMBER,
    "delete_router:tags": ADMIN_OR_MEMBER,
    "add_router_interface": ADMIN_OR_MEMBER,
    "remove_router_interface": ADMIN_OR_MEMBER,
    "add_extraroutes": ADMIN_OR_MEMBER,
    "remove_extraroutes": ADMIN_OR_MEMBER,
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "router": (
        "name",
        "description",
        "admin_state_up",
        "routes",
        "availability_zone_hints",
        "flavor_id",
        "tenant_id",
        "project_id",
    ),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
