"""Refusals of networks: segments, MTU, sharing, availability zones. Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def network_in_use(id: str) -> Refusal:
    """409: ports other than our own DHCP ports are on the network."""
    return Refusal(
        409,
        "NetworkInUse",
        f"Unable to complete operation on network {id}. There are one or more ports still in use on the network.",
    )


def segment_in_use(network_type: str, physical_network: str | None, segmentation_id: int | None) -> Refusal:
    """409: the asked VLAN, VNI or flat network is taken."""
    if network_type == "vlan":
        return Refusal(
            409,
            "VlanIdInUse",
            f"Unable to create the network. The VLAN {segmentation_id} on physical network {physical_network} is in use.",
        )
    if network_type == "flat":
        return Refusal(
            409,
            "FlatNetworkInUse",
            f"Unable to create the flat network. Physical network {physical_network} is in use.",
        )
    return Refusal(409, "TunnelIdInUse", f"Unable to create the network. The tunnel ID {segmentation_id} is in use.")


def no_segment_left() -> Refusal:
    """503: every range of that type is exhausted (Neutron's NoNetworkAvailable)."""
    return Refusal(
        503, "NoNetworkAvailable", "Unable to create the network. No project network is available for allocation."
    )


def mtu_too_small(network_id: str, minimum: int) -> Refusal:
    """409: the MTU is below what a subnet of the network needs."""
    return Refusal(
        409,
        "NetworkMTUSubnetConflict",
        f"MTU of {network_id} is not valid, subnet requires a minimum of {minimum}",
    )


def sharing_in_use(network: str) -> Refusal:
    """409: ports or subnets of other projects are on the network that is to be shared no longer."""
    return Refusal(
        409,
        "InvalidSharedSetting",
        f"Unable to reconfigure sharing settings for network {network}. Multiple projects are using it.",
    )


def zone_not_found(zone: str) -> Refusal:
    """404: no DHCP agent is in the availability zone that a network is hinted to."""
    return Refusal(404, "AvailabilityZoneNotFound", f"AvailabilityZone {zone} could not be found.")
