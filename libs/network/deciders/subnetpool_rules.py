"""What makes a subnet pool acceptable: Neutron 29's ipam/subnet_alloc.py (SubnetPoolReader) and db_base_plugin_v2, in its words."""

from __future__ import annotations

from collections.abc import Iterable

from libs.errors import not_found
from libs.errors.subnetpool import (
    illegal_bounds,
    illegal_prefixes,
    mixed_prefixes,
    no_prefixes,
    scope_conflict,
    scope_of_other_version,
)
from libs.eventlog.protocol import NoneRefers
from libs.model import PrefixLengths
from libs.network import prefixes
from libs.network.address_scope import AddressScope
from libs.network.addresses import version_of
from libs.network.deciders.reading import found
from libs.network.resources import stream_of
from libs.network.subnetpool import SubnetPool
from libs.network.world import Find, Need, World

BITS = {4: 32, 6: 128}
LEAST = {4: 8, 6: 64}
"""The prefix length that a pool's largest subnets have when nobody says otherwise."""
QUOTA_UNIT = {4: 1, 6: 1 << 64}
"""Addresses in what quotas are counted in: single ones, and /64 networks."""


MAX_PREFIXES = 1000
"""Of one pool, merged: each allocation reads them all."""


def check_number(given: tuple[str, ...]) -> tuple[str, ...]:
    """The prefixes. Raises 400 for too many; Neutron has no such limit."""
    if len(given) > MAX_PREFIXES:
        raise illegal_prefixes(f"A subnet pool has at most {MAX_PREFIXES} of them")
    return given


def version_of_all(given: Iterable[str]) -> int:
    """The IP version of a pool's prefixes. Raises 400 for none and for both."""
    versions = {version_of(one) for one in given}
    if not versions:
        raise no_prefixes()
    if len(versions) > 1:
        raise mixed_prefixes()
    return versions.pop()


def lengths_of(ip_version: int, least: int | None, usual: int | None, most: int | None) -> PrefixLengths:
    """The prefix lengths with their defaults. Raises 400."""
    low = LEAST[ip_version] if least is None else least
    high = BITS[ip_version] if most is None else most
    return checked_lengths(ip_version, PrefixLengths(low, low if usual is None else usual, high))


def checked_lengths(ip_version: int, lengths: PrefixLengths) -> PrefixLengths:
    """The lengths. Raises 400 when they are not in order, or longer than an address."""
    least, usual, most, bits = lengths.least, lengths.usual, lengths.most, BITS[ip_version]
    if least > most:
        raise illegal_bounds("min_prefixlen", least, "max_prefixlen", most)
    if most > bits:
        raise illegal_bounds("max_prefixlen", most, "ip_version_max", bits)
    if usual < least:
        raise illegal_bounds("default_prefixlen", usual, "min_prefixlen", least)
    if usual > most:
        raise illegal_bounds("default_prefixlen", usual, "max_prefixlen", most)
    return lengths


def _pools_in(scope_id: str) -> Find:
    return Find("subnetpool", "address_scope_id", scope_id)


def scope_needs(scope_id: str, world: World) -> tuple[Need, ...]:
    """The scope and the pools that are in it."""
    pools = _pools_in(scope_id)
    others = (stream_of("subnetpool", id) for id in world.found.get(pools, ()))
    return (stream_of("address_scope", scope_id), pools, *others)


def check_scope(
    scope_id: str, pool_id: str, given: tuple[str, ...], others: Iterable[SubnetPool], world: World
) -> None:
    """Raises 404, 400 for a scope of the other IP version, 409 when another pool that is in it has some of these prefixes; others:
    pools of the same request."""
    scope = found(world, "address_scope", scope_id)
    if scope is None:
        raise not_found("address_scope", scope_id)
    state: AddressScope = scope.state
    if given and state.ip_version != version_of_all(given):
        raise scope_of_other_version(pool_id, scope_id, state.ip_version)
    resources = (found(world, "subnetpool", id) for id in world.found.get(_pools_in(scope_id), ()))
    pools = [*(one.state for one in resources if one is not None), *others]
    for pool in pools:
        if pool.id != pool_id and pool.address_scope_id == scope_id and prefixes.meet(pool.prefixes, given):
            raise scope_conflict()


def no_other_in(scope_id: str, pool_ids: Iterable[str], world: World) -> NoneRefers:
    """Guard: no pool is in the scope but those that were found, and these."""
    wanted = _pools_in(scope_id)
    besides = (*world.found.get(wanted, ()), *pool_ids)
    return NoneRefers(wanted.kind, wanted.column, wanted.value, besides=tuple(dict.fromkeys(besides)))
