"""Subnet pools: update, more prefixes, fewer prefixes. Each attribute's change is a fact of its own; what stays is no fact.

Rules: Neutron 29's db_base_plugin_v2.py (update_subnetpool, add_prefixes, remove_prefixes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from libs.commands import AddPrefixes, RemovePrefixes, UpdateSubnetPool
from libs.errors.subnetpool import illegal_prefixes, scopes_differ
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    NetworkAddressScopeChanged,
    SubnetPoolDefaultChanged,
    SubnetPoolDescribed,
    SubnetPoolEvent,
    SubnetPoolLengthsChanged,
    SubnetPoolPrefixesChanged,
    SubnetPoolQuotaChanged,
    SubnetPoolRenamed,
    SubnetPoolScopeChanged,
)
from libs.model import PrefixLengths
from libs.network import prefixes
from libs.network.addresses import version_of
from libs.network.deciders import subnetpool_rules as rules
from libs.network.deciders.reading import change, changing, check_revision, existing, found, network_at
from libs.network.resources import stream_of
from libs.network.subnetpool import SubnetPool
from libs.network.world import Decision, Find, Need, World

_LENGTHS = {"min_prefixlen": "least", "default_prefixlen": "usual", "max_prefixlen": "most"}


def _networks_of(pool_id: str) -> Find:
    return Find("network", "subnetpool_ids", pool_id)


def _moves(pool: SubnetPool, changes: Mapping[str, Any]) -> bool:
    return bool(changes.get("address_scope_id", pool.address_scope_id) != pool.address_scope_id)


def update_needs(command: UpdateSubnetPool, world: World) -> tuple[Need, ...]:
    """The pool; its address scope, the one that it is to enter with the pools there; and when it changes, the networks that it has
    subnets on."""
    stream = stream_of("subnetpool", command.subnetpool_id)
    resource = found(world, "subnetpool", command.subnetpool_id)
    if resource is None:
        return (stream,)
    pool: SubnetPool = resource.state
    out: list[Need] = [stream]
    if pool.address_scope_id:
        out.append(stream_of("address_scope", pool.address_scope_id))
    scope = command.changes.get("address_scope_id", pool.address_scope_id)
    if scope and (_moves(pool, command.changes) or "prefixes" in command.changes):
        out += rules.scope_needs(scope, world)
    if _moves(pool, command.changes):
        networks = _networks_of(pool.id)
        out += [networks, *(stream_of("network", id) for id in world.found.get(networks, ()))]
    return tuple(dict.fromkeys(out))


def update(command: UpdateSubnetPool, world: World) -> Decision:
    """Say what changed. Raises 404, 412, 400, 409; that another one is the default already is its claim's to say."""
    resource = existing(world, "subnetpool", command.subnetpool_id)
    check_revision(resource, command.if_revision)
    pool: SubnetPool = resource.state
    wanted = _wanted(pool, command.changes)
    scope = wanted.get("address_scope_id", pool.address_scope_id)
    decision = changing(resource, _changes(pool, wanted))
    if "address_scope_id" in wanted:
        decision = _with_networks(decision, pool, scope, world)
    if not scope or not wanted.keys() & {"address_scope_id", "prefixes"}:
        return decision
    rules.check_scope(scope, pool.id, wanted.get("prefixes", pool.prefixes), (), world)
    if "address_scope_id" in wanted:
        _check_alone_on_networks(pool, world)
    return replace(decision, guards=(*decision.guards, rules.no_other_in(scope, (pool.id,), world)))


def _with_networks(decision: Decision, pool: SubnetPool, scope: str | None, world: World) -> Decision:
    """Also what networks with subnets of the pool are told; guarded against any other."""
    wanted = _networks_of(pool.id)
    ids = world.found.get(wanted, ())
    networks = [one for one in (found(world, "network", id) for id in ids) if one is not None]
    moved = [
        change(one, (NetworkAddressScopeChanged(one.state.id, pool.id, pool.address_scope_id, scope),))
        for one in networks
    ]
    guard = NoneRefers(wanted.kind, wanted.column, wanted.value, besides=ids)
    return replace(decision, changes=(*decision.changes, *moved), guards=(*decision.guards, guard))


