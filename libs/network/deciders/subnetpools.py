"""Subnet pools: create, delete."""

from __future__ import annotations

from libs.commands import CreateSubnetPools, DeleteSubnetPool, NewSubnetPool
from libs.errors.subnetpool import pool_in_use
from libs.eventlog.protocol import Change
from libs.events import SubnetPoolCreated, SubnetPoolDeleted
from libs.network import prefixes
from libs.network.deciders import subnetpool_rules as rules
from libs.network.deciders.rbac_ends import no_other_policy, policies_ended, policy_needs
from libs.network.deciders.reading import change, check_revision, existing
from libs.network.deciders.sharing import shared_with_all
from libs.network.resources import stream_of
from libs.network.subnetpool import SubnetPool, evolve
from libs.network.world import Decision, Need, World


def creation_needs(command: CreateSubnetPools, world: World) -> tuple[Need, ...]:
    """The address scopes, and the pools that are in them."""
    scopes = dict.fromkeys(new.address_scope_id for new in command.subnetpools if new.address_scope_id)
    return tuple(dict.fromkeys(need for scope in scopes for need in rules.scope_needs(scope, world)))


def create(command: CreateSubnetPools, world: World) -> Decision:
    """All pools or none. Raises 404, 400, 409; that another one is the default already is its claim's to say."""
    made: list[SubnetPool] = []
    changes: list[Change] = []
    for new in command.subnetpools:
        fact = _created(new)
        if fact.address_scope_id:
            rules.check_scope(fact.address_scope_id, fact.subnetpool_id, fact.prefixes, made, world)
        state = evolve(None, fact)
        if state is not None:
            made.append(state)
        changes.append(Change(stream_of("subnetpool", fact.subnetpool_id), 0, (fact,)))
    policies = (
        shared_with_all("subnetpool", new.subnetpool_id, new.project_id, 0) for new in command.subnetpools if new.shared
    )
    ids = tuple(one.id for one in made)
    scopes = dict.fromkeys(one.address_scope_id for one in made if one.address_scope_id)
    guards = tuple(rules.no_other_in(scope, ids, world) for scope in scopes)
    return Decision((*changes, *policies), guards, tuple(one.stream for one in changes))


def _created(new: NewSubnetPool) -> SubnetPoolCreated:
    """The fact with every default worked out. Raises 400."""
    ip_version = rules.version_of_all(new.prefixes)
    return SubnetPoolCreated(
        subnetpool_id=new.subnetpool_id,
        project_id=new.project_id,
        name=new.name,
        description=new.description,
        ip_version=ip_version,
        prefixes=rules.check_number(prefixes.merged(new.prefixes)),
        lengths=rules.lengths_of(ip_version, new.min_prefixlen, new.default_prefixlen, new.max_prefixlen),
        default_quota=new.default_quota,
        shared=new.shared,
        is_default=new.is_default,
        address_scope_id=new.address_scope_id,
    )


def deletion_needs(command: DeleteSubnetPool, world: World) -> tuple[Need, ...]:
    """The pool and the RBAC policies that share it."""
    return (stream_of("subnetpool", command.subnetpool_id), *policy_needs(command.subnetpool_id, world))


def delete(command: DeleteSubnetPool, world: World) -> Decision:
    """The pool's end. Raises 404, 412, 400 while subnets are of it."""
    resource = existing(world, "subnetpool", command.subnetpool_id)
    check_revision(resource, command.if_revision)
    pool: SubnetPool = resource.state
    if pool.used:
        raise pool_in_use()
    deleted = SubnetPoolDeleted(pool.id, pool.project_id, pool.ip_version, pool.is_default)
    return Decision(
        (change(resource, (deleted,), ends=True), *policies_ended(pool.id, world)),
        (no_other_policy(pool.id, world),),
        (resource.stream,),
    )
