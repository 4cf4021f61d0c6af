"""Which attributes can be filtered and sorted by, and where the read model holds them: closed tables, the only source of identifiers.

Source: is_filter and is_sort_key of neutron_lib.api.definitions; filters are a superset (every plain attribute).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from services.api.schemas.fields import to_address, to_bool, to_cidr_or_none, to_int, to_mac, to_text, to_uuid


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute in SQL; of an array any element is meant. `order` is what it is sorted by, never null, empty when it is no sort
    key. `plain`: `sql` is a column that holds the body's very value, so that a projection need not read the body. parse: a filter's
    text to a bound value."""

    sql: str
    type: str = "text"
    parse: Callable[[Any], Any] = to_text
    order: str = ""
    plain: bool = False


def _forgiving(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`convert`, or the text itself where it does not fit: it then matches nothing, as in Neutron."""

    def parse(value: Any) -> Any:
        try:
            return convert(value)
        except ValidationError:
            return to_text(value)

    return parse


def _text(name: str, sort: bool = True, nullable: bool = False) -> Column:
    order = "" if not sort else f"coalesce({name}, '')" if nullable else name
    return Column(name, order=order, plain=True)


def _flag(name: str, sort: bool = True) -> Column:
    return Column(name, "boolean", to_bool, name if sort else "", True)


def _number(name: str, sort: bool = True) -> Column:
    return Column(name, "integer", to_int, name if sort else "", True)


def _number_or_none(name: str) -> Column:
    return Column(name, "integer", to_int, f"coalesce({name}, -1)", True)


def _address(name: str, plain: bool = False) -> Column:
    """An address; empty for none when it is not `plain`."""
    return Column(name, parse=_forgiving(to_address), order=name, plain=plain)


def _inside(name: str, sort: bool = False) -> Column:
    """An attribute that only the body holds."""
    sql = f"((body::json)->>'{name}')"
    return Column(sql, order=f"coalesce({sql}, '')" if sort else "")


def _inside_flag(name: str) -> Column:
    return Column(f"((body::json)->>'{name}')::boolean", "boolean", to_bool)


_COMMON: Mapping[str, Column] = {
    "id": _text("id"),
    "name": _text("name"),
    "tenant_id": _text("project_id"),
    "project_id": _text("project_id"),
    "description": _inside("description"),
    "created_at": _text("created_at", sort=False),
    "updated_at": _inside("updated_at"),
    "revision_number": _number("version", sort=False),
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
        "admin_state_up": _flag("admin_state_up"),
        "status": _text("status"),
        "shared": _CALLERS,
        "mtu": Column(_MTU, "integer", to_int, _MTU),
        "router:external": _flag("external", sort=False),
        "dns_domain": _inside("dns_domain"),
        "is_default": Column("is_default", "boolean", to_bool),
        "provider:network_type": _text("network_type", sort=False),
        "provider:physical_network": _text("physical_network", sort=False),
        "provider:segmentation_id": _number("segmentation_id", sort=False),
        "availability_zone_hints": _inside("availability_zone_hints", sort=True),
        "port_security_enabled": _inside_flag("port_security_enabled"),
    },
    "subnet": {
        **_COMMON,
        "network_id": _text("network_id"),
        "ip_version": _number("ip_version"),
        "cidr": Column("cidr", parse=to_cidr_or_none, order="cidr", plain=True),
        "gateway_ip": Column("gateway_ip", parse=_forgiving(to_address), order="coalesce(gateway_ip, '')", plain=True),
        "enable_dhcp": _flag("enable_dhcp"),
        "ipv6_ra_mode": _inside("ipv6_ra_mode", sort=True),
        "ipv6_address_mode": _inside("ipv6_address_mode", sort=True),
        "subnetpool_id": _text("subnetpool_id", nullable=True),
        "shared": _CALLERS,
    },
    "port": {
        **_COMMON,
        "network_id": _text("network_id"),
        "admin_state_up": _flag("admin_state_up"),
        "mac_address": Column("mac_address", parse=_forgiving(to_mac), order="mac_address", plain=True),
        "device_id": _text("device_id"),
        "device_owner": _text("device_owner"),
        "status": _text("status"),
        "binding:host_id": _text("host", sort=False),
        "binding:vnic_type": _inside("binding:vnic_type"),
        "dns_name": _inside("dns_name"),
        "binding:vif_type": _inside("binding:vif_type"),
        "ip_allocation": _inside("ip_allocation", sort=True),
        "port_security_enabled": _inside_flag("port_security_enabled"),
        "security_groups": Column("security_groups", "text[]", _forgiving(to_uuid)),
    },
    "router": {
        **_COMMON,
        "admin_state_up": _flag("admin_state_up"),
        "status": _text("status"),
        "flavor_id": _text("flavor_id", nullable=True),
    },
    "floatingip": {
        **{name: column for name, column in _COMMON.items() if name != "name"},
        "floating_network_id": _text("floating_network_id"),
        "floating_ip_address": _address("floating_ip_address", plain=True),
        "router_id": Column("router_id", order="router_id"),
        "port_id": Column("port_id"),
        "fixed_ip_address": _address("fixed_ip_address"),
        "dns_name": _inside("dns_name"),
        "dns_domain": _inside("dns_domain"),
        "status": _text("status"),
    },
    "rbac_policy": {
        "id": _text("id"),
        "object_type": _text("object_type"),
        "object_id": _text("object_id"),
        "action": _text("action"),
        "target_tenant": _text("target_project"),
        "tenant_id": _text("project_id"),
        "project_id": _text("project_id"),
    },
    "security_group": {
        **_COMMON,
        "stateful": _flag("stateful", sort=False),
        "shared": _CALLERS,
    },
    "security_group_rule": {
        **{name: column for name, column in _COMMON.items() if name != "name"},
        "security_group_id": _text("security_group_id"),
        "direction": _text("direction"),
        "ethertype": _text("ethertype"),
        "protocol": _text("protocol", nullable=True),
        "port_range_min": _number_or_none("port_range_min"),
        "port_range_max": _number_or_none("port_range_max"),
        "remote_ip_prefix": _text("remote_ip_prefix", nullable=True),
        "normalized_cidr": _text("normalized_cidr", nullable=True),
        "remote_group_id": _text("remote_group_id", nullable=True),
        "remote_address_group_id": _text("remote_address_group_id", nullable=True),
        "belongs_to_default_sg": _flag("belongs_to_default_sg", sort=False),
    },
    "address_group": {**_COMMON, "description": _inside("description", sort=True)},
    "subnetpool": {
        **_COMMON,
        "ip_version": _number("ip_version"),
        "default_prefixlen": Column("default_prefixlen", "integer", to_int, "default_prefixlen"),
        "min_prefixlen": Column("min_prefixlen", "integer", to_int, "min_prefixlen"),
        "max_prefixlen": Column("max_prefixlen", "integer", to_int, "max_prefixlen"),
        "default_quota": Column("default_quota", "integer", to_int, "coalesce(default_quota, -1)", True),
        "is_default": _flag("is_default"),
        "shared": _shared_with_callers("subnetpool"),
        "address_scope_id": _text("address_scope_id", nullable=True),
    },
    "address_scope": {
        **{name: _COMMON[name] for name in ("id", "name", "tenant_id", "project_id")},
        "ip_version": _number("ip_version"),
        "shared": _shared_with_callers("address_scope"),
    },
    "flavor": {
        "id": _text("id"),
        "name": _text("name"),
        "description": _inside("description", sort=True),
        "service_type": _text("service_type"),
        "enabled": _flag("enabled"),
    },
    "service_profile": {
        "id": _text("id"),
        "description": _inside("description", sort=True),
        "driver": _text("driver"),
        "enabled": _flag("enabled"),
        "metainfo": _inside("metainfo", sort=True),
    },
    "agent": {
        "id": _text("id"),
        "host": _text("host", sort=False),
        "agent_type": _text("agent_type", sort=False),
        "availability_zone": Column("availability_zone"),
        "binary": _inside("binary"),
        "topic": _inside("topic"),
        "description": _inside("description"),
        "admin_state_up": _flag("admin_state_up", sort=False),
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
