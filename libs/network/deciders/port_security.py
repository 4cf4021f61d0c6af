"""What a port may send and get: whether it is checked at all, its security groups, the addresses that it may use beside its own.

Rules: Neutron 29's db/portsecurity_db.py (_determine_port_security_and_has_ip), db/securitygroups_db.py and plugins/ml2/plugin.py
(_portsec_ext_port_create_processing, _portsec_ext_port_update_processing). Devices of netledger's own (`network:*`) are trusted:
stricter than Neutron, which lets them say otherwise and pays no heed to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from libs.commands import NewPort, WantedPair
from libs.errors import port_security as errors
from libs.errors import unsupported_owner
from libs.errors.security_group import groups_not_found, stateful_and_stateless, too_many_groups
from libs.events import PortAddressPairsChanged, PortEvent, PortSecurityChanged, PortSecurityGroupsChanged
from libs.model import AddressPair
from libs.network.addresses import version_of
from libs.network.deciders.default_groups import default_id
from libs.network.deciders.reading import found
from libs.network.network import Network
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.world import World

MAX_GROUPS, MAX_PAIRS = 20, 10
SHORTEST_PREFIX: Mapping[int, int] = {4: 24, 6: 64}
"""{IP version: the widest address pair, in bits} on another project's network."""


@dataclass(frozen=True, slots=True)
class Security:
    """What a port starts with."""

    enabled: bool
    groups: tuple[str, ...] = ()
    pairs: tuple[AddressPair, ...] = ()


def is_trusted(device_owner: str) -> bool:
    """Whether a port is of a device of ours."""
    return device_owner.startswith("network:")


def wants_default(new: NewPort, network: Network) -> bool:
    """Whether the port is to have its project's default group."""
    enabled = network.port_security if new.port_security is None else new.port_security
    return enabled and new.security_groups is None and bool(new.project_id) and not is_trusted(new.device_owner)


def group_streams(ids: Iterable[str]) -> tuple[str, ...]:
    """The streams of security groups."""
    return tuple(stream_of("security_group", id) for id in ids)


def first_security(new: NewPort, network: Network, has_addresses: bool, mac: str, world: World) -> Security:
    """What a new port starts with. Raises 404, 400, 409."""
    enabled = _enabled_at_first(new, network, has_addresses)
    if not enabled and new.address_pairs:
        raise errors.pairs_need_port_security()
    if not enabled and new.security_groups:
        raise errors.groups_need_port_security()
    if not enabled:
        return Security(False)
    if wants_default(new, network):
        groups: tuple[str, ...] = (default_id(new.project_id, world),)
    else:
        groups = checked_groups(new.security_groups or (), world)
    return Security(True, groups, checked_pairs(new.address_pairs, mac, network.project_id == new.project_id))


def _enabled_at_first(new: NewPort, network: Network, has_addresses: bool) -> bool:
    """Who names groups for a port with an address wants it checked."""
    if is_trusted(new.device_owner):
        return False
    if new.port_security is not None:
        return new.port_security
    return network.port_security or (has_addresses and new.security_groups is not None)


def checked_groups(ids: tuple[str, ...], world: World) -> tuple[str, ...]:
    """Groups that are there and agree. Raises 404, 400, 409."""
    if len(ids) > MAX_GROUPS:
        raise too_many_groups(MAX_GROUPS)
    groups = {id: found(world, "security_group", id) for id in ids}
    missing = [id for id, group in groups.items() if group is None]
    if missing:
        raise groups_not_found(missing)
    if len({group.state.stateful for group in groups.values() if group is not None}) > 1:
        raise stateful_and_stateless()
    return ids


def checked_pairs(wanted: Iterable[WantedPair], mac: str, on_own_network: bool) -> tuple[AddressPair, ...]:
    """Address pairs with the port's own MAC where none was named. Raises 400."""
    pairs = tuple(AddressPair(one.ip_address, one.mac_address or mac) for one in wanted)
    if len(pairs) > MAX_PAIRS:
        raise errors.too_many_pairs(MAX_PAIRS)
    for number, one in enumerate(pairs):
        if one in pairs[:number]:
            raise errors.pair_twice(one.mac_address, one.ip_address)
        if not on_own_network:
            _check_width(one.ip_address)
    return pairs


def _check_width(ip_address: str) -> None:
    shortest = SHORTEST_PREFIX[version_of(ip_address)]
    _, slash, prefix = ip_address.partition("/")
    if slash and int(prefix) < shortest:
        raise errors.pair_too_wide(ip_address, shortest)


def security_needs(port: Port, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """What an update of a port must see: the groups that it names, and the network where pairs are named."""
    network = (stream_of("network", port.network_id),) if changes.get("address_pairs") else ()
    return (*network, *group_streams(changes.get("security_groups") or ()))


def security_changes(
    port: Port, changes: Mapping[str, Any], network: Network | None, mac: str, world: World
) -> tuple[PortEvent, ...]:
    """Facts of an update. mac: the port's after it; network: known when pairs are named. Raises 404, 400, 409."""
    owner = changes.get("device_owner", port.device_owner) or ""
    becomes_trusted = is_trusted(owner) and not is_trusted(port.device_owner)
    present = Security(False) if becomes_trusted else _of(port)
    wanted = {name: changes[name] for name in ("port_security", "security_groups", "address_pairs") if name in changes}
    if wanted.get("port_security") and is_trusted(owner):
        raise unsupported_owner("port security update", port.id, owner)
    _check_together(present, wanted)
    groups, pairs = wanted.get("security_groups", present.groups), present.pairs
    if "address_pairs" in wanted:
        pairs = checked_pairs(
            wanted["address_pairs"], mac, network is not None and network.project_id == port.project_id
        )
    groups = checked_groups(groups, world) if {*groups} != {*present.groups} else present.groups
    return tuple(_facts(port, Security(wanted.get("port_security", present.enabled), groups, pairs)))


def _of(port: Port) -> Security:
    return Security(port.port_security, port.security_groups, port.address_pairs)


def _check_together(present: Security, wanted: Mapping[str, Any]) -> None:
    """A port that is not checked has neither pairs nor groups. Raises 400, 409."""
    if wanted.get("port_security", present.enabled):
        return
    if wanted.get("address_pairs", present.pairs):
        raise errors.pairs_need_port_security()
    if wanted.get("security_groups"):
        raise errors.groups_need_port_security()
    if "security_groups" not in wanted and present.groups:
        raise errors.port_has_groups()


def _facts(port: Port, after: Security) -> Iterator[PortEvent]:
    if after.enabled and not port.port_security:
        yield PortSecurityChanged(port.id, port.network_id, True)
    if after.groups != port.security_groups:
        yield PortSecurityGroupsChanged(port.id, port.network_id, port.security_groups, after.groups)
    if after.pairs != port.address_pairs:
        yield PortAddressPairsChanged(port.id, port.network_id, port.address_pairs, after.pairs)
    if port.port_security and not after.enabled:
        yield PortSecurityChanged(port.id, port.network_id, False)


def unsecured(port: Port) -> tuple[PortEvent, ...]:
    """Facts of a port that a device of ours takes over."""
    return tuple(_facts(port, Security(False)))
