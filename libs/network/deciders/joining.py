"""What a SLAAC subnet's coming and going means for ports that are already on its network.

Rules: Neutron 29's db/ipam_pluggable_backend.py (add_auto_addrs_on_network_ports) and db/db_base_plugin_v2.py (delete_subnet,
_subnet_check_ip_allocations_internal_router_ports): every port but a router's joins by itself, and does not keep the subnet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from libs.eventlog.protocol import Change, NoneRefers
from libs.events import AddressReleased, SubnetCreated
from libs.model import FLOATING_IP_OWNER, ROUTER_GATEWAY_OWNER, FixedIp
from libs.network import addresses
from libs.network.deciders.reading import change
from libs.network.deciders.service_types import serves
from libs.network.deciders.wishes import NOT_AUTOMATIC, allocated
from libs.network.port import Port
from libs.network.world import Resource

STAYING = (*NOT_AUTOMATIC, ROUTER_GATEWAY_OWNER, FLOATING_IP_OWNER)
"""Ports whose addresses are facts of their device as well: only the device changes them."""


def automatic_ones(facts: Iterable[SubnetCreated]) -> list[SubnetCreated]:
    """The new subnets that ports join by their MAC."""
    return [one for one in facts if addresses.is_automatic(one.ipv6_ra_mode, one.ipv6_address_mode)]


def joined(port: Resource, subnets: Sequence[SubnetCreated]) -> Change:
    """The addresses that a port gets on those of the new SLAAC subnets that are on its network; none for a router's."""
    state: Port = port.state
    mine = (
        one
        for one in subnets
        if one.network_id == state.network_id
        and state.device_owner not in STAYING
        and serves(one.service_types, one.enable_dhcp, state.device_owner)
    )
    formed = (FixedIp(one.subnet_id, addresses.eui64(one.cidr, state.mac_address)) for one in mine)
    return change(port, allocated(state.id, formed))


def no_other_port(subnets: Iterable[SubnetCreated], port_ids: tuple[str, ...]) -> tuple[NoneRefers, ...]:
    """Guards: the networks of the new SLAAC subnets have no further port that would have to join."""
    routers = (("device_owner", STAYING),)
    networks = dict.fromkeys(one.network_id for one in subnets)
    return tuple(NoneRefers("port", "network_id", one, besides=port_ids, unless=routers) for one in networks)


def leavers(ports: Iterable[Resource]) -> list[Resource]:
    """Those of the ports that a SLAAC subnet does not wait for when it goes: all but routers'."""
    return [one for one in ports if one.state.device_owner not in STAYING]


def left(port: Resource, subnet_id: str) -> Change:
    """The port's addresses on a subnet that goes, released."""
    held = (one for one in port.state.fixed_ips if one.subnet_id == subnet_id)
    return change(port, (AddressReleased(port.state.id, one.subnet_id, one.ip_address) for one in held))
