"""From a command to what it comes to: one table of three pure functions per command.

`needs` says which streams to read and what to look up (called again as the world grows, until nothing new is needed), `questions`
what others must choose, `decide` gives the changes or raises `errors.Refusal`. `questions` may raise a Refusal as well: nothing is
asked in vain.
"""

from __future__ import annotations

from collections.abc import Mapping

from libs.commands import (
    ActivatePortBinding,
    AddAddresses,
    AddPortBinding,
    AddRouterInterface,
    AddRoutes,
    AddTags,
    AllocateTopology,
    ChangePortBinding,
    ChangeQuota,
    Command,
    CreateAddressGroups,
    CreateFloatingIps,
    CreateNetworks,
    CreatePorts,
    CreateRbacPolicies,
    CreateRouters,
    CreateSecurityGroupRules,
    CreateSecurityGroups,
    CreateSubnets,
    DeleteAddressGroup,
    DeleteAgent,
    DeleteFloatingIp,
    DeleteNetwork,
    DeletePort,
    DeleteRbacPolicy,
    DeleteRouter,
    DeleteSecurityGroup,
    DeleteSecurityGroupRule,
    DeleteSubnet,
    EnsureDefaultGroup,
    MarkAgentDown,
    MarkAgentUp,
    RegisterAgent,
    ReleaseTopology,
    RemoveAddresses,
    RemovePortBinding,
    RemoveRouterInterface,
    RemoveRoutes,
    RemoveTag,
    ReplaceTags,
    ReportFloatingIp,
    ReportWired,
    ResetQuota,
    ScheduleDhcp,
    ScheduleRouter,
    UnscheduleDhcp,
    UnscheduleRouter,
    UpdateAddressGroup,
    UpdateAgent,
    UpdateFloatingIp,
    UpdateNetwork,
    UpdatePort,
    UpdateRbacPolicy,
    UpdateRouter,
    UpdateSecurityGroup,
    UpdateSubnet,
)
from libs.network.deciders import (
    address_groups,
    agents,
    bindings,
    default_groups,
    dhcp,
    floatingip_changes,
    floatingips,
    network_end,
    networks,
    port_changes,
    port_end,
    port_status,
    ports,
    quotas,
    rbac_policies,
    router_changes,
    router_detaching,
    router_interfaces,
    router_schedule,
    routers,
    security_group_rules,
    security_groups,
    subnet_changes,
    subnets,
    tags,
    topologies,
)
from libs.network.pool_decisions import POOL_RULES
from libs.network.rule import Rule, nothing, own_stream
from libs.network.world import Decision, Need, Question, World

_AGENT = own_stream("agent", "agent_id")

