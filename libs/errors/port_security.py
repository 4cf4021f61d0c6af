"""Refusals of port security and allowed address pairs: texts as in Neutron (neutron_lib/exceptions). Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def pairs_need_port_security() -> Refusal:
    """409: address pairs on a port that is not checked at all."""
    text = "Port Security must be enabled in order to have allowed address pairs on a port."
    return Refusal(409, "AddressPairAndPortSecurityRequired", text)


def groups_need_port_security() -> Refusal:
    """400: security groups for a port that is not checked at all."""
    text = "Port security must be enabled and port must have an IP address in order to use security groups."
    return Refusal(400, "PortSecurityAndIPRequiredForSecurityGroups", text)


def port_has_groups() -> Refusal:
    """409: a port that has security groups stays checked."""
    text = "Port has security group associated. Cannot disable port security or IP address until security group is removed."
    return Refusal(409, "PortSecurityPortHasSecurityGroup", text)


def pair_twice(mac_address: str | None, ip_address: str) -> Refusal:
    """400: the same address pair named twice."""
    text = f"Request contains duplicate address pair: mac_address {mac_address} ip_address {ip_address}."
    return Refusal(400, "DuplicateAddressPairInRequest", text)


def too_many_pairs(most: int) -> Refusal:
    """400: more address pairs than a port may have."""
    text = f"The number of allowed address pair exceeds the maximum {most}."
    return Refusal(400, "AllowedAddressPairExhausted", text)


def pair_without_address() -> Refusal:
    """400: an address pair names an address."""
    return Refusal(400, "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address")


def pair_too_wide(ip_address: str, longest: int) -> Refusal:
    """400: on another project's network a port does not speak for so many addresses."""
    text = (
        f"Invalid input for operation: allowed address pair {ip_address} on a shared network needs a prefix of at least"
        f" /{longest}."
    )
    return Refusal(400, "InvalidInput", text)
