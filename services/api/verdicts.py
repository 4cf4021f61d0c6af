"""Rights that are no rule of the policy and are judged by what the decision reads: what only administrators may do with what is not
their own project's. Pure.

Source: neutron.db.{rbac_db_mixin,securitygroups_db,db_base_plugin_v2,l3_db}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from libs.commands import (
    Command,
    CreateRbacPolicies,
    DeletePort,
    DeleteSecurityGroup,
    UpdateRbacPolicy,
    UpdateSubnetPool,
)
from libs.errors.floatingip import port_has_floating_ip
from libs.errors.rbac_policy import not_your_object, rbac_policy_in_use
from libs.errors.security_group import cannot_remove_default
from libs.errors.subnetpool import illegal_update
from libs.eventlog.commit import Committed
from libs.eventlog.contest import Judge
from libs.model import Actor, Context
from libs.network.floatingip import FloatingIp
from libs.network.resources import stream_of
from libs.network.world import World
from libs.policy import is_operator


def judged(commit: Callable[..., Committed]) -> Callable[..., Committed]:
    """`commit(command, context[, judge])` that also judges these rights."""

    def committed(command: Command, context: Context, judge: Judge | None = None) -> Committed:
        check = None if context.actor.is_admin else _CHECKS.get(type(command))
        if check is None:
            return commit(command, context, judge) if judge else commit(command, context)

        def both(world: World) -> None:
            if judge:
                judge(world)
            check(command, world, context.actor)

        return commit(command, context, both)

    return committed


def _shares_own(command: CreateRbacPolicies, world: World, actor: Actor) -> None:
    for new in command.rbac_policies:
        if not _is_own(world, new.object_type, new.object_id, actor):
            raise not_your_object(new.object_type)


def _still_shares_own(command: UpdateRbacPolicy, world: World, actor: Actor) -> None:
    policy = _state(world, "rbac_policy", command.rbac_policy_id)
    if policy is not None and not _is_own(world, policy.object_type, policy.object_id, actor):
        raise rbac_policy_in_use(policy.object_id, not_your_object(policy.object_type).message)


def _keeps_default(command: DeleteSecurityGroup, world: World, actor: Actor) -> None:
    group = _state(world, "security_group", command.security_group_id)
    if group is not None and group.is_default:
        raise cannot_remove_default()


def _scope_is_own(command: UpdateSubnetPool, world: World, actor: Actor) -> None:
    pool = _state(world, "subnetpool", command.subnetpool_id)
    if pool is not None and pool.address_scope_id and not _is_own(world, "address_scope", pool.address_scope_id, actor):
        raise illegal_update(
            f"subnetpool {pool.id} cannot be updated when associated with shared address scope {pool.address_scope_id}"
        )


def _lets_go_of_own(command: DeletePort, world: World, actor: Actor) -> None:
    """A port may end when no other project's floating IP stands for it."""
    for resource in world.resources.values():
        floating = None if resource is None else resource.state
        if not isinstance(floating, FloatingIp) or is_operator(actor) or floating.project_id == actor.project:
            continue
        if floating.target is not None and floating.target.port_id == command.port_id:
            raise port_has_floating_ip(command.port_id)


_CHECKS: Mapping[type, Callable[[Any, World, Actor], None]] = {
    CreateRbacPolicies: _shares_own,
    UpdateRbacPolicy: _still_shares_own,
    DeleteSecurityGroup: _keeps_default,
    UpdateSubnetPool: _scope_is_own,
    DeletePort: _lets_go_of_own,
}


def _state(world: World, kind: str, id: str) -> Any:
    resource = world.resources.get(stream_of(kind, id))
    return None if resource is None else resource.state


def _is_own(world: World, kind: str, id: str, actor: Actor) -> bool:
    """Whether it is the caller's project's; what is not there is the decision's to refuse."""
    state = _state(world, kind, id)
    return state is None or state.project_id == actor.project
