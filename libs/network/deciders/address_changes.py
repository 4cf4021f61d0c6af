"""What an update makes of a port's MAC and addresses: kept, released, given, chosen, and formed from the MAC.

Rules: Neutron 29's db/ipam_backend_mixin.py, _get_changed_ips_for_port.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.commands import WantedAddress
from libs.model import FixedIp
from libs.network.addresses import eui64
from libs.network.deciders.reading import existing, subnets_of
from libs.network.deciders.service_types import serving, suitable
from libs.network.deciders.wishes import (
    NOT_AUTOMATIC,
    Wishes,
    automatic,
    canonical_wishes,
    check_automatic,
    choosable,
    sorted_wishes,
    wished_mac,
)
from libs.network.network import Network
from libs.network.port import Port
from libs.network.subnet import Subnet
from libs.network.world import ChooseAddresses, World


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """removed are released, added come by wish or by the MAC, `question` chooses the rest on the subnets in `choosable`."""

    removed: tuple[FixedIp, ...]
    added: tuple[FixedIp, ...]
    choosable: tuple[Subnet, ...]
    question: ChooseAddresses | None


_NO_CHANGE = AddressPlan((), (), (), None)


def moves(port: Port, changes: Mapping[str, Any]) -> bool:
    """Whether an update touches what the port holds on its network."""
    return changes.get("fixed_ips") is not None or new_mac(port, changes) != port.mac_address


def new_mac(port: Port, changes: Mapping[str, Any]) -> str:
    """The MAC after an update."""
    mac = changes.get("mac_address")
    return wished_mac(mac) if mac else port.mac_address


def address_plan(port: Port, changes: Mapping[str, Any], world: World) -> AddressPlan:
    """What stays, goes and comes. Addresses formed from the MAC stay unless the MAC changes (Neutron's rule)."""
    if not moves(port, changes):
        return _NO_CHANGE
    network: Network = existing(world, "network", port.network_id).state
    owner = changes.get("device_owner", port.device_owner)
    wished = changes.get("fixed_ips")
    all_of_them = subnets_of(world, network)
    subnets = serving(all_of_them, owner) if wished is None else suitable(network, all_of_them, owner)
    formed = _formed(port, all_of_them)
    kept, fresh = _matched(port, None if wished is None else canonical_wishes(wished), formed)
    wishes = sorted_wishes(fresh, network, subnets, owner, world)
    mac = new_mac(port, changes)
    if mac == port.mac_address:
        kept = tuple(one for one in port.fixed_ips if one in kept or (one in formed and owner not in NOT_AUTOMATIC))
    else:
        kept = tuple(one for one in kept if one not in formed)
    check_automatic(wishes.given, subnets, mac, owner)
    added = dict.fromkeys((*wishes.given, *(one for one in automatic(subnets, mac, owner) if one not in kept)))
    removed = tuple(one for one in port.fixed_ips if one not in kept)
    question = _question(port, subnets, mac, wishes, world)
    return AddressPlan(removed, tuple(added), choosable(subnets, owner), question)


def _formed(port: Port, subnets: tuple[Subnet, ...]) -> frozenset[FixedIp]:
    """Those of the port's addresses that follow from its MAC."""
    made = {FixedIp(one.id, eui64(one.cidr, port.mac_address)) for one in subnets if one.is_automatic}
    return frozenset(one for one in port.fixed_ips if one in made)


def _matched(
    port: Port, wanted: tuple[WantedAddress, ...] | None, formed: frozenset[FixedIp]
) -> tuple[tuple[FixedIp, ...], tuple[WantedAddress, ...]]:
    """(held addresses that the wishes keep, wishes that nothing held fulfils); named addresses are matched first."""
    if wanted is None:
        return port.fixed_ips, ()
    held = {one.ip_address: one for one in port.fixed_ips}
    kept = [held.pop(wish.ip_address) for wish in wanted if wish.ip_address in held]
    names = {one.ip_address for one in kept}
    fresh = [wish for wish in wanted if wish.ip_address is not None and wish.ip_address not in names]
    for wish in (one for one in wanted if one.ip_address is None):
        fit = next((one for one in held.values() if one.subnet_id == wish.subnet_id and one not in formed), None)
        if fit is None:
            fresh.append(wish)
        else:
            kept.append(held.pop(fit.ip_address))
    return tuple(kept), tuple(fresh)


def _question(
    port: Port, subnets: tuple[Subnet, ...], mac: str, wishes: Wishes, world: World
) -> ChooseAddresses | None:
    if not wishes.asks:
        return None
    read = tuple((one.id, existing(world, "subnet", one.id).version) for one in subnets)
    return ChooseAddresses(port.id, port.network_id, mac, read, wishes.open, (*wishes.given, *port.fixed_ips))
