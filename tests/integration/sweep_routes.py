"""The routes beside those that every kind has: what rule each is judged by, and a body for it."""

from __future__ import annotations

from typing import Any

from tests.integration.sweep_city import MISSING

ACTIONS: dict[tuple[str, str], tuple[str, str, Any]] = {
    ("PUT", "/v2.0/routers/{}/add_router_interface"): ("add_router_interface", "router", {"subnet_id": MISSING}),
    ("PUT", "/v2.0/routers/{}/remove_router_interface"): ("remove_router_interface", "router", {"subnet_id": MISSING}),
    ("PUT", "/v2.0/routers/{}/add_extraroutes"): ("add_extraroutes", "router", {"router": {"routes": []}}),
    ("PUT", "/v2.0/routers/{}/remove_extraroutes"): ("remove_extraroutes", "router", {"router": {"routes": []}}),
    ("PUT", "/v2.0/address-groups/{}/add_addresses"): ("add_addresses", "address_group", {"addresses": ["10.9.0.0/24"]}),
    ("PUT", "/v2.0/address-groups/{}/remove_addresses"): (
        *("remove_addresses", "address_group"), {"addresses": ["10.9.0.0/24"]},
    ),
    ("PUT", "/v2.0/subnetpools/{}/add_prefixes"): ("add_prefixes", "subnetpool", {"prefixes": ["10.99.0.0/24"]}),
    ("PUT", "/v2.0/subnetpools/{}/remove_prefixes"): ("remove_prefixes", "subnetpool", {"prefixes": ["10.99.0.0/24"]}),
}  # fmt: skip
"""{(method, path): (rule, kind, body)} of what can be done to a thing"""
FLAT: dict[tuple[str, str], tuple[str, Any]] = {
    ("GET", "/v2.0/networks/{}/dhcp-agents"): ("get_dhcp-agents", None),
    ("GET", "/v2.0/routers/{}/l3-agents"): ("get_l3-agents", None),
    ("GET", "/v2.0/agents/{}/dhcp-networks"): ("get_dhcp-networks", None),
    ("POST", "/v2.0/agents/{}/dhcp-networks"): ("create_dhcp-network", {"network_id": MISSING}),
    ("DELETE", "/v2.0/agents/{}/dhcp-networks/{}"): ("delete_dhcp-network", None),
    ("GET", "/v2.0/agents/{}/l3-routers"): ("get_l3-routers", None),
    ("POST", "/v2.0/agents/{}/l3-routers"): ("create_l3-router", {"router_id": MISSING}),
    ("DELETE", "/v2.0/agents/{}/l3-routers/{}"): ("delete_l3-router", None),
    ("GET", "/v2.0/ports/{}/bindings"): ("get_port_binding", None),
    ("POST", "/v2.0/ports/{}/bindings"): ("create_port_binding", {"binding": {"host": "compute1"}}),
    ("GET", "/v2.0/ports/{}/bindings/{}"): ("get_port_binding", None),
    ("PUT", "/v2.0/ports/{}/bindings/{}"): ("update_port_binding", {"binding": {"host": "compute1"}}),
    ("DELETE", "/v2.0/ports/{}/bindings/{}"): ("delete_port_binding", None),
    ("PUT", "/v2.0/ports/{}/bindings/{}/activate"): ("activate", None),
    ("POST", "/v2.0/flavors/{}/service_profiles"): (
        *("create_flavor_service_profile",), {"service_profile": {"id": MISSING}},
    ),
    ("DELETE", "/v2.0/flavors/{}/service_profiles/{}"): ("delete_flavor_service_profile", None),
    ("GET", "/v2.0/flavors/{}/next_providers"): ("get_flavor", None),
}  # fmt: skip
"""{(method, path): (rule, body)} of what only some roles may do, whatever it is about: told before anything is said of the thing"""
OF_PROJECTS: dict[tuple[str, str], tuple[str, bool, Any]] = {
    ("GET", "/v2.0/quotas/{}"): ("get_quota", True, None),
    ("GET", "/v2.0/quotas/{}/default"): ("get_quota", True, None),
    ("GET", "/v2.0/quotas/{}/details"): ("get_quota", True, None),
    ("PUT", "/v2.0/quotas/{}"): ("update_quota", False, {"quota": {"network": 100_000}}),
    ("DELETE", "/v2.0/quotas/{}"): ("delete_quota", False, None),
    ("GET", "/v2.0/auto-allocated-topology/{}"): ("get_auto_allocated_topology", False, None),
    ("DELETE", "/v2.0/auto-allocated-topology/{}"): ("delete_auto_allocated_topology", False, None),
}
"""{(method, path): (rule, whether one's own project's needs none, body)}"""
OPEN = {
    *(("GET", path) for path in ("/", "/v2.0", "/v2.0/extensions", "/v2.0/extensions/{}", "/openapi.json")),
    *(("GET", path) for path in ("/v2.0/quotas/tenant", "/v2.0/quotas/project")),
    *(("GET", f"/v2.0/{name}") for name in ("availability_zones", "floatingip_pools", "service-providers", "quotas")),
    *(("GET", f"/v2.0/network-ip-availabilities{id}") for id in ("", "/{}")),
}
"""What says nothing of anybody's things, or lists what a rule lets the caller see (tested below)"""
