"""Which of a decision's new things are measured against the project's quota. Pure.

As in Neutron what a request asks for is: what it makes beside that (a router's interface port, a DHCP server's) only counts.
The rules of a security group are measured with the group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from libs.commands import (
    AllocateTopology,
    Command,
    CreateAddressGroups,
    CreateFloatingIps,
    CreateNetworks,
    CreatePorts,
    CreateRbacPolicies,
    CreateRouters,
    CreateSecurityGroupRules,
    CreateSecurityGroups,
    CreateSubnetPools,
    CreateSubnets,
)
from libs.eventlog.protocol import Guard, Within
from libs.network.quota import UNLIMITED
from libs.network.uses import Use, use_of
from libs.network.world import Decision

MEASURED: frozenset[type] = frozenset(
    {
        CreateNetworks,
        CreateSubnets,
        CreateSubnetPools,
        CreatePorts,
        CreateRouters,
        CreateFloatingIps,
        CreateRbacPolicies,
        CreateSecurityGroups,
        CreateSecurityGroupRules,
        CreateAddressGroups,
        AllocateTopology,
    }
)
"""Commands that make what they answer with."""
WITH_THEIR_GROUP = "security_group_rule"


def limited(command: Command, decision: Decision, defaults: Mapping[str, int]) -> Decision:
    """The decision with a guard for each project and kind that it adds to. defaults: {resource: limit}, -1 for none."""
    adding: Counter[Use] = Counter()
    asked_for = decision.touched if type(command) in MEASURED else ()
    for change in decision.changes:
        if change.expected == 0 and change.events:
            made = use_of(change.events[0])
            if made and (change.stream in asked_for or made[0][1] == WITH_THEIR_GROUP):
                adding[made[0]] += made[1]
    guards: list[Guard] = [_with_default(guard, defaults) for guard in decision.guards]
    guards += [
        Within(kind, project, number, defaults.get(kind, UNLIMITED)) for (project, kind), number in adding.items()
    ]
    return replace(decision, guards=tuple(guards)) if guards else decision


def _with_default(guard: Guard, defaults: Mapping[str, int]) -> Guard:
    if isinstance(guard, Within) and guard.limit is None:
        return replace(guard, limit=defaults.get(guard.kind, UNLIMITED))
    return guard
