"""What facts count: how many of each kind every project has follows from the facts alone. Pure.

As in Neutron a project has what carries its id, whoever asked for it: the ports of its networks' DHCP servers and of its routers'
interfaces too; a router's way out and what holds a floating IP's address are nobody's and are not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from libs.events import (
    AddressGroupCreated,
    AddressGroupDeleted,
    Event,
    FloatingIpAllocated,
    FloatingIpReleased,
    NetworkCreated,
    NetworkDeleted,
    PortCreated,
    PortDeleted,
    RbacPolicyCreated,
    RbacPolicyDeleted,
    RouterCreated,
    RouterDeleted,
    SecurityGroupCreated,
    SecurityGroupDeleted,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
    SubnetCreated,
    SubnetDeleted,
    SubnetPoolCreated,
    SubnetPoolDeleted,
)

COUNTED: Mapping[type, tuple[str, int]] = {
    NetworkCreated: ("network", 1),
    NetworkDeleted: ("network", -1),
    SubnetCreated: ("subnet", 1),
    SubnetDeleted: ("subnet", -1),
    PortCreated: ("port", 1),
    PortDeleted: ("port", -1),
    RouterCreated: ("router", 1),
    RouterDeleted: ("router", -1),
    FloatingIpAllocated: ("floatingip", 1),
    FloatingIpReleased: ("floatingip", -1),
    SecurityGroupCreated: ("security_group", 1),
    SecurityGroupDeleted: ("security_group", -1),
    SecurityGroupRuleCreated: ("security_group_rule", 1),
    SecurityGroupRuleDeleted: ("security_group_rule", -1),
    SubnetPoolCreated: ("subnetpool", 1),
    SubnetPoolDeleted: ("subnetpool", -1),
    RbacPolicyCreated: ("rbac_policy", 1),
    RbacPolicyDeleted: ("rbac_policy", -1),
    AddressGroupCreated: ("address_group", 1),
    AddressGroupDeleted: ("address_group", -1),
}
"""{fact: (kind, by how much its project's number changes)}; each such fact has a `project_id`."""

Use = tuple[str, str]
"""(project, kind)."""


def use_of(event: Event) -> tuple[Use, int] | None:
    """Whose number of what the fact changes, and by how much; None for one that counts nothing."""
    found = COUNTED.get(type(event))
    project: str = getattr(event, "project_id", "")
    return ((project, found[0]), found[1]) if found and project else None


def uses_of(events: Iterable[Event]) -> Counter[Use]:
    """{(project, kind): by how much its number changes}, without what comes to nothing."""
    total: Counter[Use] = Counter()
    for event in events:
        one = use_of(event)
        if one is not None:
            total[one[0]] += one[1]
    return Counter({use: number for use, number in total.items() if number})
