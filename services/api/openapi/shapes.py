"""What attributes look like, as JSON Schema. One table for all kinds: a name means the same everywhere, but for SPECIAL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shape = Mapping[str, Any]
STRING: Shape = {"type": "string"}
TEXT: Shape = {"type": "string", "maxLength": 255}
UUID: Shape = {"type": "string", "format": "uuid"}
BOOLEAN: Shape = {"type": "boolean"}
INTEGER: Shape = {"type": "integer"}
OBJECT: Shape = {"type": "object"}


def or_null(shape: Shape) -> Shape:
    """The same, or null."""
    return {**shape, "type": [shape["type"], "null"]}


def listed(shape: Shape) -> Shape:
    """A list of them."""
    return {"type": "array", "items": shape}


def record(**shapes: Shape) -> Shape:
    """An object with these attributes, and others."""
    return {"type": "object", "properties": shapes}


ADDRESS_ON_SUBNET = record(subnet_id=UUID, ip_address=STRING)
ROUTE = record(destination=STRING, nexthop=STRING)

SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("id", "network_id", "floating_network_id", "security_group_id"), UUID),
    **dict.fromkeys(("port_id", "router_id", "subnetpool_id", "address_scope_id"), or_null(UUID)),
    **dict.fromkeys(("name", "tenant_id", "project_id", "description", "device_id", "device_owner"), TEXT),
    **dict.fromkeys(("status", "created_at", "updated_at", "mac_address", "ip_allocation", "cidr"), STRING),
    **dict.fromkeys(("admin_state_up", "shared", "router:external", "enable_dhcp", "is_default"), BOOLEAN),
    **dict.fromkeys(("revision_number", "ip_version", "mtu"), INTEGER),
    **dict.fromkeys(("subnets", "security_groups"), listed(UUID)),
    **dict.fromkeys(("tags", "availability_zones", "availability_zone_hints", "dns_nameservers"), listed(STRING)),
    **dict.fromkeys(("ipv6_ra_mode", "ipv6_address_mode", "gateway_ip", "fixed_ip_address"), or_null(STRING)),
    **dict.fromkeys(("routes", "host_routes"), listed(ROUTE)),
    **dict.fromkeys(("binding:profile", "binding:vif_details", "configurations"), OBJECT),
    **dict.fromkeys(("agent_type", "binary", "host", "topic", "started_at", "heartbeat_timestamp"), STRING),
    **dict.fromkeys(("binding:vnic_type", "binding:vif_type", "floating_ip_address"), STRING),
    "provider:network_type": STRING,
    "provider:physical_network": or_null(STRING),
    "provider:segmentation_id": or_null(INTEGER),
    "prefixlen": INTEGER,
    "binding:host_id": or_null(STRING),
    "allocation_pools": listed(record(start=STRING, end=STRING)),
    "fixed_ips": listed(ADDRESS_ON_SUBNET),
    "extra_dhcp_opts": listed(record(opt_name=STRING, opt_value=or_null(STRING), ip_version=INTEGER)),
    "external_gateway_info": or_null(
        record(network_id=UUID, enable_snat=BOOLEAN, external_fixed_ips=listed(ADDRESS_ON_SUBNET))
    ),
    "port_details": or_null(OBJECT),
    "subnet_id": or_null(UUID),
    "availability_zone": or_null(STRING),
    "alive": BOOLEAN,
    **dict.fromkeys(("port_security_enabled", "stateful", "belongs_to_default_sg"), BOOLEAN),
    **dict.fromkeys(("direction", "ethertype"), STRING),
    **dict.fromkeys(("port_range_min", "port_range_max"), or_null(INTEGER)),
    **dict.fromkeys(("protocol", "remote_ip_prefix", "normalized_cidr"), or_null(STRING)),
    **dict.fromkeys(("remote_group_id", "remote_address_group_id"), or_null(UUID)),
    "allowed_address_pairs": listed(record(ip_address=STRING, mac_address=STRING)),
    "security_group_rules": listed(OBJECT),
    "addresses": listed(STRING),
    **dict.fromkeys(("ipv4_address_scope", "ipv6_address_scope", "flavor_id"), or_null(UUID)),
    **dict.fromkeys(("min_prefixlen", "default_prefixlen", "max_prefixlen"), {"type": ["string", "integer"]}),
    **dict.fromkeys(("use_default_subnetpool", "enabled"), BOOLEAN),
    **dict.fromkeys(("service_type", "driver", "metainfo"), STRING),
    **dict.fromkeys(("service_types", "prefixes"), listed(STRING)),
    "default_quota": or_null(INTEGER),
    "service_profiles": listed(UUID),
    "segments": listed(OBJECT),
    **dict.fromkeys(("dns_name", "dns_domain"), TEXT),
    **dict.fromkeys(("object_type", "action", "target_tenant"), STRING),
    "object_id": UUID,
    "dns_assignment": listed(record(ip_address=STRING, hostname=STRING, fqdn=STRING)),
}
"""{attribute: its shape}"""

SPECIAL: Mapping[tuple[str, str], Shape] = {
    ("agent", "description"): or_null(STRING),
    ("address_group", "description"): {"type": "string", "maxLength": 1024},
}
"""{(kind, attribute): its shape} where a kind differs."""


def shape_of(kind: str, attribute: str) -> Shape:
    """What an attribute looks like; one that nobody described may be anything."""
    return SPECIAL.get((kind, attribute)) or SHAPES.get(attribute, {})
