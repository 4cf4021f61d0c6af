"""Every event: what can be a fact in the log. Read this file and `libs.commands` first.

An event is a frozen dataclass named by subject and past participle; every decided value is in it, so that applying it
never decides and never looks anything up. Streams: `network-<id>`, `subnet-<id>`, `port-<id>`, `router-<id>`, `floatingip-<id>`,
`agent-<id>`, `quota-<uuid5 of the project>`.
"""

from libs.events.address_group import (
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    AddressGroupDeleted,
    AddressGroupDescribed,
    AddressGroupEvent,
    AddressGroupRenamed,
)
from libs.events.agent import (
    AgentAdminStateChanged,
    AgentCameUp,
    AgentDeleted,
    AgentDescribed,
    AgentReconfigured,
    AgentRegistered,
    AgentWentDown,
)
from libs.events.binding import (
    PortBindingActivated,
    PortBindingAdded,
    PortBindingProfileChanged,
    PortBindingRemoved,
    PortBindingUnwired,
    PortBindingWired,
)
from libs.events.dns import NetworkDnsDomainChanged, PortDnsNameChanged
from libs.events.floatingip import (
    FloatingIpAllocated,
    FloatingIpAssociated,
    FloatingIpBecameActive,
    FloatingIpDescribed,
    FloatingIpDisassociated,
    FloatingIpFailed,
    FloatingIpReleased,
    FloatingIpWentDown,
)
from libs.events.network import (
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDeleted,
    NetworkDescribed,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    NetworkExternalChanged,
    NetworkMtuChanged,
    NetworkPortSecurityChanged,
    NetworkRenamed,
    NetworkSharingChanged,
    NetworkSubnetAdded,
    NetworkSubnetRemoved,
)
from libs.events.port import (
    AddressAllocated,
    AddressReleased,
    PortAddressPairsChanged,
    PortAdminStateChanged,
    PortBecameActive,
    PortBindingFailed,
    PortBound,
    PortCreated,
    PortDeleted,
    PortDescribed,
    PortDeviceChanged,
    PortDhcpOptionsChanged,
    PortMacChanged,
    PortProfileChanged,
    PortRenamed,
    PortSecurityChanged,
    PortSecurityGroupsChanged,
    PortUnbound,
    PortVnicTypeChanged,
    PortWentDown,
)
from libs.events.quota import QuotaEvent, QuotaLimitChanged, QuotaReset
from libs.events.router import (
    RouterAdminStateChanged,
    RouterCreated,
    RouterDeleted,
    RouterDescribed,
    RouterGatewayAddressesChanged,
    RouterGatewayCleared,
    RouterGatewaySet,
    RouterInterfaceAttached,
    RouterInterfaceDetached,
    RouterRenamed,
    RouterRouteAdded,
    RouterRouteRemoved,
    RouterScheduled,
    RouterSnatChanged,
    RouterUnscheduled,
)
from libs.events.security_group import (
    SecurityGroupCreated,
    SecurityGroupDeleted,
    SecurityGroupDescribed,
    SecurityGroupEvent,
    SecurityGroupRenamed,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
    SecurityGroupRuleEvent,
    SecurityGroupStatefulChanged,
    SecurityGroupTagsChanged,
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
from libs.events.tags import (
    FloatingIpTagsChanged,
    NetworkTagsChanged,
    PortTagsChanged,
    RouterTagsChanged,
    SubnetTagsChanged,
)

NetworkEvent = (
    NetworkCreated
    | NetworkRenamed
    | NetworkDescribed
    | NetworkAdminStateChanged
    | NetworkSharingChanged
    | NetworkExternalChanged
    | NetworkMtuChanged
    | NetworkPortSecurityChanged
    | NetworkSubnetAdded
    | NetworkSubnetRemoved
    | NetworkDhcpScheduled
    | NetworkDhcpUnscheduled
    | NetworkTagsChanged
    | NetworkDnsDomainChanged
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
    | SubnetTagsChanged
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
    | PortDhcpOptionsChanged
    | PortSecurityChanged
    | PortSecurityGroupsChanged
    | PortAddressPairsChanged
    | PortBound
    | PortBindingFailed
    | PortUnbound
    | PortBecameActive
    | PortWentDown
    | PortTagsChanged
    | PortDnsNameChanged
    | PortBindingAdded
    | PortBindingProfileChanged
    | PortBindingWired
    | PortBindingUnwired
    | PortBindingActivated
    | PortBindingRemoved
    | PortDeleted
)
RouterEvent = (
    RouterCreated
    | RouterRenamed
    | RouterDescribed
    | RouterAdminStateChanged
    | RouterGatewaySet
    | RouterGatewayAddressesChanged
    | RouterSnatChanged
    | RouterGatewayCleared
    | RouterInterfaceAttached
    | RouterInterfaceDetached
    | RouterRouteAdded
    | RouterRouteRemoved
    | RouterScheduled
    | RouterUnscheduled
    | RouterTagsChanged
    | RouterDeleted
)
FloatingIpEvent = (
    FloatingIpAllocated
    | FloatingIpDescribed
    | FloatingIpAssociated
    | FloatingIpDisassociated
    | FloatingIpBecameActive
    | FloatingIpWentDown
    | FloatingIpFailed
    | FloatingIpTagsChanged
    | FloatingIpReleased
)
AgentEvent = (
    AgentRegistered
    | AgentReconfigured
    | AgentWentDown
    | AgentCameUp
    | AgentAdminStateChanged
    | AgentDescribed
    | AgentDeleted
)
Event = (
    NetworkEvent
    | SubnetEvent
    | PortEvent
    | RouterEvent
    | FloatingIpEvent
    | SecurityGroupEvent
    | SecurityGroupRuleEvent
    | AddressGroupEvent
    | QuotaEvent
    | AgentEvent
)

__all__ = [
    "AddressAllocated",
    "AddressGroupAddressesChanged",
    "AddressGroupCreated",
    "AddressGroupDeleted",
    "AddressGroupDescribed",
    "AddressGroupEvent",
    "AddressGroupRenamed",
    "AddressReleased",
    "AgentAdminStateChanged",
    "AgentCameUp",
    "AgentDeleted",
    "AgentDescribed",
    "AgentEvent",
    "AgentReconfigured",
    "AgentRegistered",
    "AgentWentDown",
    "Event",
    "FloatingIpAllocated",
    "FloatingIpAssociated",
    "FloatingIpBecameActive",
    "FloatingIpDescribed",
    "FloatingIpDisassociated",
    "FloatingIpEvent",
    "FloatingIpFailed",
    "FloatingIpReleased",
    "FloatingIpTagsChanged",
    "FloatingIpWentDown",
    "NetworkAdminStateChanged",
    "NetworkCreated",
    "NetworkDeleted",
    "NetworkDescribed",
    "NetworkDhcpScheduled",
    "NetworkDhcpUnscheduled",
    "NetworkDnsDomainChanged",
    "NetworkEvent",
    "NetworkExternalChanged",
    "NetworkMtuChanged",
    "NetworkPortSecurityChanged",
    "NetworkRenamed",
    "NetworkSharingChanged",
    "NetworkSubnetAdded",
    "NetworkSubnetRemoved",
    "NetworkTagsChanged",
    "PortAddressPairsChanged",
    "PortAdminStateChanged",
    "PortBecameActive",
    "PortBindingActivated",
    "PortBindingAdded",
    "PortBindingFailed",
    "PortBindingProfileChanged",
    "PortBindingRemoved",
    "PortBindingUnwired",
    "PortBindingWired",
    "PortBound",
    "PortCreated",
    "PortDeleted",
    "PortDescribed",
    "PortDeviceChanged",
    "PortDhcpOptionsChanged",
    "PortDnsNameChanged",
    "PortEvent",
    "PortMacChanged",
    "PortProfileChanged",
    "PortRenamed",
    "PortSecurityChanged",
    "PortSecurityGroupsChanged",
    "PortTagsChanged",
    "PortUnbound",
    "PortVnicTypeChanged",
    "PortWentDown",
    "QuotaEvent",
    "QuotaLimitChanged",
    "QuotaReset",
    "RouterAdminStateChanged",
    "RouterCreated",
    "RouterDeleted",
    "RouterDescribed",
    "RouterEvent",
    "RouterGatewayAddressesChanged",
    "RouterGatewayCleared",
    "RouterGatewaySet",
    "RouterInterfaceAttached",
    "RouterInterfaceDetached",
    "RouterRenamed",
    "RouterRouteAdded",
    "RouterRouteRemoved",
    "RouterScheduled",
    "RouterSnatChanged",
    "RouterTagsChanged",
    "RouterUnscheduled",
    "SecurityGroupCreated",
    "SecurityGroupDeleted",
    "SecurityGroupDescribed",
    "SecurityGroupEvent",
    "SecurityGroupRenamed",
    "SecurityGroupRuleCreated",
    "SecurityGroupRuleDeleted",
    "SecurityGroupRuleEvent",
    "SecurityGroupStatefulChanged",
    "SecurityGroupTagsChanged",
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
    "SubnetTagsChanged",
]
