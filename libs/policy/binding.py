"""Rules of a port's bindings: services' own matter, so that even an administrator only reads them.

Source: neutron.conf.policies.port_bindings of Neutron 29; it has no rule for an update, which follows that of creation here. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN_OR_SERVICE, SERVICE

RULES: Mapping[str, str] = {
    "get_port_binding": ADMIN_OR_SERVICE,
    "create_port_binding": SERVICE,
    "update_port_binding": SERVICE,
    "delete_port_binding": SERVICE,
    "activate": SERVICE,
}

PLAIN: Mapping[str, tuple[str, ...]] = {"binding": ("host", "vnic_type", "profile", "project_id")}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
