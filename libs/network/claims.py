"""What facts claim and set free: keys that the log lets only one stream hold at a time. They follow from the facts alone."""

from __future__ import annotations

from dataclasses import dataclass

from libs.events import (
    AddressAllocated,
    AddressReleased,
    Event,
    FloatingIpAssociated,
    FloatingIpDisassociated,
    NetworkCreated,
    NetworkDefaultChanged,
    NetworkDeleted,
    PortCreated,
    PortDeleted,
    PortMacChanged,
    RbacPolicyCreated,
    RbacPolicyDeleted,
    RbacPolicyTargetChanged,
    RouterInterfaceAttached,
    RouterInterfaceDetached,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
    SubnetPoolCreated,
    SubnetPoolDefaultChanged,
    SubnetPoolDeleted,
)
from libs.network.security_group_rule import same_rule


@dataclass(frozen=True, slots=True)
class Claims:
    """Keys that a fact takes and releases."""

    take: tuple[str, ...] = ()
    release: tuple[str, ...] = ()


_NOTHING = Claims()


def ip_claim(subnet_id: str, ip_address: str) -> str:
    """The claim on an address: `ip/<subnet>/<address>`."""
    return f"ip/{subnet_id}/{ip_address}"


def mac_claim(network_id: str, mac_address: str) -> str:
    """The claim on a MAC: `mac/<network>/<mac>`."""
    return f"mac/{network_id}/{mac_address}"


def segment_claim(network_type: str, physical_network: str | None, segmentation_id: int | None) -> tuple[str, ...]:
    """The claim on a segment: `vni/<id>`, `vlan/<physnet>/<id>` or `flat/<physnet>`; local networks claim nothing."""
    if network_type == "vlan":
        return (f"vlan/{physical_network}/{segmentation_id}",)
    if network_type == "flat":
        return (f"flat/{physical_network}",)
    return () if segmentation_id is None else (f"vni/{segmentation_id}",)


def router_port_claim(router_id: str, subnet_id: str) -> str:
    """The claim of a router on a subnet: `router-port/<router>/<subnet>`."""
    return f"router-port/{router_id}/{subnet_id}"


def floating_claim(port_id: str, ip_address: str) -> str:
    """The claim of a floating IP on a port's address: `floating/<port>/<address>`."""
    return f"floating/{port_id}/{ip_address}"


def policy_claim(object_id: str, action: str, target_project: str) -> str:
    """The claim of an RBAC policy on what it says: `rbac/<object>/<action>/<project>`."""
    return f"rbac/{object_id}/{action}/{target_project}"


DEFAULT_CLAIM = "default/external-network"
"""The claim of the network that made topologies lead to."""


def rule_claim(rule: SecurityGroupRuleCreated | SecurityGroupRuleDeleted) -> str:
    """The claim of a group's rule on what it lets pass: `sg-rule/<group>/<what>`."""
    return f"sg-rule/{rule.security_group_id}/{same_rule(rule)}"


def default_pool_claim(ip_version: int) -> str:
    """The claim of the default subnet pool of an IP version: `default-subnetpool/<version>`."""
    return f"default-subnetpool/{ip_version}"


def claims_of(event: Event) -> Claims:
    """What one fact takes and releases."""
    match event:
        case AddressAllocated():
            return Claims(take=(ip_claim(event.subnet_id, event.ip_address),))
        case AddressReleased():
            return Claims(release=(ip_claim(event.subnet_id, event.ip_address),))
        case PortCreated():
            return Claims(take=(mac_claim(event.network_id, event.mac_address),))
        case PortMacChanged():
            return Claims((mac_claim(event.network_id, event.after),), (mac_claim(event.network_id, event.before),))
        case PortDeleted():
            return Claims(release=(mac_claim(event.network_id, event.mac_address),))
        case NetworkCreated():
            return Claims(take=segment_claim(event.network_type, event.physical_network, event.segmentation_id))
        case NetworkDeleted():
            return Claims(release=segment_claim(event.network_type, event.physical_network, event.segmentation_id))
    return _layer3_claims(event)


def _layer3_claims(event: Event) -> Claims:
    match event:
        case NetworkDefaultChanged():
            return Claims((DEFAULT_CLAIM,)) if event.is_default else Claims(release=(DEFAULT_CLAIM,))
        case RouterInterfaceAttached():
            return Claims(take=(router_port_claim(event.router_id, event.subnet_id),))
        case RouterInterfaceDetached():
            return Claims(release=(router_port_claim(event.router_id, event.subnet_id),))
        case FloatingIpAssociated():
            before = event.fixed_port_before, event.fixed_ip_before
            return Claims(
                (floating_claim(event.fixed_port_id, event.fixed_ip_address),),
                (floating_claim(*before),) if event.fixed_port_before else (),
            )
        case FloatingIpDisassociated():
            return Claims(release=(floating_claim(event.fixed_port_id, event.fixed_ip_address),))
        case SecurityGroupRuleCreated():
            return Claims(take=(rule_claim(event),))
        case SecurityGroupRuleDeleted():
            return Claims(release=(rule_claim(event),))
    return _policy_claims(event)


def _policy_claims(event: Event) -> Claims:
    match event:
        case RbacPolicyCreated():
            return Claims(take=(policy_claim(event.object_id, event.action, event.target_project),))
        case RbacPolicyTargetChanged():
            taken, left = (policy_claim(event.object_id, event.action, one) for one in (event.after, event.before))
            return Claims((taken,), (left,))
        case RbacPolicyDeleted():
            return Claims(release=(policy_claim(event.object_id, event.action, event.target_project),))
    return _pool_claims(event)


def _pool_claims(event: Event) -> Claims:
    match event:
        case SubnetPoolCreated(is_default=True) | SubnetPoolDefaultChanged(is_default=True):
            return Claims(take=(default_pool_claim(event.ip_version),))
        case SubnetPoolDefaultChanged() | SubnetPoolDeleted(is_default=True):
            return Claims(release=(default_pool_claim(event.ip_version),))
    return _NOTHING
