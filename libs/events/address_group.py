"""Facts about address groups; stream `address_group-<uuid>`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddressGroupCreated:
    """A set of CIDRs that rules can name exists."""

    address_group_id: str
    project_id: str
    name: str
    description: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddressGroupRenamed:
    """Its name changed."""

    address_group_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AddressGroupDescribed:
    """Its description changed."""

    address_group_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AddressGroupAddressesChanged:
    """CIDRs came and went."""

    address_group_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddressGroupDeleted:
    """It is gone; no rule named it any more."""

    address_group_id: str
    project_id: str
    name: str


AddressGroupEvent = (
    AddressGroupCreated
    | AddressGroupRenamed
    | AddressGroupDescribed
    | AddressGroupAddressesChanged
    | AddressGroupDeleted
)
