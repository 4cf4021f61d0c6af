"""The default group of a project: read by its id, and made in the commit that first needs it.

Rules: Neutron 29's db/securitygroups_db.py (_ensure_default_security_group, _create_rules_from_template): everything out, and from
its own ports everything in. An administrator may delete one; the next that is needed has the next id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from libs.commands import EnsureDefaultGroup, NewSecurityGroup
from libs.eventlog.protocol import Change
from libs.events import SecurityGroupCreated, SecurityGroupRuleCreated
from libs.network.resources import stream_of
from libs.network.security_group import DEFAULT, DEFAULT_DESCRIPTION, default_group_id, first_rule_id
from libs.network.world import Decision, World

ETHERTYPES = ("IPv4", "IPv6")


def default_id(project_id: str, world: World) -> str:
    """The id of the project's default group, the first that has not ended."""
    number = 0
    while stream_of("security_group", default_group_id(project_id, number)) in world.ended:
        number += 1
    return default_group_id(project_id, number)


def default_streams(projects: Iterable[str], world: World) -> tuple[str, ...]:
    """The streams of these projects' default groups; what belongs to no project has none."""
    return tuple(stream_of("security_group", default_id(one, world)) for one in dict.fromkeys(projects) if one)


def made_defaults(projects: Iterable[str], world: World) -> tuple[Change, ...]:
    """The default groups that are not there yet, with their rules."""
    return tuple(change for one in dict.fromkeys(projects) if one for change in _made(one, world))


def _made(project_id: str, world: World) -> Iterator[Change]:
    id = default_id(project_id, world)
    if world.resources.get(stream_of("security_group", id)) is None:
        new = NewSecurityGroup(id, project_id, DEFAULT, DEFAULT_DESCRIPTION)
        yield from made_group(new, is_default=True)


def made_group(new: NewSecurityGroup, is_default: bool = False) -> Iterator[Change]:
    """A group's first fact, then those of the rules that it is born with, each on its own stream."""
    id = new.security_group_id
    created = SecurityGroupCreated(id, new.project_id, new.name, new.description, new.stateful, is_default)
    yield Change(stream_of("security_group", id), 0, (created,), id)
    for direction in ("egress", "ingress") if is_default else ("egress",):
        for ethertype in ETHERTYPES:
            rule = _first_rule(new, direction, ethertype, is_default)
            yield Change(stream_of("security_group_rule", rule.security_group_rule_id), 0, (rule,), id)


def _first_rule(new: NewSecurityGroup, direction: str, ethertype: str, is_default: bool) -> SecurityGroupRuleCreated:
    return SecurityGroupRuleCreated(
        security_group_rule_id=first_rule_id(new.security_group_id, direction, ethertype),
        security_group_id=new.security_group_id,
        project_id=new.project_id,
        direction=direction,
        ethertype=ethertype,
        remote_group_id=new.security_group_id if direction == "ingress" else None,
        in_default_group=is_default,
    )


def ensure_needs(command: EnsureDefaultGroup, world: World) -> tuple[str, ...]:
    """The default group."""
    return default_streams((command.project_id,), world)


def ensure(command: EnsureDefaultGroup, world: World) -> Decision:
    """It is there, or made."""
    return Decision(made_defaults((command.project_id,), world), touched=ensure_needs(command, world))
