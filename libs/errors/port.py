"""Refusals of ports: addresses, MACs, whose they are. Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def ip_in_use(subnet_id: str, ip_address: str) -> Refusal:
    """409: the asked address is held by another port."""
    return Refusal(409, "IpAddressAlreadyAllocated", f"IP address {ip_address} already allocated in subnet {subnet_id}")


def no_address_left(network_id: str) -> Refusal:
    """409: no subnet of the network has a free address in its pools."""
    return Refusal(409, "IpAddressGenerationFailure", f"No more IP addresses available on network {network_id}.")


def no_matching_subnet(network_id: str, device_owner: str) -> Refusal:
    """409: the network's subnets are all for ports of other device owners."""
    return Refusal(
        409,
        "IpAddressGenerationFailureNoMatchingSubnet",
        f"No valid service subnet for the given device owner, network {network_id}, service type {device_owner}.",
    )


def is_exhaustion(refusal: Refusal) -> bool:
    """Whether it is `no_address_left`."""
    return refusal.type == "IpAddressGenerationFailure"


def ip_not_on_network(ip_address: str) -> Refusal:
    """400: no subnet of the network holds the asked address."""
    return Refusal(
        400,
        "InvalidIpForNetwork",
        f"IP address {ip_address} is not a valid IP for any of the subnets on the specified network.",
    )


def ip_not_on_subnet(ip_address: str) -> Refusal:
    """400: the asked address is not a usable address of the asked subnet."""
    return Refusal(400, "InvalidIpForSubnet", f"IP address {ip_address} is not a valid IP for the specified subnet.")


def ip_is_automatic(ip_address: str, subnet_id: str) -> Refusal:
    """400: on a SLAAC subnet the address follows from the MAC and cannot be asked for."""
    return Refusal(
        400,
        "AllocationOnAutoAddressSubnet",
        f"IPv6 address {ip_address} cannot be directly assigned to a port on subnet {subnet_id} as the subnet is"
        " configured for automatic addresses",
    )


def mac_in_use(network_id: str, mac: str) -> Refusal:
    """409: the MAC is taken on that network."""
    return Refusal(
        409,
        "MacAddressInUse",
        f"Unable to complete operation for network {network_id}. The mac address {mac} is in use.",
    )


def port_bound(port_id: str, vif_type: str, old_mac: str, new_mac: str) -> Refusal:
    """409: the MAC of a bound port cannot change."""
    return Refusal(
        409,
        "PortBound",
        f"Unable to complete operation on port {port_id}, port is already bound, port type: {vif_type},"
        f" old_mac {old_mac}, new_mac {new_mac}.",
    )


def service_port_in_use(port_id: str, device_owner: str) -> Refusal:
    """409: the port belongs to a device of our own (router, floating IP)."""
    return Refusal(
        409,
        "ServicePortInUse",
        f"Port {port_id} cannot be deleted directly via the port API: has device owner {device_owner}.",
    )


def unsupported_owner(operation: str, port_id: str, device_owner: str) -> Refusal:
    """409: that cannot be done to a port of one of netledger's own devices."""
    return Refusal(
        409,
        "UnsupportedPortDeviceOwner",
        f"Operation {operation} is not supported for device_owner {device_owner} on port {port_id}.",
    )