def _wanted(pool: SubnetPool, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from what is so, prefixes merged, prefix lengths together as `lengths`. Raises 400."""
    wanted = {name: value for name, value in changes.items() if name not in _LENGTHS}
    if "prefixes" in wanted:
        wanted["prefixes"] = _extended(pool, wanted["prefixes"])
    lengths = {_LENGTHS[name]: value for name, value in changes.items() if name in _LENGTHS}
    wanted["lengths"] = rules.checked_lengths(pool.ip_version, replace(pool.lengths, **lengths))
    return {name: value for name, value in wanted.items() if getattr(pool, name) != value}


def _extended(pool: SubnetPool, given: tuple[str, ...]) -> tuple[str, ...]:
    """The new prefixes, merged. Raises 400 when some of the old are not among them."""
    if given:
        rules.version_of_all(given)
    same = [one for one in given if version_of(one) == pool.ip_version]
    if not prefixes.holds(same, pool.prefixes):
        raise illegal_prefixes("Existing prefixes must be a subset of the new prefixes")
    rules.version_of_all(same)
    return rules.check_number(prefixes.merged(same))


def _check_alone_on_networks(pool: SubnetPool, world: World) -> None:
    """Raises 400 when a network with subnets of the pool has others of that IP version: they would be in another scope."""
    for id in world.found.get(_networks_of(pool.id), ()):
        network = network_at(world, id)
        for one in network.subnets if network else ():
            if version_of(one.cidr) == pool.ip_version and one.subnetpool_id != pool.id:
                raise scopes_differ()


def _changes(pool: SubnetPool, wanted: Mapping[str, Any]) -> Iterator[SubnetPoolEvent]:
    if "name" in wanted:
        yield SubnetPoolRenamed(pool.id, pool.name, wanted["name"])
    if "description" in wanted:
        yield SubnetPoolDescribed(pool.id, pool.description, wanted["description"])
    if "prefixes" in wanted:
        yield SubnetPoolPrefixesChanged(pool.id, pool.prefixes, wanted["prefixes"])
    if "lengths" in wanted:
        lengths: PrefixLengths = wanted["lengths"]
        yield SubnetPoolLengthsChanged(pool.id, pool.lengths, lengths)
    if "default_quota" in wanted:
        yield SubnetPoolQuotaChanged(pool.id, pool.default_quota, wanted["default_quota"])
    if "is_default" in wanted:
        yield SubnetPoolDefaultChanged(pool.id, pool.ip_version, wanted["is_default"])
    if "address_scope_id" in wanted:
        yield SubnetPoolScopeChanged(pool.id, pool.address_scope_id, wanted["address_scope_id"])


def addition_needs(command: AddPrefixes, world: World) -> tuple[Need, ...]:
    """What an update of the prefixes needs."""
    return update_needs(_update(command, ()), world)


def add_prefixes(command: AddPrefixes, world: World) -> Decision:
    """Those that it has and these. Raises 404, 412, 400, 409."""
    pool: SubnetPool = existing(world, "subnetpool", command.subnetpool_id).state
    return update(_update(command, pool.prefixes), world)


def _update(command: AddPrefixes, before: tuple[str, ...]) -> UpdateSubnetPool:
    return UpdateSubnetPool(command.subnetpool_id, {"prefixes": (*before, *command.prefixes)}, command.if_revision)


def remove_prefixes(command: RemovePrefixes, world: World) -> Decision:
    """Those that it has but these; ones that it has not do not matter. Raises 404, 412, 400 when a subnet has some of them."""
    resource = existing(world, "subnetpool", command.subnetpool_id)
    check_revision(resource, command.if_revision)
    pool: SubnetPool = resource.state
    removed = [one for one in command.prefixes if version_of(one) == pool.ip_version]
    if prefixes.meet(pool.prefixes, removed) and prefixes.meet(pool.used, removed):
        raise illegal_prefixes("One or more the prefixes to be removed is in use by a subnet")
    left = rules.check_number(prefixes.without(pool.prefixes, removed))
    changed = (SubnetPoolPrefixesChanged(pool.id, pool.prefixes, left),) if left != pool.prefixes else ()
    return changing(resource, changed)
