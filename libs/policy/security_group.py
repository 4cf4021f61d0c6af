"""Rules of security groups and their rules. Source: neutron.conf.policies.security_group of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import (
    ADMIN_OR_GROUP_MEMBER,
    ADMIN_OR_GROUP_READER,
    ADMIN_OR_MEMBER,
    ADMIN_OR_READER,
    ADMIN_OR_SERVICE,
    READER,
)

_SEEN = f"{ADMIN_OR_READER} or rule:shared_security_group"

RULES: Mapping[str, str] = {
    "admin_or_sg_owner": "rule:context_is_admin or rule:sg_owner",
    "admin_owner_or_sg_owner": "rule:owner or rule:admin_or_sg_owner",
    "shared_security_group": "field:security_groups:shared=True",
    "rule_default_sg": "field:security_group_rules:belongs_to_default_sg=True",
    "create_default_security_group": f"{ADMIN_OR_SERVICE} or ({READER})",
    "create_security_group": ADMIN_OR_MEMBER,
    "create_security_group:tags": ADMIN_OR_MEMBER,
    "get_security_group": _SEEN,
    "get_security_group:tags": _SEEN,
    "update_security_group": ADMIN_OR_MEMBER,
    "update_security_group:tags": ADMIN_OR_MEMBER,
    "delete_security_group": ADMIN_OR_MEMBER,
    "delete_security_group:tags": ADMIN_OR_MEMBER,
    "create_security_group_rule": ADMIN_OR_GROUP_MEMBER,
    "get_security_group_rule": ADMIN_OR_GROUP_READER,
    "delete_security_group_rule": ADMIN_OR_GROUP_MEMBER,
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "security_group": ("name", "description", "stateful", "tenant_id", "project_id"),
    "security_group_rule": (
        *("security_group_id", "direction", "ethertype", "protocol", "port_range_min", "port_range_max"),
        *("remote_ip_prefix", "remote_group_id", "remote_address_group_id", "description", "tenant_id", "project_id"),
    ),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
