"""Which subnets a port gets addresses from, by its device_owner.

Rules: Neutron 29's objects/subnet.py (_query_entity_service_subnets) and db/ipam_backend_mixin.py (_ipam_get_subnets); but a new
SLAAC subnet is joined by the ports that it serves alone, where Neutron lets all join.
"""

from __future__ import annotations

from libs.errors.port import no_matching_subnet
from libs.model import DHCP_OWNER
from libs.network.network import Network
from libs.network.subnet import Subnet


def serves(service_types: tuple[str, ...], enable_dhcp: bool, device_owner: str) -> bool:
    """Whether a subnet with these service types is for such ports; DHCP's own port is on every subnet that has DHCP."""
    return not service_types or device_owner in service_types or (device_owner == DHCP_OWNER and enable_dhcp)


def serving(subnets: tuple[Subnet, ...], device_owner: str) -> tuple[Subnet, ...]:
    """Those of the subnets that are for such ports, the ones made for them first."""
    found = (one for one in subnets if serves(one.service_types, one.enable_dhcp, device_owner))
    return tuple(sorted(found, key=lambda one: not one.service_types))


def suitable(network: Network, subnets: tuple[Subnet, ...], device_owner: str) -> tuple[Subnet, ...]:
    """As `serving`, of all the network's subnets. Raises 409 when there are some, but none is for such ports."""
    found = serving(subnets, device_owner)
    if subnets and not found:
        raise no_matching_subnet(network.id, device_owner)
    return found
