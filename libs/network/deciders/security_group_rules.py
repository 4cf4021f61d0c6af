"""Security group rules: create, delete. A rule never changes. Rules: Neutron 29's db/securitygroups_db.py."""

from __future__ import annotations

from libs.commands import CreateSecurityGroupRules, DeleteSecurityGroupRule, NewSecurityGroupRule
from libs.errors.security_group import (
    rule_twice,
    rules_of_several_groups,
    rules_of_several_projects,
    too_many_rules,
)
from libs.eventlog.protocol import Change
from libs.events import SecurityGroupRuleCreated
from libs.network.deciders.reading import change, check_revision, existing
from libs.network.deciders.rule_values import rule_created
from libs.network.resources import stream_of
from libs.network.security_group import SecurityGroup
from libs.network.security_group_rule import deleted, same_rule
from libs.network.world import Decision, Find, Need, World

MAX_RULES = 1000
"""Rules that one group may have."""


def _present(security_group_id: str) -> Find:
    return Find("security_group_rule", "security_group_id", security_group_id)


def creation_needs(command: CreateSecurityGroupRules, world: World) -> tuple[Need, ...]:
    """The group, how many rules it has, and what they name."""
    out: dict[Need, None] = {}
    for new in command.security_group_rules:
        out[stream_of("security_group", new.security_group_id)] = None
        out[_present(new.security_group_id)] = None
        if new.remote_group_id:
            out[stream_of("security_group", new.remote_group_id)] = None
        if new.remote_address_group_id:
            out[stream_of("address_group", new.remote_address_group_id)] = None
    return tuple(out)


def create(command: CreateSecurityGroupRules, world: World) -> Decision:
    """All rules or none, of one group. Raises 404, 400, 409 for two that let the very same pass; one that is there is known by its
    claim."""
    _check_single(command)
    facts = [_checked(new, world) for new in command.security_group_rules]
    if len({same_rule(one) for one in facts}) < len(facts):
        raise rule_twice()
    id = facts[0].security_group_id
    if len(facts) + len(world.found.get(_present(id), ())) > MAX_RULES:
        raise too_many_rules(id, MAX_RULES)
    streams = tuple(stream_of("security_group_rule", one.security_group_rule_id) for one in facts)
    changes = (Change(stream, 0, (fact,), id) for stream, fact in zip(streams, facts, strict=True))
    return Decision(tuple(changes), touched=streams)


def _check_single(command: CreateSecurityGroupRules) -> None:
    if len({one.security_group_id for one in command.security_group_rules}) > 1:
        raise rules_of_several_groups()
    if len({one.project_id for one in command.security_group_rules}) > 1:
        raise rules_of_several_projects()


def _checked(new: NewSecurityGroupRule, world: World) -> SecurityGroupRuleCreated:
    """The fact of a rule whose group is there, and what it names. Raises 400, 404."""
    group = world.resources.get(stream_of("security_group", new.security_group_id))
    state: SecurityGroup | None = None if group is None else group.state
    fact = rule_created(new, state is not None and state.is_default)
    if new.remote_group_id:
        existing(world, "security_group", new.remote_group_id)
    if new.remote_address_group_id:
        existing(world, "address_group", new.remote_address_group_id)
    existing(world, "security_group", new.security_group_id)
    return fact


def deletion_needs(command: DeleteSecurityGroupRule, world: World) -> tuple[Need, ...]:
    """The rule."""
    return (stream_of("security_group_rule", command.security_group_rule_id),)


def delete(command: DeleteSecurityGroupRule, world: World) -> Decision:
    """The rule's end. Raises 404, 412."""
    resource = existing(world, "security_group_rule", command.security_group_rule_id)
    check_revision(resource, command.if_revision)
    return Decision((change(resource, (deleted(resource.state),), ends=True),), touched=(resource.stream,))
