"""fixed_ips as a caller wishes them: which are given, which are to be chosen, which follow from the MAC.

Rules: Neutron 29's db/ipam_pluggable_backend.py (_test_fixed_ips_for_port) and db/ipam_backend_mixin.py
(_get_subnet_for_fixed_ip, _get_changed_ips_for_port).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from libs.commands import WantedAddress
from libs.errors import bad_request, invalid_input, ip_is_automatic, ip_not_on_network, ip_not_on_subnet, not_found
from libs.events import AddressAllocated
from libs.model import FixedIp, canonical_ip, canonical_mac
from libs.network import addresses
from libs.network.deciders.reading import answer, found
from libs.network.network import Network
from libs.network.subnet import Subnet
from libs.network.world import ChooseAddresses, World

MAX_FIXED_IPS = 16
ROUTER_INTERFACES = (
    "network:router_interface",
    "network:ha_router_replicated_interface",
    "network:router_interface_distributed",
)
NOT_AUTOMATIC = (*ROUTER_INTERFACES, "network:router_centralized_snat")
"""Ports of routers get no address by themselves on SLAAC subnets."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """given: addresses that the caller named. open: what is to be chosen (None: one per IP version)."""

    given: tuple[FixedIp, ...]
    open: tuple[WantedAddress, ...] | None

    @property
    def asks(self) -> bool:
        """Whether anything is to be chosen."""
        return self.open is None or bool(self.open)


def wished_mac(text: str) -> str:
    """A MAC that a caller named, in its one form. Raises 400."""
    try:
        return canonical_mac(text)
    except ValueError as error:
        raise bad_request(f"Invalid input for mac_address. Reason: {error}.") from None


def canonical_wishes(wanted: Iterable[WantedAddress]) -> tuple[WantedAddress, ...]:
    """The wishes with addresses in their one form (claims compare text). Raises 400 for a list that makes no sense anywhere."""
    try:
        wishes = tuple(
            one if one.ip_address is None else WantedAddress(one.subnet_id, canonical_ip(one.ip_address))
            for one in wanted
        )
    except ValueError as error:
        raise bad_request(f"Invalid input for fixed_ips. Reason: {error}.") from None
    _check_wishes(wishes)
    return wishes


def _check_wishes(wanted: tuple[WantedAddress, ...]) -> None:
    if len(wanted) > MAX_FIXED_IPS:
        raise invalid_input("Exceeded maximum amount of fixed ips per port")
    named = [one.ip_address for one in wanted if one.ip_address is not None]
    twice = next((one for one in named if named.count(one) > 1), None)
    if twice is not None:
        raise bad_request(f"Invalid input for fixed_ips. Reason: Duplicate IP address '{twice}'.")


def sorted_wishes(
    wanted: tuple[WantedAddress, ...] | None, network: Network, subnets: tuple[Subnet, ...], owner: str, world: World
) -> Wishes:
    """The wishes of a port on a network, each on its subnet. Raises 400, and 404 for a subnet that does not exist."""
    if wanted is None:
        return Wishes((), None if any(not one.is_automatic for one in subnets) else ())
    given, open_ = [], []
    for wish in canonical_wishes(wanted):
        subnet = _subnet_for(wish, network, subnets, owner, world)
        if wish.ip_address is not None:
            given.append(FixedIp(subnet.id, wish.ip_address))
        elif not subnet.is_automatic or owner in NOT_AUTOMATIC:
            open_.append(WantedAddress(subnet.id))
    return Wishes(tuple(given), tuple(open_))


def _subnet_for(wish: WantedAddress, network: Network, subnets: tuple[Subnet, ...], owner: str, world: World) -> Subnet:
    if wish.subnet_id is not None:
        return _named_subnet(wish, wish.subnet_id, network, subnets, owner, world)
    if not subnets:
        raise invalid_input("IP allocation requires subnets for network")
    if wish.ip_address is None:
        raise invalid_input("IP allocation requires subnet_id or ip_address")
    for subnet in subnets:
        if addresses.usable(subnet.cidr, wish.ip_address, owner):
            return subnet
    raise ip_not_on_network(wish.ip_address)


def _named_subnet(
    wish: WantedAddress, subnet_id: str, network: Network, subnets: tuple[Subnet, ...], owner: str, world: World
) -> Subnet:
    subnet = next((one for one in subnets if one.id == subnet_id), None)
    if subnet is None:
        if found(world, "subnet", subnet_id) is None:
            raise not_found("subnet", subnet_id)
        raise invalid_input(
            f"Failed to create port on network {network.id}, because fixed_ips included invalid subnet {subnet_id}"
        )
    if wish.ip_address is not None and not addresses.usable(subnet.cidr, wish.ip_address, owner):
        raise ip_not_on_subnet(wish.ip_address)
    return subnet


def automatic(subnets: Iterable[Subnet], mac: str, owner: str) -> tuple[FixedIp, ...]:
    """The addresses that a port has by its MAC alone: one on each SLAAC (or stateless DHCPv6) subnet, routers excepted."""
    if owner in NOT_AUTOMATIC:
        return ()
    return tuple(FixedIp(one.id, addresses.eui64(one.cidr, mac)) for one in subnets if one.is_automatic)


def choosable(subnets: Iterable[Subnet], owner: str) -> tuple[Subnet, ...]:
    """The subnets on which an address is a matter of choice, not of the MAC."""
    return tuple(one for one in subnets if owner in NOT_AUTOMATIC or not one.is_automatic)


def chosen(question: ChooseAddresses | None, subnets: Iterable[Subnet], world: World) -> tuple[FixedIp, ...]:
    """ipam's answer, those on `subnets` alone. Raises the Refusal that it may be (409 no address left)."""
    if question is None:
        return ()
    ids = {one.id for one in subnets}
    proposed: tuple[FixedIp, ...] = answer(world, question, tuple)
    return tuple(one for one in proposed if one.subnet_id in ids)


def check_automatic(given: Iterable[FixedIp], subnets: Iterable[Subnet], mac: str, owner: str) -> None:
    """On a SLAAC subnet only the address that follows from the MAC may be asked for. Raises 400."""
    if owner in ROUTER_INTERFACES:
        return
    formed = {one.id: addresses.eui64(one.cidr, mac) for one in subnets if one.is_automatic}
    for one in given:
        if formed.get(one.subnet_id, one.ip_address) != one.ip_address:
            raise ip_is_automatic(one.ip_address, one.subnet_id)


def allocated(port_id: str, fixed_ips: Iterable[FixedIp]) -> tuple[AddressAllocated, ...]:
    """The facts that a port holds these from now on."""
    return tuple(AddressAllocated(port_id, one.subnet_id, one.ip_address) for one in fixed_ips)
