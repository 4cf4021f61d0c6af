"""Rules of ports. Source: neutron.conf.policies.port of Neutron 29, except that it takes a member to make a port on a shared network
(there any role will do). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ADMIN_OR_SERVICE, MEMBER, NET_MANAGER, NET_MEMBER, NET_READER, READER, SERVICE

_NET = f"{ADMIN_OR_SERVICE} or ({NET_MEMBER})"
_NET_OR_SHARED = f"{_NET} or (role:member and rule:shared)"
_OWN = f"{ADMIN_OR_SERVICE} or ({MEMBER})"
_SEEN = f"{ADMIN_OR_SERVICE} or ({NET_READER}) or ({READER})"
_OF_EITHER = f"({NET_MEMBER}) or ({MEMBER})"
_SERVERS = "not rule:compute_device and not rule:baremetal_device and not rule:manila_device"

RULES: Mapping[str, str] = {
    "network_device": "field:port:device_owner=~^network:",
    "compute_device": "field:port:device_owner=~^compute:",
    "baremetal_device": "field:port:device_owner=~^baremetal:",
    "manila_device": "field:port:device_owner=~^manila:",
    "create_port": _NET_OR_SHARED,
    "create_port:device_id": _OWN,
    "create_port:device_owner": f"not rule:network_device or {_NET}",
    "create_port:mac_address": _NET,
    "create_port:fixed_ips": _NET_OR_SHARED,
    "create_port:fixed_ips:ip_address": _NET,
    "create_port:fixed_ips:subnet_id": _NET_OR_SHARED,
    "create_port:binding:host_id": ADMIN_OR_SERVICE,
    "create_port:binding:profile": SERVICE,
    "create_port:binding:vnic_type": _OWN,
    "create_port:port_security_enabled": _NET,
    "create_port:allowed_address_pairs": _NET,
    "create_port:allowed_address_pairs:mac_address": _NET,
    "create_port:allowed_address_pairs:ip_address": _NET,
    "create_port:tags": _OWN,
    "get_port": _SEEN,
    "get_port:binding:vif_type": ADMIN_OR_SERVICE,
    "get_port:binding:vif_details": ADMIN_OR_SERVICE,
    "get_port:binding:host_id": ADMIN_OR_SERVICE,
    "get_port:binding:profile": ADMIN_OR_SERVICE,
    "get_port:tags": _SEEN,
    "update_port": _OWN,
    "update_port:device_id": _OWN,
    "update_port:device_owner": f"not rule:network_device or {_NET}",
    "update_port:mac_address": f"{ADMIN_OR_SERVICE} or ({NET_MANAGER})",
    "update_port:fixed_ips": _NET,
    "update_port:fixed_ips:ip_address": _NET,
    "update_port:fixed_ips:subnet_id": _NET_OR_SHARED,
    "update_port:binding:host_id": ADMIN_OR_SERVICE,
    "update_port:binding:profile": SERVICE,
    "update_port:binding:vnic_type": _OWN,
    "update_port:port_security_enabled": _NET,
    "update_port:allowed_address_pairs": _NET,
    "update_port:allowed_address_pairs:mac_address": _NET,
    "update_port:allowed_address_pairs:ip_address": _NET,
    "update_port:tags": _OWN,
    "delete_port": f"{ADMIN_OR_SERVICE} or (service_roles:service and ({_OF_EITHER})) or ({_SERVERS} and ({_OF_EITHER}))",
    "delete_port:tags": f"{ADMIN} or {SERVICE} or {_OF_EITHER}",
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "port": (
        "dns_name",
        "name",
        "description",
        "admin_state_up",
        "network_id",
        "extra_dhcp_opts",
        "security_groups",
        "tenant_id",
        "project_id",
    ),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
