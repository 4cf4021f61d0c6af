"""Rules of RBAC policies. Source: neutron.conf.policies.rbac of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER

_NOT_FOR_ALL = f"{ADMIN} or not field:rbac_policy:target_tenant=*"

RULES: Mapping[str, str] = {
    "restrict_wildcard": _NOT_FOR_ALL,
    "create_rbac_policy": ADMIN_OR_MEMBER,
    "create_rbac_policy:target_tenant": _NOT_FOR_ALL,
    "get_rbac_policy": ADMIN_OR_READER,
    "update_rbac_policy": ADMIN_OR_MEMBER,
    "update_rbac_policy:target_tenant": _NOT_FOR_ALL,
    "delete_rbac_policy": ADMIN_OR_MEMBER,
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "rbac_policy": ("object_type", "object_id", "action", "tenant_id", "project_id"),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
