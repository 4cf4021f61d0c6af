"""Every command: what can be asked. Read this file and `libs.events` first.

A command is a frozen dataclass, named by verb and object; ids were made at the edge. `libs.network` decides it.
"""

from libs.commands.agent import MarkAgentDown, MarkAgentUp, RegisterAgent
from libs.commands.network import (
    CreateNetworks,
    DeleteNetwork,
    NewNetwork,
    ScheduleDhcp,
    UnscheduleDhcp,
    UpdateNetwork,
)
from libs.commands.port import CreatePorts, DeletePort, NewPort, ReportWired, UpdatePort, WantedAddress
from libs.commands.subnet import ABSENT, CreateSubnets, DeleteSubnet, NewSubnet, UpdateSubnet

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
)

__all__ = [
    "ABSENT",
    "Command",
    "CreateNetworks",
    "CreatePorts",
    "CreateSubnets",
    "DeleteNetwork",
    "DeletePort",
    "DeleteSubnet",
    "MarkAgentDown",
    "MarkAgentUp",
    "NewNetwork",
    "NewPort",
    "NewSubnet",
    "RegisterAgent",
    "ReportWired",
    "ScheduleDhcp",
    "UnscheduleDhcp",
    "UpdateNetwork",
    "UpdatePort",
    "UpdateSubnet",
    "WantedAddress",
]