RULES: Mapping[type, Rule] = {
    CreateNetworks: Rule(networks.create, nothing, networks.creation_questions),
    UpdateNetwork: Rule(networks.update, networks.update_needs, networks.update_questions),
    DeleteNetwork: Rule(network_end.delete, network_end.needs),
    ScheduleDhcp: Rule(dhcp.schedule, dhcp.scheduling_needs, dhcp.scheduling_questions),
    UnscheduleDhcp: Rule(dhcp.unschedule, dhcp.unscheduling_needs),
    CreateSubnets: Rule(subnets.create, subnets.creation_needs),
    UpdateSubnet: Rule(subnet_changes.update, subnet_changes.update_needs),
    DeleteSubnet: Rule(subnets.delete, subnets.deletion_needs),
    CreatePorts: Rule(ports.create, ports.creation_needs, ports.creation_questions),
    UpdatePort: Rule(port_changes.update, port_changes.needs, port_changes.questions),
    DeletePort: Rule(port_end.delete, port_end.needs),
    ReportWired: Rule(port_status.report, own_stream("port", "port_id")),
    AddPortBinding: Rule(bindings.add, bindings.needs, bindings.questions),
    ChangePortBinding: Rule(bindings.change, bindings.needs, bindings.questions),
    ActivatePortBinding: Rule(bindings.activate, bindings.needs, bindings.questions),
    RemovePortBinding: Rule(bindings.remove, bindings.needs),
    RegisterAgent: Rule(agents.register, _AGENT),
    MarkAgentDown: Rule(agents.mark_down, _AGENT),
    MarkAgentUp: Rule(agents.mark_up, _AGENT),
    UpdateAgent: Rule(agents.update, _AGENT),
    DeleteAgent: Rule(agents.delete, _AGENT),
    CreateRouters: Rule(routers.create, routers.creation_needs, routers.creation_questions),
    UpdateRouter: Rule(router_changes.update, router_changes.needs, router_changes.questions),
    DeleteRouter: Rule(routers.delete, routers.deletion_needs),
    AddRouterInterface: Rule(router_interfaces.add, router_interfaces.needs, router_interfaces.questions),
    RemoveRouterInterface: Rule(router_detaching.remove, router_detaching.needs),
    AddRoutes: Rule(router_changes.add_routes, router_changes.route_needs),
    RemoveRoutes: Rule(router_changes.remove_routes, router_changes.route_needs),
    ScheduleRouter: Rule(
        router_schedule.schedule, router_schedule.scheduling_needs, router_schedule.scheduling_questions
    ),
    UnscheduleRouter: Rule(router_schedule.unschedule, router_schedule.unscheduling_needs),
    CreateFloatingIps: Rule(floatingips.create, floatingips.creation_needs, floatingips.creation_questions),
    UpdateFloatingIp: Rule(floatingip_changes.update, floatingip_changes.update_needs),
    DeleteFloatingIp: Rule(floatingip_changes.delete, floatingip_changes.deletion_needs),
    ReportFloatingIp: Rule(floatingip_changes.report, floatingip_changes.reporting_needs),
    CreateRbacPolicies: Rule(rbac_policies.create, rbac_policies.creation_needs),
    UpdateRbacPolicy: Rule(rbac_policies.update, rbac_policies.needs),
    DeleteRbacPolicy: Rule(rbac_policies.delete, rbac_policies.needs),
    CreateSecurityGroups: Rule(security_groups.create, security_groups.creation_needs),
    EnsureDefaultGroup: Rule(default_groups.ensure, default_groups.ensure_needs),
    UpdateSecurityGroup: Rule(security_groups.update, own_stream("security_group", "security_group_id")),
    DeleteSecurityGroup: Rule(security_groups.delete, security_groups.deletion_needs),
    CreateSecurityGroupRules: Rule(security_group_rules.create, security_group_rules.creation_needs),
    DeleteSecurityGroupRule: Rule(security_group_rules.delete, security_group_rules.deletion_needs),
    CreateAddressGroups: Rule(address_groups.create, nothing),
    UpdateAddressGroup: Rule(address_groups.update, address_groups.needs),
    AddAddresses: Rule(address_groups.add, address_groups.needs),
    RemoveAddresses: Rule(address_groups.remove, address_groups.needs),
    DeleteAddressGroup: Rule(address_groups.delete, address_groups.deletion_needs),
    ReplaceTags: Rule(tags.replace, tags.needs),
    AddTags: Rule(tags.add, tags.needs),
    RemoveTag: Rule(tags.remove, tags.needs),
    ChangeQuota: Rule(quotas.set_limits, quotas.needs),
    ResetQuota: Rule(quotas.reset, quotas.needs),
    AllocateTopology: Rule(topologies.allocate, topologies.needs, topologies.questions),
    ReleaseTopology: Rule(topologies.release, topologies.release_needs),
    **POOL_RULES,
}
"""{command class: its rule}"""


def needs(command: Command, world: World) -> tuple[Need, ...]:
    """Streams that the decision must see and what it looks up, as far as the world already tells."""
    return RULES[type(command)].needs(command, world)


def questions(command: Command, world: World) -> tuple[Question, ...]:
    """What others must choose before the decision. Raises Refusal when there is nothing to decide."""
    return RULES[type(command)].questions(command, world)


def decide(command: Command, world: World) -> Decision:
    """What the command comes to. Raises Refusal; KeyError for a question that was not answered."""
    return RULES[type(command)].decide(command, world)
