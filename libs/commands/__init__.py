"""Every command: what can be asked. Read this file and `libs.events` first.

A command is a frozen dataclass, named by verb and object; ids were made at the edge. `libs.network` decides it.
"""

from libs.commands.agent import DeleteAgent, MarkAgentDown, MarkAgentUp, RegisterAgent, UpdateAgent
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
)
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
from libs.commands.subnet import ABSENT, CreateSubnets, DeleteSubnet, NewSubnet, UpdateSubnet
from libs.commands.tags import AddTags, RemoveTag, ReplaceTags

Command = (
    CreateNetworks
    | UpdateNetwork
    | DeleteNetwork
    | ScheduleDhcp
    | UnscheduleDhcp
    | CreateSubnets
    | UpdateSubnet
    | DeleteSubnet
    | CreatePorts
    | UpdatePort
    | DeletePort
    | ReportWired
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
    | ReplaceTags
    | AddTags
    | RemoveTag
)

__all__ = [
    "ABSENT",
    "AddRouterInterface",
    "AddRoutes",
    "AddTags",
    "Command",
    "CreateFloatingIps",
    "CreateNetworks",
    "CreatePorts",
    "CreateRouters",
    "CreateSubnets",
    "DeleteAgent",
    "DeleteFloatingIp",
    "DeleteNetwork",
    "DeletePort",
    "DeleteRouter",
    "DeleteSubnet",
    "MarkAgentDown",
    "MarkAgentUp",
    "NewFloatingIp",
    "NewNetwork",
    "NewPort",
    "NewRouter",
    "NewSubnet",
    "RegisterAgent",
    "RemoveRouterInterface",
    "RemoveRoutes",
    "RemoveTag",
    "ReplaceTags",
    "ReportFloatingIp",
    "ReportWired",
    "ScheduleDhcp",
    "ScheduleRouter",
    "UnscheduleDhcp",
    "UnscheduleRouter",
    "UpdateAgent",
    "UpdateFloatingIp",
    "UpdateNetwork",
    "UpdatePort",
    "UpdateRouter",
    "UpdateSubnet",
    "WantedAddress",
    "WantedDhcpOption",
    "WantedGateway",
]
