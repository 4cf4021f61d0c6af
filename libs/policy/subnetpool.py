"""Rules of subnet pools and address scopes. Source: neutron.conf.policies.{subnetpool,address_scope} of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER, SERVICE

_SEES_POOL = f"{ADMIN_OR_READER} or rule:shared_subnetpools or {SERVICE}"
_SEES_SCOPE = f"{ADMIN_OR_READER} or rule:shared_address_scopes or {SERVICE}"

RULES: Mapping[str, str] = {
    "shared_subnetpools": "field:subnetpools:shared=True",
    "create_subnetpool": ADMIN_OR_MEMBER,
    "create_subnetpool:shared": ADMIN,
    "create_subnetpool:is_default": ADMIN,
    "create_subnetpool:tags": ADMIN_OR_MEMBER,
    "get_subnetpool": _SEES_POOL,
    "get_subnetpool:tags": _SEES_POOL,
    "update_subnetpool": ADMIN_OR_MEMBER,
    "update_subnetpool:is_default": ADMIN,
    "update_subnetpool:tags": ADMIN_OR_MEMBER,
    "delete_subnetpool": ADMIN_OR_MEMBER,
    "delete_subnetpool:tags": ADMIN_OR_MEMBER,
    "add_prefixes": ADMIN_OR_MEMBER,
    "remove_prefixes": ADMIN_OR_MEMBER,
    "shared_address_scopes": "field:address_scopes:shared=True",
    "create_address_scope": ADMIN_OR_MEMBER,
    "create_address_scope:shared": ADMIN,
    "get_address_scope": _SEES_SCOPE,
    "update_address_scope": ADMIN_OR_MEMBER,
    "update_address_scope:shared": ADMIN,
    "delete_address_scope": ADMIN_OR_MEMBER,
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "subnetpool": (
        *("name", "description", "prefixes", "default_quota", "default_prefixlen", "min_prefixlen", "max_prefixlen"),
        *("address_scope_id", "tenant_id", "project_id"),
    ),
    "address_scope": ("name", "ip_version", "tenant_id", "project_id"),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
