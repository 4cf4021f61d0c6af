"""Refusals of subnet pools and address scopes: texts as in Neutron (neutron_lib/exceptions/{__init__,address_scope}.py). Pure.

Where Neutron answers 500 (SubnetAllocationError), this is a 409: nothing is broken, there is just no such prefix left.
"""

from __future__ import annotations

from libs.errors.refusal import Refusal
from libs.errors.request import invalid_input


def no_prefixes() -> Refusal:
    """400: a pool needs a prefix."""
    return Refusal(400, "EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.")


def mixed_prefixes() -> Refusal:
    """400: a pool is of one IP version."""
    return Refusal(400, "PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.")


def illegal_bounds(name: str, length: int, other: str, bound: int) -> Refusal:
    """400: one prefix length of the pool is on the wrong side of another."""
    return Refusal(400, "IllegalSubnetPoolPrefixBounds", f"Illegal prefix bounds: {name}={length}, {other}={bound}.")


def illegal_prefixes(reason: str) -> Refusal:
    """400: the pool's prefixes cannot become that."""
    return Refusal(400, "IllegalSubnetPoolPrefixUpdate", f"Illegal update to prefixes: {reason}.")


def illegal_update(reason: str) -> Refusal:
    """400: the pool cannot be changed."""
    return Refusal(400, "IllegalSubnetPoolUpdate", f"Illegal subnetpool update : {reason}.")


def default_pool_exists() -> Refusal:
    """400: another pool is the default of that IP version."""
    return invalid_input(
        "A default subnetpool for this IP family has already been set. Only one default may exist per IP family"
    )


def pool_in_use() -> Refusal:
    """400: subnets are of the pool that is to be deleted."""
    text = "Unable to delete subnet pool: Subnet pool has existing allocations."
    return Refusal(400, "SubnetPoolDeleteError", text)


def prefix_too_long(length: int, most: int) -> Refusal:
    """400: the pool gives no subnets that small."""
    text = f"Unable to allocate subnet with prefix length {length}, maximum allowed prefix is {most}."
    return Refusal(400, "MaxPrefixSubnetAllocationError", text)


def prefix_too_short(length: int, least: int) -> Refusal:
    """400: the pool gives no subnets that large."""
    text = f"Unable to allocate subnet with prefix length {length}, minimum allowed prefix is {least}."
    return Refusal(400, "MinPrefixSubnetAllocationError", text)


def no_prefix_left(length: int) -> Refusal:
    """409: no free block of the pool is large enough."""
    text = f"Failed to allocate subnet: Insufficient prefix space to allocate subnet size /{length}."
    return Refusal(409, "SubnetAllocationError", text)


def prefix_taken() -> Refusal:
    """409: the asked prefix is not free, or not in the pool."""
    text = "Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes."
    return Refusal(409, "SubnetAllocationError", text)


def pool_quota_exceeded() -> Refusal:
    """409: the project would have more of the pool than it may."""
    return Refusal(409, "SubnetPoolQuotaExceeded", "Per-project subnet pool prefix quota exceeded.")


def pools_differ() -> Refusal:
    """400: the network's other subnets of that IP version are not of the same pool."""
    text = "Subnets hosted on the same network must be allocated from the same subnet pool."
    return Refusal(400, "NetworkSubnetPoolAffinityError", text)


def scopes_differ() -> Refusal:
    """400: a network's subnets of one IP version would be in different address scopes."""
    return Refusal(
        400,
        "NetworkAddressScopeAffinityError",
        "Subnets of the same address family hosted on the same network must all participate in the same address scope.",
    )


def scope_of_other_version(subnetpool_id: str, address_scope_id: str, ip_version: int) -> Refusal:
    """400: pool and scope are of different IP versions."""
    return Refusal(
        400,
        "IllegalSubnetPoolIpVersionAssociationToAddressScope",
        f"Illegal subnetpool association: subnetpool {subnetpool_id} cannot associate with address scope"
        f" {address_scope_id} because subnetpool ip_version is not {ip_version}.",
    )


def scope_conflict() -> Refusal:
    """409: another pool of the scope has some of these addresses."""
    return Refusal(
        409,
        "AddressScopePrefixConflict",
        "Failed to associate address scope: subnetpools within an address scope must have unique prefixes.",
    )


def scope_in_use(address_scope_id: str) -> Refusal:
    """409: subnet pools are in the scope that is to be deleted."""
    return Refusal(
        409,
        "AddressScopeInUse",
        f"Unable to complete operation on address scope {address_scope_id}. There are one or more subnet pools in use on"
        " the address scope.",
    )


def scope_stays_shared(address_scope_id: str) -> Refusal:
    """400: sharing of a scope is not taken back."""
    return Refusal(
        400,
        "AddressScopeUpdateError",
        f"Unable to update address scope {address_scope_id} : Shared address scope can't be unshared.",
    )


def bad_subnet(reason: str) -> Refusal:
    """400: the wish for a subnet makes no sense."""
    return Refusal(400, "BadRequest", f"Bad subnets request: {reason}.")
