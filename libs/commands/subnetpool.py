"""What can be asked of subnet pools and address scopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewSubnetPool:
    """One pool to make; prefixes as the caller gave them. Prefix lengths None: the IP version's least and greatest, and the least."""

    subnetpool_id: str
    project_id: str
    name: str
    prefixes: tuple[str, ...]
    description: str = ""
    min_prefixlen: int | None = None
    default_prefixlen: int | None = None
    max_prefixlen: int | None = None
    default_quota: int | None = None
    shared: bool = False
    is_default: bool = False
    address_scope_id: str | None = None


@dataclass(frozen=True, slots=True)
class CreateSubnetPools:
    """Make all of these pools or none."""

    subnetpools: tuple[NewSubnetPool, ...]


@dataclass(frozen=True, slots=True)
class UpdateSubnetPool:
    """Change the named attributes: name, description, prefixes (to more), min_prefixlen, default_prefixlen, max_prefixlen,
    default_quota, is_default, address_scope_id."""

    subnetpool_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class AddPrefixes:
    """Let subnets be taken from these too."""

    subnetpool_id: str
    prefixes: tuple[str, ...]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class RemovePrefixes:
    """Take these out of the pool; refused when a subnet has some of them."""

    subnetpool_id: str
    prefixes: tuple[str, ...]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteSubnetPool:
    """Delete a pool; refused while subnets are of it."""

    subnetpool_id: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class NewAddressScope:
    """One address scope to make."""

    address_scope_id: str
    project_id: str
    ip_version: int
    name: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True)
class CreateAddressScopes:
    """Make all of these scopes or none."""

    address_scopes: tuple[NewAddressScope, ...]


@dataclass(frozen=True, slots=True)
class UpdateAddressScope:
    """Change the named attributes: name, shared (to true)."""

    address_scope_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteAddressScope:
    """Delete a scope; refused while subnet pools are in it."""

    address_scope_id: str
    if_revision: int | None = None
