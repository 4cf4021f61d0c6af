"""Rules of quotas; a project's own are its to see without one. Source: neutron.conf.policies.quotas of Neutron 29, except that a
manager sees none but his own project's. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ADMIN_OR_MANAGER

RULES: Mapping[str, str] = {
    "get_quota": ADMIN_OR_MANAGER,
    "update_quota": ADMIN,
    "delete_quota": ADMIN,
}

PLAIN: Mapping[str, tuple[str, ...]] = {}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
