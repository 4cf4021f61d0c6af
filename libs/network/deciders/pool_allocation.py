"""Subnets out of subnet pools: which prefix each gets, and what may stand beside it on its network.

Rules: Neutron 29's ipam/subnet_alloc.py (SubnetAllocator) and db/ipam_backend_mixin.py (_validate_network_subnetpools); but a
project's quota counts what this project has, where Neutron looks at the pool's owner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from libs.commands import ABSENT, NewSubnet
from libs.errors.subnetpool import (
    bad_subnet,
    no_prefix_left,
    pool_quota_exceeded,
    pools_differ,
    prefix_taken,
    prefix_too_long,
    prefix_too_short,
    scopes_differ,
)
from libs.eventlog.protocol import Change
from libs.events import SubnetPoolPrefixAllocated, SubnetPoolPrefixReleased
from libs.network import addresses, prefixes
from libs.network.deciders.reading import change, existing, found, network_at
from libs.network.deciders.subnetpool_rules import QUOTA_UNIT
from libs.network.network import Network
from libs.network.resources import stream_of
from libs.network.subnet import Subnet
from libs.network.subnetpool import SubnetPool, evolve
from libs.network.world import World


def pool_needs(subnets: Iterable[NewSubnet], world: World) -> tuple[str, ...]:
    """The pools that new subnets are to come from, and those of their networks' other subnets of the same IP version."""
    ids: dict[str, None] = {}
    for new in subnets:
        if new.subnetpool_id:
            ids[new.subnetpool_id] = None
        network = network_at(world, new.network_id)
        ids.update(dict.fromkeys(_pools_on(network, new.ip_version) if network else ()))
    return tuple(stream_of("subnetpool", id) for id in ids)


def _pools_on(network: Network, ip_version: int) -> list[str]:
    """The pools of a network's subnets of one IP version, empty for those of none."""
    return [one.subnetpool_id for one in network.subnets if addresses.version_of(one.cidr) == ip_version]


def scope_of_pool(id: str | None, world: World) -> str | None:
    """The address scope that subnets of the pool are in; None for none, and for no pool."""
    pool: SubnetPool | None = existing(world, "subnetpool", id).state if id else None
    return pool.address_scope_id if pool else None


class Allocations:
    """What the subnets of one request take from pools, one after the other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pools: dict[str, SubnetPool] = {}
        self._facts: dict[str, list[SubnetPoolPrefixAllocated]] = {}

    def placed(self, new: NewSubnet, network: Network) -> NewSubnet:
        """The wish with its CIDR; one that is of a pool is taken from it. `network` as the subnets before it left it. Raises 400
        and 404 for what cannot be, 409 for no prefix left, a taken one, or too many."""
        pool = self._pool(new.subnetpool_id) if new.subnetpool_id else None
        if pool is not None:
            new = self._taken(new, pool)
        _check_affinity(new, pool, network, self._world)
        return new

    def changes(self) -> list[Change]:
        """What the pools gave, as facts of theirs."""
        return [change(existing(self._world, "subnetpool", id), facts) for id, facts in self._facts.items()]

    def _pool(self, id: str) -> SubnetPool:
        if id not in self._pools:
            self._pools[id] = existing(self._world, "subnetpool", id).state
        return self._pools[id]

    def _taken(self, new: NewSubnet, pool: SubnetPool) -> NewSubnet:
        new = _chosen(new, pool)
        fact = SubnetPoolPrefixAllocated(pool.id, new.subnet_id, new.project_id, str(new.cidr))
        state = evolve(pool, fact)
        if state is not None:
            self._pools[pool.id] = state
        self._facts.setdefault(pool.id, []).append(fact)
        return new


def _chosen(new: NewSubnet, pool: SubnetPool) -> NewSubnet:
    """The wish with a prefix that is free in the pool."""
    if new.cidr is None and new.allocation_pools is not None:
        raise bad_subnet("allocation_pools allowed only for specific subnet requests")
    if new.ip_version != pool.ip_version:
        raise bad_subnet(f"Cannot allocate IPv{new.ip_version} subnet from IPv{pool.ip_version} subnet pool")
    length = _length(new, pool)
    _check_quota(new.project_id, length, pool)
    if new.cidr is not None:
        if addresses.version_of(new.cidr) != pool.ip_version or not prefixes.holds(pool.free, (new.cidr,)):
            raise prefix_taken()
        return new
    cidr = prefixes.best_fit(pool.free, length)
    if cidr is None:
        raise no_prefix_left(length)
    return replace(new, cidr=cidr, gateway_ip=_first_host(cidr) if new.gateway_ip == ABSENT else new.gateway_ip)


def _length(new: NewSubnet, pool: SubnetPool) -> int:
    """Raises 400 for a prefix length that the pool does not give."""
    asked = pool.lengths.usual if new.prefixlen is None else new.prefixlen
    length = asked if new.cidr is None else addresses.prefix_length(new.cidr)
    if length > pool.lengths.most:
        raise prefix_too_long(length, pool.lengths.most)
    if length < pool.lengths.least:
        raise prefix_too_short(length, pool.lengths.least)
    return length


def _check_quota(project_id: str, length: int, pool: SubnetPool) -> None:
    if not pool.default_quota:
        return
    wanted = 1 << ((32 if pool.ip_version == 4 else 128) - length)
    if pool.usage.get(project_id, 0) + wanted > pool.default_quota * QUOTA_UNIT[pool.ip_version]:
        raise pool_quota_exceeded()


def _first_host(cidr: str) -> str:
    """The gateway of a subnet whose prefix was chosen: one above its first address, in both IP versions."""
    first, last, version = addresses.span(cidr)
    return addresses.text(min(first + 1, last), version)


def _check_affinity(new: NewSubnet, pool: SubnetPool | None, network: Network, world: World) -> None:
    """Raises 400 when the network's subnets of one IP version would be of several pools, or in several address scopes."""
    others = _pools_on(network, new.ip_version)
    scopes = (found(world, "subnetpool", id) for id in others if id)
    scope = next((one.state.address_scope_id for one in scopes if one and one.state.address_scope_id), None)
    if pool is None:
        if any(others):
            raise pools_differ()
    elif scope is not None:
        if pool.address_scope_id != scope:
            raise scopes_differ()
    elif any(one != pool.id for one in others):
        raise pools_differ()


def release_needs(subnet: Subnet) -> tuple[str, ...]:
    """The pool that a subnet is of, if it is of one."""
    return (stream_of("subnetpool", subnet.subnetpool_id),) if subnet.subnetpool_id else ()


def released(subnet: Subnet, world: World) -> tuple[Change, ...]:
    """What the subnet had of its pool is free again."""
    return all_released((subnet,), world)


def all_released(subnets: Iterable[Subnet], world: World) -> tuple[Change, ...]:
    """What subnets had of their pools is free again."""
    facts: dict[str, list[SubnetPoolPrefixReleased]] = {}
    for one in subnets:
        if one.subnetpool_id:
            fact = SubnetPoolPrefixReleased(one.subnetpool_id, one.id, one.project_id, one.cidr)
            facts.setdefault(one.subnetpool_id, []).append(fact)
    pools = ((found(world, "subnetpool", id), released) for id, released in facts.items())
    return tuple(change(pool, released) for pool, released in pools if pool is not None)
