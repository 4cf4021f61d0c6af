"""Subnet pools and address scopes of the domain's stories."""

from __future__ import annotations

from typing import Any

from libs.events import AddressScopeCreated, SubnetPoolCreated, SubnetPoolPrefixAllocated
from libs.model import PrefixLengths
from libs.network.addresses import version_of
from tests.unit.people import US, uuid_of

POOL, POOL2, POOL6 = uuid_of(201), uuid_of(202), uuid_of(206)
SCOPE, SCOPE2, SCOPE6 = uuid_of(211), uuid_of(212), uuid_of(216)


def a_pool(
    *prefixes: str, id: str = POOL, lengths: tuple[int, int, int] | None = None, **more: Any
) -> SubnetPoolCreated:
    given = prefixes or ("10.0.0.0/8",)
    version = version_of(given[0])
    values: dict[str, Any] = {
        "project_id": US,
        "name": "pool",
        "description": "",
        "default_quota": None,
        "shared": False,
        "is_default": False,
        "address_scope_id": None,
    }
    bounds = PrefixLengths(*(lengths or ((8, 24, 32) if version == 4 else (48, 64, 128))))
    return SubnetPoolCreated(subnetpool_id=id, ip_version=version, prefixes=given, lengths=bounds, **{**values, **more})


def allocated(cidr: str, subnet: str, pool: str = POOL, project: str = US) -> SubnetPoolPrefixAllocated:
    return SubnetPoolPrefixAllocated(pool, subnet, project, cidr)


def a_scope(id: str = SCOPE, version: int = 4, project: str = US, shared: bool = False) -> AddressScopeCreated:
    return AddressScopeCreated(id, project, "scope", version, shared)
