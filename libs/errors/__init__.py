"""Refusals in Neutron's terms: every error a caller can meet, each with its HTTP status; a file per subject. Pure."""

from __future__ import annotations

from libs.errors.network import (
    mtu_too_small,
    network_in_use,
    no_segment_left,
    segment_in_use,
    sharing_in_use,
    zone_not_found,
)
from libs.errors.port import (
    ip_in_use,
    ip_is_automatic,
    ip_not_on_network,
    ip_not_on_subnet,
    is_exhaustion,
    mac_in_use,
    no_address_left,
    port_bound,
    service_port_in_use,
    unsupported_owner,
)
from libs.errors.refusal import Refusal
from libs.errors.request import (
    bad_request,
    busy,
    ended,
    forbidden,
    invalid_input,
    is_ended,
    not_found,
    revision_mismatch,
    unavailable,
)
from libs.errors.subnet import (
    gateway_in_pool,
    invalid_pool,
    overlapping_pools,
    pool_out_of_bounds,
    subnet_in_use,
    too_many_dns_servers,
    too_many_host_routes,
)

__all__ = [
    "Refusal",
    "bad_request",
    "busy",
    "ended",
    "forbidden",
    "gateway_in_pool",
    "invalid_input",
    "invalid_pool",
    "ip_in_use",
    "ip_is_automatic",
    "ip_not_on_network",
    "ip_not_on_subnet",
    "is_ended",
    "is_exhaustion",
    "mac_in_use",
    "mtu_too_small",
    "network_in_use",
    "no_address_left",
    "no_segment_left",
    "not_found",
    "overlapping_pools",
    "pool_out_of_bounds",
    "port_bound",
    "revision_mismatch",
    "segment_in_use",
    "service_port_in_use",
    "sharing_in_use",
    "subnet_in_use",
    "too_many_dns_servers",
    "too_many_host_routes",
    "unavailable",
    "unsupported_owner",
    "zone_not_found",
]
