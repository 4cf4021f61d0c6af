"""Facts about subnet pools; stream `subnetpool-<uuid>`. What subnets take from a pool and give back are facts of the pool: its
stream's version makes allocations one after the other, so that no two overlap and a project's quota holds."""

from __future__ import annotations

from dataclasses import dataclass

from libs.model import PrefixLengths


@dataclass(frozen=True, slots=True)
class SubnetPoolCreated:
    """A pool of prefixes exists. default_quota: what one project may have of it, in addresses (IPv4) or in /64 networks (IPv6);
    None or 0 is no limit. shared: an RBAC policy for all was made with it. Claim `default-subnetpool/<ip version>` when it is
    the default."""

    subnetpool_id: str
    project_id: str
    name: str
    description: str
    ip_version: int
    prefixes: tuple[str, ...]
    lengths: PrefixLengths
    default_quota: int | None
    shared: bool
    is_default: bool
    address_scope_id: str | None


@dataclass(frozen=True, slots=True)
class SubnetPoolRenamed:
    """Its name changed."""

    subnetpool_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SubnetPoolDescribed:
    """Its description changed."""

    subnetpool_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SubnetPoolPrefixesChanged:
    """What subnets can be taken from changed."""

    subnetpool_id: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubnetPoolLengthsChanged:
    """Which prefix lengths its subnets may have changed."""

    subnetpool_id: str
    before: PrefixLengths
    after: PrefixLengths


@dataclass(frozen=True, slots=True)
class SubnetPoolQuotaChanged:
    """What one project may have of it changed."""

    subnetpool_id: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class SubnetPoolDefaultChanged:
    """It became, or is no longer, the default of its IP version."""

    subnetpool_id: str
    ip_version: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class SubnetPoolScopeChanged:
    """It entered or left an address scope; None is none."""

    subnetpool_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SubnetPoolPrefixAllocated:
    """A subnet of this project has this prefix of the pool."""

    subnetpool_id: str
    subnet_id: str
    project_id: str
    cidr: str


@dataclass(frozen=True, slots=True)
class SubnetPoolPrefixReleased:
    """The subnet is gone and its prefix is free again."""

    subnetpool_id: str
    subnet_id: str
    project_id: str
    cidr: str


@dataclass(frozen=True, slots=True)
class SubnetPoolDeleted:
    """It is gone; no subnet had anything of it."""

    subnetpool_id: str
    project_id: str
    ip_version: int
    is_default: bool
