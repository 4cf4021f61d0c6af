"""RBAC policies: create, update, delete; those about a network are facts of the network in the same commit.

Rules: Neutron 29's db/rbac_db_mixin.py and the callbacks that it calls. Whether the object is the caller's to see is judged before.
"""

from __future__ import annotations

from collections.abc import Iterator

from libs.commands import CreateRbacPolicies, DeleteRbacPolicy, NewRbacPolicy, UpdateRbacPolicy
from libs.errors import invalid_input, not_found
from libs.errors.rbac_policy import bad_action, bad_object_type
from libs.eventlog.protocol import Change
from libs.events import (
    NetworkAccessGranted,
    NetworkAccessWithdrawn,
    NetworkEvent,
    RbacPolicyCreated,
    RbacPolicyTargetChanged,
)
from libs.network.deciders.network_access import ended
from libs.network.deciders.rbac_users import needs as needs_of_users
from libs.network.deciders.rbac_users import nobody_loses, others_of
from libs.network.deciders.reading import change, check_revision, existing, found
from libs.network.rbac_policy import ACTIONS, EVERYBODY, RbacPolicy
from libs.network.resources import stream_of
from libs.network.world import Decision, Need, Resource, World


def creation_needs(command: CreateRbacPolicies, world: World) -> tuple[Need, ...]:
    """The objects, then who may use a subnet pool's address scope."""
    out: dict[Need, None] = {}
    for new in command.rbac_policies:
        if new.object_type in ACTIONS:
            out[stream_of(new.object_type, new.object_id)] = None
        if scope := _scope_of(new, world):
            wanted = others_of(scope)
            out[wanted] = None
            out.update(dict.fromkeys(stream_of("rbac_policy", id) for id in world.found.get(wanted, ())))
    return tuple(out)


def _scope_of(new: NewRbacPolicy, world: World) -> str:
    """The address scope of a subnet pool that is to be shared."""
    pool = found(world, "subnetpool", new.object_id) if new.object_type == "subnetpool" else None
    return str(pool.state.address_scope_id or "") if pool else ""


def create(command: CreateRbacPolicies, world: World) -> Decision:
    """All policies or none. Raises 400 (no such action or object, not one's own); 409 for one that is there by its claim."""
    made: list[Change] = []
    grants: dict[str, list[NetworkEvent]] = {}
    for new in command.rbac_policies:
        _check(new, world)
        fact = RbacPolicyCreated(
            new.rbac_policy_id, new.project_id, new.object_type, new.object_id, new.action, new.target_project
        )
        made.append(Change(stream_of("rbac_policy", new.rbac_policy_id), 0, (fact,)))
        if new.object_type == "network":
            grant = NetworkAccessGranted(new.object_id, new.action, new.target_project, new.rbac_policy_id)
            grants.setdefault(new.object_id, []).append(grant)
    networks = (change(existing(world, "network", id), events) for id, events in grants.items())
    return Decision((*made, *networks), touched=tuple(one.stream for one in made))


def _check(new: NewRbacPolicy, world: World) -> None:
    if new.object_type not in ACTIONS:
        raise bad_object_type(new.object_type)
    if new.action not in ACTIONS[new.object_type]:
        raise bad_action(new.action, new.object_type, ACTIONS[new.object_type])
    resource = found(world, new.object_type, new.object_id)
    if resource is None:
        raise not_found(new.object_type, new.object_id)
    scope = _scope_of(new, world)
    if scope and not _sees_scope(scope, new.target_project, world):
        raise invalid_input(
            f"Failed to create RBAC policy on object {new.object_id} because target project doesn't have access to"
            " associated address scope"
        )


def _sees_scope(scope_id: str, project: str, world: World) -> bool:
    ids = world.found.get(others_of(scope_id), ())
    resources = (found(world, "rbac_policy", id) for id in ids)
    return any(one.state.target_project in (EVERYBODY, project) for one in resources if one is not None)


def needs(command: UpdateRbacPolicy | DeleteRbacPolicy, world: World) -> tuple[Need, ...]:
    """The policy, then its object and what tells who else is let."""
    stream, resource = stream_of("rbac_policy", command.rbac_policy_id), None
    resource = found(world, "rbac_policy", command.rbac_policy_id)
    if resource is None:
        return (stream,)
    policy: RbacPolicy = resource.state
    return (stream, stream_of(policy.object_type, policy.object_id), *needs_of_users(policy, world))


def update(command: UpdateRbacPolicy, world: World) -> Decision:
    """Another project in the place of the one that was let. Raises 404, 412, 409 (duplicate by its claim)."""
    resource = existing(world, "rbac_policy", command.rbac_policy_id)
    check_revision(resource, command.if_revision)
    policy: RbacPolicy = resource.state
    after: str = command.changes.get("target_project", policy.target_project)
    target = existing(world, policy.object_type, policy.object_id)
    if after == policy.target_project:
        return Decision(touched=(resource.stream,))
    guards = nobody_loses(policy, target.state.project_id, after, world)
    fact = RbacPolicyTargetChanged(policy.id, policy.object_id, policy.action, policy.target_project, after)
    grant = NetworkAccessGranted(policy.object_id, policy.action, after, policy.id)
    networks = _on_network(policy, target, (_withdrawn(policy), grant))
    return Decision((change(resource, (fact,)), *networks), guards, (resource.stream,))


def delete(command: DeleteRbacPolicy, world: World) -> Decision:
    """Its end, guarded against users of the object who would lose it. Raises 404, 412, 409."""
    resource = existing(world, "rbac_policy", command.rbac_policy_id)
    check_revision(resource, command.if_revision)
    policy: RbacPolicy = resource.state
    target = existing(world, policy.object_type, policy.object_id)
    guards = nobody_loses(policy, target.state.project_id, "", world)
    networks = _on_network(policy, target, (_withdrawn(policy),))
    return Decision((*ended(policy.id, world), *networks), guards, (resource.stream,))


def _withdrawn(policy: RbacPolicy) -> NetworkAccessWithdrawn:
    return NetworkAccessWithdrawn(policy.object_id, policy.action, policy.target_project, policy.id)


def _on_network(policy: RbacPolicy, target: Resource, events: tuple[NetworkEvent, ...]) -> Iterator[Change]:
    if policy.object_type == "network":
        yield change(target, events)
