"""Which attributes can be filtered and sorted by, and where the read model holds them: closed tables, the only source of identifiers.

Source: is_filter and is_sort_key of neutron_lib.api.definitions; filters are a superset (every plain attribute).
"""

from __future__ import annotations

from collections.abc import Mapping

from services.api.column import Column, address, flag, forgiving, inside, inside_flag, number, number_or_none, text
from services.api.schemas.fields import to_address, to_bool, to_cidr_or_none, to_int, to_mac, to_text, to_uuid

_COMMON: Mapping[str, Column] = {
    "id": text("id"),
    "name": text("name"),
    "tenant_id": text("project_id"),
    "project_id": text("project_id"),
    "description": inside("description"),
    "created_at": text("created_at", sort=False),
    "updated_at": inside("updated_at"),
    "revision_number": number("version", sort=False),
}
_CALLERS = Column("false", "boolean", to_bool)
"""Whether it is shared with the caller: `visibility.shared` tells."""


def _shared_with_callers(kind: str) -> Column:
    """The same, sorted by whether it is shared with all."""
    policies = f"select from rbac_policy r where r.object_id = {kind}.id and r.action = 'access_as_shared'"
    return Column("false", "boolean", to_bool, f"exists ({policies} and r.target_project = '*')")


_MTU = "((body::json)->>'mtu')::integer"

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "network": {
        **_COMMON,
        "admin_state_up": flag("admin_state_up"),
        "status": text("status"),
        "shared": _CALLERS,
        "mtu": Column(_MTU, "integer", to_int, _MTU),
        "router:external": flag("external", sort=False),
        "dns_domain": inside("dns_domain"),
        "is_default": Column("is_default", "boolean", to_bool),
        "provider:network_type": text("network_type", sort=False),
        "provider:physical_network": text("physical_network", sort=False),
        "provider:segmentation_id": number("segmentation_id", sort=False),
        "availability_zone_hints": inside("availability_zone_hints", sort=True),
        "port_security_enabled": inside_flag("port_security_enabled"),
    },
    "subnet": {
        **_COMMON,
        "network_id": text("network_id"),
        "ip_version": number("ip_version"),
        "cidr": Column("cidr", parse=to_cidr_or_none, order="cidr", plain=True),
        "gateway_ip": Column("gateway_ip", parse=forgiving(to_address), order="coalesce(gateway_ip, '')", plain=True),
        "enable_dhcp": flag("enable_dhcp"),
        "ipv6_ra_mode": inside("ipv6_ra_mode", sort=True),
        "ipv6_address_mode": inside("ipv6_address_mode", sort=True),
        "subnetpool_id": text("subnetpool_id", nullable=True),
        "shared": _CALLERS,
    },
    "port": {
        **_COMMON,
        "network_id": text("network_id"),
        "admin_state_up": flag("admin_state_up"),
        "mac_address": Column("mac_address", parse=forgiving(to_mac), order="mac_address", plain=True),
        "device_id": text("device_id"),
        "device_owner": text("device_owner"),
        "status": text("status"),
        "binding:host_id": text("host", sort=False),
        "binding:vnic_type": inside("binding:vnic_type"),
        "dns_name": inside("dns_name"),
        "binding:vif_type": inside("binding:vif_type"),
        "ip_allocation": inside("ip_allocation", sort=True),
        "port_security_enabled": inside_flag("port_security_enabled"),
        "security_groups": Column("security_groups", "text[]", forgiving(to_uuid)),
    },
    "router": {
        **_COMMON,
        "admin_state_up": flag("admin_state_up"),
        "status": text("status"),
        "flavor_id": text("flavor_id", nullable=True),
    },
    "floatingip": {
        **{name: column for name, column in _COMMON.items() if name != "name"},
        "floating_network_id": text("floating_network_id"),
        "floating_ip_address": address("floating_ip_address", plain=True),
        "router_id": Column("router_id", order="router_id"),
        "port_id": Column("port_id"),
        "fixed_ip_address": address("fixed_ip_address"),
        "dns_name": inside("dns_name"),
        "dns_domain": inside("dns_domain"),
        "status": text("status"),
    },
    "rbac_policy": {
        "id": text("id"),
        "object_type": text("object_type"),
        "object_id": text("object_id"),
        "action": text("action"),
        "target_tenant": text("target_project"),
        "tenant_id": text("project_id"),
        "project_id": text("project_id"),
    },
    "security_group": {
        **_COMMON,
        "stateful": flag("stateful", sort=False),
        "shared": _CALLERS,
    },
    "security_group_rule": {
        **{name: column for name, column in _COMMON.items() if name != "name"},
        "security_group_id": text("security_group_id"),
        "direction": text("direction"),
        "ethertype": text("ethertype"),
        "protocol": text("protocol", nullable=True),
        "port_range_min": number_or_none("port_range_min"),
        "port_range_max": number_or_none("port_range_max"),
        "remote_ip_prefix": text("remote_ip_prefix", nullable=True),
        "normalized_cidr": text("normalized_cidr", nullable=True),
        "remote_group_id": text("remote_group_id", nullable=True),
        "remote_address_group_id": text("remote_address_group_id", nullable=True),
        "belongs_to_default_sg": flag("belongs_to_default_sg", sort=False),
    },
    "address_group": {**_COMMON, "description": inside("description", sort=True)},
    "subnetpool": {
        **_COMMON,
        "ip_version": number("ip_version"),
        "default_prefixlen": Column("default_prefixlen", "integer", to_int, "default_prefixlen"),
        "min_prefixlen": Column("min_prefixlen", "integer", to_int, "min_prefixlen"),
        "max_prefixlen": Column("max_prefixlen", "integer", to_int, "max_prefixlen"),
        "default_quota": Column("default_quota", "integer", to_int, "coalesce(default_quota, -1)", True),
        "is_default": flag("is_default"),
        "shared": _shared_with_callers("subnetpool"),
        "address_scope_id": text("address_scope_id", nullable=True),
    },
    "address_scope": {
        **{name: _COMMON[name] for name in ("id", "name", "tenant_id", "project_id")},
        "ip_version": number("ip_version"),
        "shared": _shared_with_callers("address_scope"),
    },
    "flavor": {
        "id": text("id"),
        "name": text("name"),
        "description": inside("description", sort=True),
        "service_type": text("service_type"),
        "enabled": flag("enabled"),
    },
    "service_profile": {
        "id": text("id"),
        "description": inside("description", sort=True),
        "driver": text("driver"),
        "enabled": flag("enabled"),
        "metainfo": inside("metainfo", sort=True),
    },
    "agent": {
        "id": text("id"),
        "host": text("host", sort=False),
        "agent_type": Column("lower(agent_type)", parse=lambda value: to_text(value).lower()),
        "availability_zone": Column("availability_zone"),
        "binary": inside("binary"),
        "topic": inside("topic"),
        "description": inside("description"),
        "admin_state_up": flag("admin_state_up", sort=False),
        "alive": Column("alive", "boolean", to_bool),
    },
}
"""{kind: {attribute: Column}}"""

UNFILTERED: Mapping[str, tuple[str, ...]] = {
    "network": ("subnets", "availability_zones", "tags", "ipv4_address_scope", "ipv6_address_scope"),
    "subnet": ("allocation_pools", "dns_nameservers", "host_routes", "service_types", "tags"),
    "port": (
        "fixed_ips",
        "extra_dhcp_opts",
        "dns_assignment",
        "binding:profile",
        "binding:vif_details",
        "tags",
        "allowed_address_pairs",
    ),
    "router": ("external_gateway_info", "routes", "availability_zone_hints", "availability_zones", "tags"),
    "floatingip": ("port_details", "tags"),
    "rbac_policy": (),
    "security_group": ("security_group_rules", "tags"),
    "security_group_rule": (),
    "address_group": ("addresses",),
    "subnetpool": ("prefixes", "tags"),
    "address_scope": (),
    "flavor": ("service_profiles",),
    "service_profile": (),
    "agent": ("created_at", "started_at", "heartbeat_timestamp", "configurations"),
}
"""{kind: attributes that can be shown but neither filtered nor sorted by} (fixed_ips and tags have filters of their own)."""
