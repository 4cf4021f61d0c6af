"""Which facts are no host's business at all. Pure."""

from __future__ import annotations

from libs.events import (
    AddressGroupDescribed,
    AddressGroupRenamed,
    AgentAdminStateChanged,
    AgentCameUp,
    AgentDescribed,
    AgentWentDown,
    Event,
    FloatingIpBecameActive,
    FloatingIpFailed,
    FloatingIpTagsChanged,
    FloatingIpWentDown,
    NetworkAccessGranted,
    NetworkAccessWithdrawn,
    NetworkDefaultChanged,
    NetworkDnsDomainChanged,
    NetworkPortSecurityChanged,
    NetworkTagsChanged,
    PortBecameActive,
    PortBindingProfileChanged,
    PortBindingUnwired,
    PortBindingWired,
    PortTagsChanged,
    PortWentDown,
    RouterTagsChanged,
    SecurityGroupDescribed,
    SecurityGroupRenamed,
    SecurityGroupTagsChanged,
    SubnetTagsChanged,
)

# What a host told us itself, what changes nothing for others (the port of a host whose agent is down still forwards), and who may use
# what: that is judged before anything is asked of a host.
NOT_FOR_HOSTS = frozenset(
    {
        *(PortBecameActive, PortWentDown),
        *(FloatingIpBecameActive, FloatingIpWentDown, FloatingIpFailed),
        *(AgentCameUp, AgentWentDown, AgentAdminStateChanged, AgentDescribed),
        *(PortBindingWired, PortBindingUnwired, PortBindingProfileChanged, NetworkDnsDomainChanged),
        *(NetworkAccessGranted, NetworkAccessWithdrawn, NetworkDefaultChanged, NetworkPortSecurityChanged),
        *(NetworkTagsChanged, SubnetTagsChanged, PortTagsChanged, RouterTagsChanged, FloatingIpTagsChanged),
        *(SecurityGroupRenamed, SecurityGroupDescribed, SecurityGroupTagsChanged),
        *(AddressGroupRenamed, AddressGroupDescribed),
    }
)


def is_for_hosts(event: Event) -> bool:
    """Whether hosts are told of it at all."""
    return type(event) not in NOT_FOR_HOSTS
