"""Check strings that many rules share, and the rules that they name: who an admin, an owner, a network's owner is.

Source: neutron.conf.policies.base of Neutron 29 with the new defaults. An extension's RULES are written with these. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

ADMIN = "rule:admin_only"
SERVICE = "rule:service_api"
ADMIN_OR_SERVICE = f"{ADMIN} or {SERVICE}"
MEMBER = "role:member and project_id:%(project_id)s"
READER = "role:reader and project_id:%(project_id)s"
MANAGER = "role:manager and project_id:%(project_id)s"
ADMIN_OR_MEMBER = f"{ADMIN} or ({MEMBER})"
ADMIN_OR_READER = f"{ADMIN} or ({READER})"
ADMIN_OR_MANAGER = f"{ADMIN} or ({MANAGER})"
NET_MEMBER = "role:member and rule:network_owner"
NET_READER = "role:reader and rule:network_owner"
NET_MANAGER = "role:manager and rule:network_owner"
ADMIN_OR_NET_MEMBER = f"{ADMIN} or ({NET_MEMBER})"
ADMIN_OR_NET_READER = f"{ADMIN} or ({NET_READER})"
PARENT_MEMBER = "role:member and rule:ext_parent_owner"
PARENT_READER = "role:reader and rule:ext_parent_owner"
ADMIN_OR_PARENT_MEMBER = f"{ADMIN} or ({PARENT_MEMBER})"
ADMIN_OR_PARENT_READER = f"{ADMIN} or ({PARENT_READER})"
GROUP_MEMBER = "role:member and rule:sg_owner"
GROUP_READER = "role:reader and rule:sg_owner"
ADMIN_OR_GROUP_MEMBER = f"{ADMIN} or ({GROUP_MEMBER})"
ADMIN_OR_GROUP_READER = f"{ADMIN} or ({GROUP_READER})"
ANY_READER = "role:reader"

RULES: Mapping[str, str] = {
    "context_is_admin": "role:admin",
    "service_api": "role:service",
    "owner": "project_id:%(project_id)s",
    "admin_only": "rule:context_is_admin",
    "admin_or_owner": "rule:context_is_admin or rule:owner",
    "network_owner": "project_id:%(network:project_id)s",
    "admin_or_network_owner": "rule:context_is_admin or rule:network_owner",
    "admin_owner_or_network_owner": "rule:owner or rule:admin_or_network_owner",
    "ext_parent_owner": "project_id:%(ext_parent:project_id)s",
    "admin_or_ext_parent_owner": "rule:context_is_admin or rule:ext_parent_owner",
    "sg_owner": "project_id:%(security_group:project_id)s",
    "regular_user": "",
    "shared": "field:networks:shared=True",
    "external": "field:networks:router:external=True",
    "external_network": "field:subnets:router:external=True",
    "default": "rule:admin_or_owner",
}
"""Rules that others name; no request is judged by them alone."""
