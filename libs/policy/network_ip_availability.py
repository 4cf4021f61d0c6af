"""The rule of addresses' availability. Source: neutron.conf.policies.network_ip_availability of Neutron 29. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN_OR_SERVICE

RULES: Mapping[str, str] = {"get_network_ip_availability": ADMIN_OR_SERVICE}

PLAIN: Mapping[str, tuple[str, ...]] = {}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
