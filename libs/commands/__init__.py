"""Every command: what can be asked. Read this file and `libs.events` first.

A command is a frozen dataclass, named by verb and object; ids were made at the edge. `libs.network` decides it.
"""

from libs.commands.address_group import (
    AddAddresses,
    CreateAddressGroups,
    DeleteAddressGroup,
    NewAddressGroup,
    RemoveAddresses,
    UpdateAddressGroup,
)
from libs.commands.agent import DeleteAgent, MarkAgentDown, MarkAgentUp, RegisterAgent, UpdateAgent
from libs.commands.binding import ActivatePortBinding, AddPortBinding, ChangePortBinding, RemovePortBinding
from libs.commands.flavor import (
    AssociateProfile,
    CreateFlavors,
    CreateServiceProfiles,
    DeleteFlavor,
    DeleteServiceProfile,
    DisassociateProfile,
    NewFlavor,
    NewServiceProfile,
    UpdateFlavor,
    UpdateServiceProfile,
)
from libs.commands.floatingip import (
    CreateFloatingIps,
    DeleteFloatingIp,
    NewFloatingIp,
    ReportFloatingIp,
    UpdateFloatingIp,
)
from libs.commands.network import (
    CreateNetworks,
    DeleteNetwork,
    NewNetwork,
    ScheduleDhcp,
    UnscheduleDhcp,
    UpdateNetwork,
)
from libs.commands.port import (
    CreatePorts,
    DeletePort,
    NewPort,
    ReportWired,
    UpdatePort,
    WantedAddress,
    WantedDhcpOption,
    WantedPair,
)
from libs.commands.quota import ChangeQuota, ResetQuota
from libs.commands.rbac_policy import CreateRbacPolicies, DeleteRbacPolicy, NewRbacPolicy, UpdateRbacPolicy
from libs.commands.router import (
    AddRouterInterface,
    AddRoutes,
    CreateRouters,
    DeleteRouter,
    NewRouter,
    RemoveRouterInterface,
    RemoveRoutes,
    ScheduleRouter,
    UnscheduleRouter,
    UpdateRouter,
    WantedGateway,
)
from libs.commands.security_group import (
    CreateSecurityGroupRules,
    CreateSecurityGroups,
    DeleteSecurityGroup,
    DeleteSecurityGroupRule,
    EnsureDefaultGroup,
    NewSecurityGroup,
    NewSecurityGroupRule,
    UpdateSecurityGroup,
)
from libs.commands.subnet import ABSENT, CreateSubnets, DeleteSubnet, NewSubnet, UpdateSubnet
from libs.commands.subnetpool import (
    AddPrefixes,
    CreateAddressScopes,
    CreateSubnetPools,
    DeleteAddressScope,
    DeleteSubnetPool,
    NewAddressScope,
    NewSubnetPool,
    RemovePrefixes,
    UpdateAddressScope,
    UpdateSubnetPool,
)
from libs.commands.tags import AddTags, RemoveTag, ReplaceTags
from libs.commands.topology import AllocateTopology, PooledSubnet, ReleaseTopology

