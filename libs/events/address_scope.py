"""Facts about address scopes; stream `address_scope-<uuid>`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddressScopeCreated:
    """Subnet pools of one IP version can be in one scope, where no address is there twice. shared: an RBAC policy for all was made
    with it."""

    address_scope_id: str
    project_id: str
    name: str
    ip_version: int
    shared: bool


@dataclass(frozen=True, slots=True)
class AddressScopeRenamed:
    """Its name changed."""

    address_scope_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AddressScopeShared:
    """It was shared with every project: an RBAC policy for all was made with this fact."""

    address_scope_id: str


@dataclass(frozen=True, slots=True)
class AddressScopeDeleted:
    """It is gone; no subnet pool was in it."""

    address_scope_id: str
    project_id: str
