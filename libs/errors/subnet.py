"""Refusals of subnets: pools, gateways, DNS servers, routes. Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def subnet_in_use(id: str, reason: str = "One or more ports have an IP allocation from this subnet.") -> Refusal:
    """409: addresses of the subnet are held by ports."""
    return Refusal(409, "SubnetInUse", f"Unable to complete operation on subnet {id}: {reason}")


def invalid_pool(pool: str) -> Refusal:
    """400: an allocation pool that is no range of addresses of the subnet's IP version."""
    return Refusal(400, "InvalidAllocationPool", f"The allocation pool {pool} is not valid.")


def overlapping_pools(pool_1: str, pool_2: str, cidr: str) -> Refusal:
    """409: two allocation pools of one subnet share addresses."""
    return Refusal(
        409, "OverlappingAllocationPools", f"Found overlapping allocation pools: {pool_1} {pool_2} for subnet {cidr}."
    )


def pool_out_of_bounds(pool: str, cidr: str) -> Refusal:
    """400: an allocation pool is not inside its subnet."""
    return Refusal(400, "OutOfBoundsAllocationPool", f"The allocation pool {pool} spans beyond the subnet cidr {cidr}.")


def gateway_in_pool(gateway: str, pool: str) -> Refusal:
    """409: the gateway address lies in an allocation pool."""
    return Refusal(
        409, "GatewayConflictWithAllocationPools", f"Gateway ip {gateway} conflicts with allocation pool {pool}."
    )


def too_many_dns_servers(subnet_id: str, limit: int) -> Refusal:
    """400: more DNS servers than a subnet may have."""
    return Refusal(
        400,
        "DNSNameServersExhausted",
        f"Unable to complete operation for {subnet_id}. The number of DNS nameservers exceeds the limit {limit}.",
    )


def too_many_host_routes(subnet_id: str, limit: int) -> Refusal:
    """400: more host routes than a subnet may have."""
    return Refusal(
        400,
        "HostRoutesExhausted",
        f"Unable to complete operation for {subnet_id}. The number of host routes exceeds the limit {limit}.",
    )
