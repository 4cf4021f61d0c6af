"""Security groups: create, update, delete. Rules: Neutron 29's db/securitygroups_db.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from libs.commands import CreateSecurityGroups, DeleteSecurityGroup, UpdateSecurityGroup
from libs.errors.security_group import cannot_rename_default
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    SecurityGroupDeleted,
    SecurityGroupDescribed,
    SecurityGroupEvent,
    SecurityGroupRenamed,
    SecurityGroupStatefulChanged,
)
from libs.network.deciders.default_groups import default_streams, made_defaults, made_group
from libs.network.deciders.rbac_ends import no_other_policy, policies_ended, policy_needs
from libs.network.deciders.reading import change, changing, check_revision, existing, found
from libs.network.resources import stream_of
from libs.network.security_group import SecurityGroup
from libs.network.security_group_rule import deleted
from libs.network.world import Decision, Find, Need, Resource, World


def creation_needs(command: CreateSecurityGroups, world: World) -> tuple[Need, ...]:
    """The default groups of their projects."""
    return default_streams((one.project_id for one in command.security_groups), world)


def create(command: CreateSecurityGroups, world: World) -> Decision:
    """All groups or none, each with rules that let everything out; their projects get their default groups as well."""
    defaults = made_defaults((one.project_id for one in command.security_groups), world)
    changes = [one for new in command.security_groups for one in made_group(new)]
    streams = (stream_of("security_group", new.security_group_id) for new in command.security_groups)
    return Decision((*defaults, *changes), touched=tuple(streams))


def update(command: UpdateSecurityGroup, world: World) -> Decision:
    """Say what changed. Raises 404, 412, 409 for a default group's name; guarded against ports when it becomes stateful or ceases
    to be."""
    resource = existing(world, "security_group", command.security_group_id)
    check_revision(resource, command.if_revision)
    group: SecurityGroup = resource.state
    if group.is_default and "name" in command.changes:
        raise cannot_rename_default()
    events = tuple(_changes(group, command.changes))
    guards = (_unused(group),) if any(isinstance(one, SecurityGroupStatefulChanged) for one in events) else ()
    return replace(changing(resource, events), guards=guards)


def _changes(group: SecurityGroup, changes: Mapping[str, Any]) -> Iterator[SecurityGroupEvent]:
    if changes.get("name", group.name) != group.name:
        yield SecurityGroupRenamed(group.id, group.name, changes["name"])
    if changes.get("description", group.description) != group.description:
        yield SecurityGroupDescribed(group.id, group.description, changes["description"])
    if changes.get("stateful", group.stateful) != group.stateful:
        yield SecurityGroupStatefulChanged(group.id, changes["stateful"])


def _unused(group: SecurityGroup) -> NoneRefers:
    """Guard: no port has the group."""
    return NoneRefers("port", "security_groups", group.id)


def _rules(id: str) -> tuple[Find, Find]:
    """A group's rules, and those of all groups that name it."""
    return Find("security_group_rule", "security_group_id", id), Find("security_group_rule", "remote_group_id", id)


def deletion_needs(command: DeleteSecurityGroup, world: World) -> tuple[Need, ...]:
    """The group, its rules and those that name it, and the policies by which it is shared."""
    finds = _rules(command.security_group_id)
    ids = dict.fromkeys(id for one in finds for id in world.found.get(one, ()))
    rules = (stream_of("security_group_rule", id) for id in ids)
    policies = policy_needs(command.security_group_id, world)
    return (stream_of("security_group", command.security_group_id), *finds, *rules, *policies)


def delete(command: DeleteSecurityGroup, world: World) -> Decision:
    """The group's end and that of its rules and of those that name it; guarded against ports that have it and rules that come
    meanwhile. Raises 404, 412, 409 for a default group."""
    resource = existing(world, "security_group", command.security_group_id)
    check_revision(resource, command.if_revision)
    group: SecurityGroup = resource.state
    finds = _rules(group.id)
    rules = _found_rules(finds, world)
    ends = (change(one, (deleted(one.state),), ends=True) for one in rules)
    gone = change(resource, (SecurityGroupDeleted(group.id, group.project_id, group.name),), ends=True)
    none = (NoneRefers(one.kind, one.column, one.value, besides=world.found.get(one, ())) for one in finds)
    changes = (*ends, gone, *policies_ended(group.id, world))
    return Decision(changes, (_unused(group), *none, no_other_policy(group.id, world)), (resource.stream,))


def _found_rules(finds: tuple[Find, ...], world: World) -> list[Resource]:
    ids = dict.fromkeys(id for one in finds for id in world.found.get(one, ()))
    resources = (found(world, "security_group_rule", id) for id in ids)
    return [one for one in resources if one is not None]