Command = (
    CreateNetworks
    | UpdateNetwork
    | DeleteNetwork
    | ScheduleDhcp
    | UnscheduleDhcp
    | CreateSubnets
    | UpdateSubnet
    | DeleteSubnet
    | CreateSubnetPools
    | UpdateSubnetPool
    | AddPrefixes
    | RemovePrefixes
    | DeleteSubnetPool
    | CreateAddressScopes
    | UpdateAddressScope
    | DeleteAddressScope
    | CreateFlavors
    | UpdateFlavor
    | AssociateProfile
    | DisassociateProfile
    | DeleteFlavor
    | CreateServiceProfiles
    | UpdateServiceProfile
    | DeleteServiceProfile
    | CreatePorts
    | UpdatePort
    | DeletePort
    | ReportWired
    | AddPortBinding
    | ChangePortBinding
    | ActivatePortBinding
    | RemovePortBinding
    | RegisterAgent
    | MarkAgentDown
    | MarkAgentUp
    | UpdateAgent
    | DeleteAgent
    | CreateRouters
    | UpdateRouter
    | DeleteRouter
    | AddRouterInterface
    | RemoveRouterInterface
    | AddRoutes
    | RemoveRoutes
    | ScheduleRouter
    | UnscheduleRouter
    | CreateFloatingIps
    | UpdateFloatingIp
    | DeleteFloatingIp
    | ReportFloatingIp
    | CreateSecurityGroups
    | EnsureDefaultGroup
    | UpdateSecurityGroup
    | DeleteSecurityGroup
    | CreateSecurityGroupRules
    | DeleteSecurityGroupRule
    | CreateAddressGroups
    | UpdateAddressGroup
    | AddAddresses
    | RemoveAddresses
    | DeleteAddressGroup
    | ReplaceTags
    | AddTags
    | RemoveTag
    | CreateRbacPolicies
    | UpdateRbacPolicy
    | DeleteRbacPolicy
    | ChangeQuota
    | ResetQuota
    | AllocateTopology
    | ReleaseTopology
)

__all__ = [
    "ABSENT",
    "ActivatePortBinding",
    "AddAddresses",
    "AddPortBinding",
    "AddPrefixes",
    "AddRouterInterface",
    "AddRoutes",
    "AddTags",
    "AllocateTopology",
    "AssociateProfile",
    "ChangePortBinding",
    "ChangeQuota",
    "Command",
    "CreateAddressGroups",
    "CreateAddressScopes",
    "CreateFlavors",
    "CreateFloatingIps",
    "CreateNetworks",
    "CreatePorts",
    "CreateRbacPolicies",
    "CreateRouters",
    "CreateSecurityGroupRules",
    "CreateSecurityGroups",
    "CreateServiceProfiles",
    "CreateSubnetPools",
    "CreateSubnets",
    "DeleteAddressGroup",
    "DeleteAddressScope",
    "DeleteAgent",
    "DeleteFlavor",
    "DeleteFloatingIp",
    "DeleteNetwork",
    "DeletePort",
    "DeleteRbacPolicy",
    "DeleteRouter",
    "DeleteSecurityGroup",
    "DeleteSecurityGroupRule",
    "DeleteServiceProfile",
    "DeleteSubnet",
    "DeleteSubnetPool",
    "DisassociateProfile",
    "EnsureDefaultGroup",
    "MarkAgentDown",
    "MarkAgentUp",
    "NewAddressGroup",
    "NewAddressScope",
    "NewFlavor",
    "NewFloatingIp",
    "NewNetwork",
    "NewPort",
    "NewRbacPolicy",
    "NewRouter",
    "NewSecurityGroup",
    "NewSecurityGroupRule",
    "NewServiceProfile",
    "NewSubnet",
    "NewSubnetPool",
    "PooledSubnet",
    "RegisterAgent",
    "ReleaseTopology",
    "RemoveAddresses",
    "RemovePortBinding",
    "RemovePrefixes",
    "RemoveRouterInterface",
    "RemoveRoutes",
    "RemoveTag",
    "ReplaceTags",
    "ReportFloatingIp",
    "ReportWired",
    "ResetQuota",
    "ScheduleDhcp",
    "ScheduleRouter",
    "UnscheduleDhcp",
    "UnscheduleRouter",
    "UpdateAddressGroup",
    "UpdateAddressScope",
    "UpdateAgent",
    "UpdateFlavor",
    "UpdateFloatingIp",
    "UpdateNetwork",
    "UpdatePort",
    "UpdateRbacPolicy",
    "UpdateRouter",
    "UpdateSecurityGroup",
    "UpdateServiceProfile",
    "UpdateSubnet",
    "UpdateSubnetPool",
    "WantedAddress",
    "WantedDhcpOption",
    "WantedGateway",
    "WantedPair",
]
