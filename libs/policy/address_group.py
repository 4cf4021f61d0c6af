"""Rules of address groups. Source: neutron.conf.policies.address_group of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN_OR_MEMBER, ADMIN_OR_READER

RULES: Mapping[str, str] = {
    "shared_address_groups": "field:address_groups:shared=True",
    "create_address_group": ADMIN_OR_MEMBER,
    "get_address_group": f"{ADMIN_OR_READER} or rule:shared_address_groups",
    "update_address_group": ADMIN_OR_MEMBER,
    "delete_address_group": ADMIN_OR_MEMBER,
    "add_addresses": ADMIN_OR_MEMBER,
    "remove_addresses": ADMIN_OR_MEMBER,
}

PLAIN: Mapping[str, tuple[str, ...]] = {
    "address_group": ("name", "description", "addresses", "tenant_id", "project_id"),
}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
