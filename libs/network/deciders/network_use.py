"""Who may still need what a network is to be no longer: shared, or external.

Rules: Neutron 29's db/db_base_plugin_v2.py (_validate_shared_update) and db/external_net_db.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from libs.eventlog.protocol import NoneRefers
from libs.events import NetworkEvent, NetworkExternalChanged, NetworkSharingChanged
from libs.network.network import Network

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
    if NetworkSharingChanged(network.id, False) in events:
        yield from _only_own_use(network)
    if NetworkExternalChanged(network.id, False) in events:
        yield NoneRefers("router", "external_network_id", network.id)
        yield NoneRefers("floatingip", "floating_network_id", network.id)


def _only_own_use(network: Network) -> tuple[NoneRefers, ...]:
    """Neutron's rule for unsharing: only the owner's ports and subnets, and netledger's own ports, may be on the network."""
    owner = ("project_id", (network.project_id,))
    return (
        NoneRefers("port", "network_id", network.id, unless=(owner, ("device_owner", DEVICE_OWNERS_OF_NETWORKS))),
        NoneRefers("subnet", "network_id", network.id, unless=(owner,)),
    )
