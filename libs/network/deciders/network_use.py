"""Who may still need what a network is to be no longer: shared with all, or external.

Rules: Neutron 29's db/db_base_plugin_v2.py (_validate_shared_update, _validate_projects_have_access_to_network) and
db/external_net_db.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from libs.eventlog.protocol import NoneRefers
from libs.events import NetworkAccessWithdrawn, NetworkEvent
from libs.network.network import Network
from libs.network.rbac_policy import EVERYBODY, EXTERNAL, SHARED
from libs.network.sharing import targets

DEVICE_OWNERS_OF_NETWORKS = (
    "network:dhcp",
    "network:distributed",
    "network:floatingip",
    "network:floatingip_agent_gateway",
    "network:ha_router_replicated_interface",
    "network:local_ip",
    "network:router_centralized_snat",
    "network:router_gateway",
    "network:router_ha_interface",
    "network:router_interface",
    "network:router_interface_distributed",
    "network:routed",
)


def unused(network: Network, events: tuple[NetworkEvent, ...]) -> Iterator[NoneRefers]:
    """Guards: nobody needs what the network is to be no longer."""
    withdrawn = {one.action for one in events if isinstance(one, NetworkAccessWithdrawn)}
    if SHARED in withdrawn:
        yield from _only_own_use(network)
    if EXTERNAL in withdrawn:
        yield NoneRefers("router", "external_network_id", network.id)
        yield NoneRefers("floatingip", "floating_network_id", network.id)


def _only_own_use(network: Network) -> tuple[NoneRefers, ...]:
    """Neutron's rule for unsharing: only ports and subnets of the owner and of those whom it is shared with by name, and netledger's
    own ports, may be on the network."""
    named = (one for one in targets(network.access, SHARED) if one not in (EVERYBODY, network.project_id))
    let = ("project_id", (network.project_id, *named))
    return (
        NoneRefers("port", "network_id", network.id, unless=(let, ("device_owner", DEVICE_OWNERS_OF_NETWORKS))),
        NoneRefers("subnet", "network_id", network.id, unless=(let,)),
    )
