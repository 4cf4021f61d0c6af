"""Every event: what can be a fact in the log. Read this file and `libs.commands` first.

An event is a frozen dataclass named by subject and past participle; every decided value is in it, so that applying it
never decides and never looks anything up. Streams: `network-<id>`, `subnet-<id>`, `port-<id>`, `router-<id>`, `floatingip-<id>`,
`security_group-<id>`, `security_group_rule-<id>`, `address_group-<id>`, `agent-<id>`, `quota-<uuid5 of the project>`.
"""

from libs.events.address_group import (
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    AddressGroupDeleted,
    AddressGroupDescribed,
    AddressGroupEvent,
    AddressGroupRenamed,
)
from libs.events.address_scope import (
    AddressScopeCreated,
    AddressScopeDeleted,
    AddressScopeRenamed,
    AddressScopeShared,
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
from libs.events.flavor import (
    FlavorCreated,
    FlavorDeleted,
    FlavorDescribed,
    FlavorEnabledChanged,
    FlavorProfileAssociated,
    FlavorProfileDisassociated,
    FlavorRenamed,
    ServiceProfileCreated,
    ServiceProfileDeleted,
    ServiceProfileDescribed,
    ServiceProfileDriverChanged,
    ServiceProfileEnabledChanged,
)
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
    NetworkAccessGranted,
    NetworkAccessWithdrawn,
    NetworkAddressScopeChanged,
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDefaultChanged,
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
from libs.events.rbac_policy import (
    RbacPolicyCreated,
    RbacPolicyDeleted,
    RbacPolicyEvent,
    RbacPolicyTargetChanged,
)
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
    SubnetServiceTypesChanged,
)
from libs.events.subnetpool import (
    SubnetPoolCreated,
    SubnetPoolDefaultChanged,
    SubnetPoolDeleted,
    SubnetPoolDescribed,
    SubnetPoolLengthsChanged,
    SubnetPoolPrefixAllocated,
    SubnetPoolPrefixesChanged,
    SubnetPoolPrefixReleased,
    SubnetPoolQuotaChanged,
    SubnetPoolRenamed,
    SubnetPoolScopeChanged,
)
from libs.events.tags import (
    FloatingIpTagsChanged,
    NetworkTagsChanged,
    PortTagsChanged,
    RouterTagsChanged,
    SubnetPoolTagsChanged,
    SubnetTagsChanged,
)
from libs.events.topology import TopologyAllocated, TopologyEvent, TopologyReleased

NetworkEvent = (
    NetworkCreated
    | NetworkRenamed
    | NetworkDescribed
    | NetworkAdminStateChanged
    | NetworkAccessGranted
    | NetworkAccessWithdrawn
    | NetworkDefaultChanged
    | NetworkSharingChanged
    | NetworkExternalChanged
    | NetworkMtuChanged
    | NetworkPortSecurityChanged
    | NetworkSubnetAdded
    | NetworkSubnetRemoved
    | NetworkAddressScopeChanged
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
    | SubnetServiceTypesChanged
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
SubnetPoolEvent = (
    SubnetPoolCreated
    | SubnetPoolRenamed
    | SubnetPoolDescribed
    | SubnetPoolPrefixesChanged
    | SubnetPoolLengthsChanged
    | SubnetPoolQuotaChanged
    | SubnetPoolDefaultChanged
    | SubnetPoolScopeChanged
    | SubnetPoolPrefixAllocated
    | SubnetPoolPrefixReleased
    | SubnetPoolTagsChanged
    | SubnetPoolDeleted
)
AddressScopeEvent = AddressScopeCreated | AddressScopeRenamed | AddressScopeShared | AddressScopeDeleted
FlavorEvent = (
    FlavorCreated
    | FlavorRenamed
    | FlavorDescribed
    | FlavorEnabledChanged
    | FlavorProfileAssociated
    | FlavorProfileDisassociated
    | FlavorDeleted
)
ServiceProfileEvent = (
    ServiceProfileCreated
    | ServiceProfileDescribed
    | ServiceProfileDriverChanged
    | ServiceProfileEnabledChanged
    | ServiceProfileDeleted
)
Event = (
    NetworkEvent
    | SubnetEvent
    | SubnetPoolEvent
    | AddressScopeEvent
    | FlavorEvent
    | ServiceProfileEvent
    | PortEvent
    | RouterEvent
    | FloatingIpEvent
    | SecurityGroupEvent
    | SecurityGroupRuleEvent
    | AddressGroupEvent
    | RbacPolicyEvent
    | QuotaEvent
    | TopologyEvent
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
    "AddressScopeCreated",
    "AddressScopeDeleted",
    "AddressScopeEvent",
    "AddressScopeRenamed",
    "AddressScopeShared",
    "AgentAdminStateChanged",
    "AgentCameUp",
    "AgentDeleted",
    "AgentDescribed",
    "AgentEvent",
    "AgentReconfigured",
    "AgentRegistered",
    "AgentWentDown",
    "Event",
    "FlavorCreated",
    "FlavorDeleted",
    "FlavorDescribed",
    "FlavorEnabledChanged",
    "FlavorEvent",
    "FlavorProfileAssociated",
    "FlavorProfileDisassociated",
    "FlavorRenamed",
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
    "NetworkAccessGranted",
    "NetworkAccessWithdrawn",
    "NetworkAddressScopeChanged",
    "NetworkAdminStateChanged",
    "NetworkCreated",
    "NetworkDefaultChanged",
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
    "RbacPolicyCreated",
    "RbacPolicyDeleted",
    "RbacPolicyEvent",
    "RbacPolicyTargetChanged",
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
    "ServiceProfileCreated",
    "ServiceProfileDeleted",
    "ServiceProfileDescribed",
    "ServiceProfileDriverChanged",
    "ServiceProfileEnabledChanged",
    "ServiceProfileEvent",
    "SubnetCreated",
    "SubnetDeleted",
    "SubnetDescribed",
    "SubnetDhcpChanged",
    "SubnetDnsServersChanged",
    "SubnetEvent",
    "SubnetGatewayChanged",
    "SubnetHostRoutesChanged",
    "SubnetPoolCreated",
    "SubnetPoolDefaultChanged",
    "SubnetPoolDeleted",
    "SubnetPoolDescribed",
    "SubnetPoolEvent",
    "SubnetPoolLengthsChanged",
    "SubnetPoolPrefixAllocated",
    "SubnetPoolPrefixReleased",
    "SubnetPoolPrefixesChanged",
    "SubnetPoolQuotaChanged",
    "SubnetPoolRenamed",
    "SubnetPoolScopeChanged",
    "SubnetPoolTagsChanged",
    "SubnetPoolsChanged",
    "SubnetRenamed",
    "SubnetServiceTypesChanged",
    "SubnetTagsChanged",
    "TopologyAllocated",
    "TopologyEvent",
    "TopologyReleased",
]
