"""What can be asked of address groups. CIDRs come as they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewAddressGroup:
    """One address group to make."""

    address_group_id: str
    project_id: str
    name: str = ""
    description: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateAddressGroups:
    """Make all of these address groups or none."""

    address_groups: tuple[NewAddressGroup, ...]


@dataclass(frozen=True, slots=True)
class UpdateAddressGroup:
    """Change the named attributes: name, description."""

    address_group_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class AddAddresses:
    """Add CIDRs; refused when it holds one already."""

    address_group_id: str
    addresses: tuple[str, ...]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveAddresses:
    """Remove CIDRs; refused when it does not hold one."""

    address_group_id: str
    addresses: tuple[str, ...]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteAddressGroup:
    """Delete an address group that no rule names."""

    address_group_id: str
    if_revision: int | None = None
