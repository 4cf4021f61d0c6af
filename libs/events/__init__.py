"""Every event: what can be a fact in the log. Read this file and `libs.commands` first.

An event is a frozen dataclass named by subject and past participle; every decided value is in it, so that applying it
never decides and never looks anything up. Streams: `network-<id>`, `subnet-<id>`, `port-<id>`, `agent-<id>`.
"""

from libs.events.agent import AgentCameUp, AgentReconfigured, AgentRegistered, AgentWentDown
from libs.events.network import (
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDeleted,
    NetworkDescribed,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    NetworkExternalChanged,
    NetworkMtuChanged,
    NetworkRenamed,
    NetworkSharingChanged,
    NetworkSubnetAdded,
    NetworkSubnetRemoved,
)
from libs.events.port import (
    AddressAllocated,
    AddressReleased,
    PortAdminStateChanged,
    PortBecameActive,
    PortBindingFailed,
    PortBound,
    PortCreated,
    PortDeleted,
    PortDescribed,
    PortDeviceChanged,
    PortMacChanged,
    PortProfileChanged,
    PortRenamed,
    PortUnbound,
    PortVnicTypeChanged,
    PortWentDown,
)
from libs.events.subnet import (
    SubnetCreated,
    SubnetDeleted,
    SubnetDescribed,
    SubnetDhcpChanged,
    SubnetDnsServersChanged,
    SubnetGatewayChanged,
    SubnetHostRoutesChanged,
    SubnetPoolsChanged,
    SubnetRenamed,
)

NetworkEvent = (
    NetworkCreated
    | NetworkRenamed
    | NetworkDescribed
    | NetworkAdminStateChanged
    | NetworkSharingChanged
    | NetworkExternalChanged
    | NetworkMtuChanged
    | NetworkSubnetAdded
    | NetworkSubnetRemoved
    | NetworkDhcpScheduled
    | NetworkDhcpUnscheduled
    | NetworkDeleted
)
SubnetEvent = (
    SubnetCreated
    | SubnetRenamed
    | SubnetDescribed
    | SubnetGatewayChanged
    | SubnetPoolsChanged
    | SubnetDnsServersChanged
    | SubnetHostRoutesChanged
    | SubnetDhcpChanged
    | SubnetDeleted
)
PortEvent = (
    PortCreated
    | AddressAllocated
    | AddressReleased
    | PortRenamed
    | PortDescribed
    | PortAdminStateChanged
    | PortDeviceChanged
    | PortMacChanged
    | PortVnicTypeChanged
    | PortProfileChanged
    | PortBound
    | PortBindingFailed
    | PortUnbound
    | PortBecameActive
    | PortWentDown
    | PortDeleted
)
AgentEvent = AgentRegistered | AgentReconfigured | AgentWentDown | AgentCameUp
Event = NetworkEvent | SubnetEvent | PortEvent | AgentEvent

__all__ = [
    "AddressAllocated",
    "AddressReleased",
    "AgentCameUp",
    "AgentEvent",
    "AgentReconfigured",
    "AgentRegistered",
    "AgentWentDown",
    "Event",
    "NetworkAdminStateChanged",
    "NetworkCreated",
    "NetworkDeleted",
    "NetworkDescribed",
    "NetworkDhcpScheduled",
    "NetworkDhcpUnscheduled",
    "NetworkEvent",
    "NetworkExternalChanged",
    "NetworkMtuChanged",
    "NetworkRenamed",
    "NetworkSharingChanged",
    "NetworkSubnetAdded",
    "NetworkSubnetRemoved",
    "PortAdminStateChanged",
    "PortBecameActive",
    "PortBindingFailed",
    "PortBound",
    "PortCreated",
    "PortDeleted",
    "PortDescribed",
    "PortDeviceChanged",
    "PortEvent",
    "PortMacChanged",
    "PortProfileChanged",
    "PortRenamed",
    "PortUnbound",
    "PortVnicTypeChanged",
    "PortWentDown",
    "SubnetCreated",
    "SubnetDeleted",
    "SubnetDescribed",
    "SubnetDhcpChanged",
    "SubnetDnsServersChanged",
    "SubnetEvent",
    "SubnetGatewayChanged",
    "SubnetHostRoutesChanged",
    "SubnetPoolsChanged",
    "SubnetRenamed",
]
