"""Rules of subnets. Source: neutron.conf.policies.subnet of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ADMIN_OR_NET_MEMBER, ADMIN_OR_NET_READER, MEMBER, READER, SERVICE

_WRITE = f"({MEMBER}) or {ADMIN_OR_NET_MEMBER}"
_SEEN = (
    f"({READER}) or (role:reader and rule:shared) or (role:reader and rule:external_network) or {ADMIN_OR_NET_READER}"
)

RULES: Mapping[str, str] = {
    "create_subnet": ADMIN_OR_NET_MEMBER,
    "create_subnet:tags": _WRITE,
    "get_subnet": f"{_SEEN} or {SERVICE}",
    "get_subnet:tags": f"{_SEEN} or {SERVICE}",
    "create_subnet:service_types": ADMIN,
    "update_subnet": _WRITE,
    "update_subnet:service_types": ADMIN,
    "update_subnet:tags": _WRITE,
    "delete_subnet": _WRITE,
    "delete_subnet:tags": _WRITE,
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "subnet": (
        *(
            "name",
            "description",
            "network_id",
            "ip_version",
            "cidr",
            "gateway_ip",
            "allocation_pools",
            "dns_nameservers",
        ),
        *("host_routes", "enable_dhcp", "ipv6_ra_mode", "ipv6_address_mode", "tenant_id", "project_id"),
        *("subnetpool_id", "prefixlen", "use_default_subnetpool"),
    ),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
