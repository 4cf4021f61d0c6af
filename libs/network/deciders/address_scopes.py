"""Address scopes: create, update, delete. Rules: Neutron 29's db/address_scope_db.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from libs.commands import CreateAddressScopes, DeleteAddressScope, UpdateAddressScope
from libs.errors.subnetpool import scope_stays_shared
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import (
    AddressScopeCreated,
    AddressScopeDeleted,
    AddressScopeEvent,
    AddressScopeRenamed,
    AddressScopeShared,
)
from libs.network.address_scope import AddressScope
from libs.network.deciders.rbac_ends import no_other_policy, policies_ended, policy_needs
from libs.network.deciders.reading import change, changing, check_revision, existing
from libs.network.deciders.sharing import is_shared_with_all, shared_with_all, sharing_needs
from libs.network.resources import stream_of
from libs.network.world import Decision, Need, World


def create(command: CreateAddressScopes, world: World) -> Decision:
    """All scopes or none."""
    facts = [
        AddressScopeCreated(new.address_scope_id, new.project_id, new.name, new.ip_version, new.shared)
        for new in command.address_scopes
    ]
    changes = tuple(Change(stream_of("address_scope", one.address_scope_id), 0, (one,)) for one in facts)
    policies = (
        shared_with_all("address_scope", new.address_scope_id, new.project_id, 0)
        for new in command.address_scopes
        if new.shared
    )
    return Decision((*changes, *policies), touched=tuple(one.stream for one in changes))


def update_needs(command: UpdateAddressScope, world: World) -> tuple[Need, ...]:
    """The scope and, when it is about sharing, the RBAC policies that it has."""
    stream = stream_of("address_scope", command.address_scope_id)
    return (stream, *sharing_needs(command.address_scope_id, world)) if "shared" in command.changes else (stream,)


def update(command: UpdateAddressScope, world: World) -> Decision:
    """Say what changed. Raises 404, 412, 400 when it is to be shared no longer."""
    resource = existing(world, "address_scope", command.address_scope_id)
    check_revision(resource, command.if_revision)
    scope: AddressScope = resource.state
    shares = _shares(scope, command.changes, world)
    facts: list[AddressScopeEvent] = []
    if command.changes.get("name", scope.name) != scope.name:
        facts.append(AddressScopeRenamed(scope.id, scope.name, command.changes["name"]))
    if shares:
        facts.append(AddressScopeShared(scope.id))
    decision = changing(resource, facts)
    if not shares:
        return decision
    policy = shared_with_all("address_scope", scope.id, scope.project_id, resource.version)
    return replace(decision, changes=(*decision.changes, policy))


def _shares(scope: AddressScope, changes: Mapping[str, Any], world: World) -> bool:
    """Whether it becomes shared with all. Raises 400 when it is to be shared no longer."""
    if "shared" not in changes:
        return False
    before = is_shared_with_all(scope.id, world)
    if before and not changes["shared"]:
        raise scope_stays_shared(scope.id)
    return bool(changes["shared"]) and not before


def deletion_needs(command: DeleteAddressScope, world: World) -> tuple[Need, ...]:
    """The scope and the RBAC policies that share it."""
    return (stream_of("address_scope", command.address_scope_id), *policy_needs(command.address_scope_id, world))


def delete(command: DeleteAddressScope, world: World) -> Decision:
    """The scope's end, guarded against subnet pools that are in it. Raises 404, 412."""
    resource = existing(world, "address_scope", command.address_scope_id)
    check_revision(resource, command.if_revision)
    scope: AddressScope = resource.state
    return Decision(
        (
            change(resource, (AddressScopeDeleted(scope.id, scope.project_id),), ends=True),
            *policies_ended(scope.id, world),
        ),
        (NoneRefers("subnetpool", "address_scope_id", scope.id), no_other_policy(scope.id, world)),
        (resource.stream,),
    )
