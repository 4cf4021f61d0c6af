"""Rules of flavors, service profiles and service providers, which belong to no project.

Source: neutron.conf.policies.{flavor,service_type} of Neutron 29. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ANY_READER, SERVICE

RULES: Mapping[str, str] = {
    "create_flavor": ADMIN,
    "get_flavor": f"{ANY_READER} or {SERVICE}",
    "update_flavor": ADMIN,
    "delete_flavor": ADMIN,
    "create_service_profile": ADMIN,
    "get_service_profile": ADMIN,
    "update_service_profile": ADMIN,
    "delete_service_profile": ADMIN,
    "create_flavor_service_profile": ADMIN,
    "delete_flavor_service_profile": ADMIN,
    "get_service_provider": f"{ANY_READER} or {SERVICE}",
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "flavor": ("name", "description", "service_type", "service_profiles", "enabled"),
    "service_profile": ("description", "driver", "metainfo", "enabled"),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
