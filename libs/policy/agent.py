"""Rules of agents, their schedulers and availability zones.

Source: neutron.conf.policies.{agent,availability_zone} of Neutron 29. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from libs.policy.strings import ADMIN, ANY_READER, SERVICE

_OF_AGENTS = ("get_agent", "update_agent", "delete_agent")
_OF_DHCP = ("get_dhcp-networks", "create_dhcp-network", "delete_dhcp-network", "get_dhcp-agents")
_OF_L3 = ("get_l3-routers", "create_l3-router", "delete_l3-router", "get_l3-agents")

RULES: Mapping[str, str] = {
    **dict.fromkeys((*_OF_AGENTS, *_OF_DHCP, *_OF_L3), ADMIN),
    "get_availability_zone": f"{ANY_READER} or {SERVICE}",
}

PLAIN: Mapping[str, tuple[str, ...]] = {"agent": ("admin_state_up", "description")}
"""{kind: attributes that may be sent by whom the resource's own rule lets}"""
