"""Rules of topologies made for projects. Source: neutron.conf.policies.auto_allocated_topology of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN_OR_MEMBER, ADMIN_OR_READER

RULES: Mapping[str, str] = {
    "get_auto_allocated_topology": ADMIN_OR_READER,
    "delete_auto_allocated_topology": ADMIN_OR_MEMBER,
}

PLAIN: Mapping[str, tuple[str, ...]] = {}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
