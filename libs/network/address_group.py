"""An address group: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from libs.events import (
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    AddressGroupDeleted,
    AddressGroupDescribed,
    AddressGroupEvent,
    AddressGroupRenamed,
)

MAX_ADDRESSES = 1000
"""CIDRs that one group may hold."""


@dataclass(frozen=True, slots=True)
class AddressGroup:
    """A set of CIDRs that rules can name, host bits cleared, in the order in which they came."""

    id: str
    project_id: str
    name: str
    description: str = ""
    addresses: tuple[str, ...] = ()


def evolve(state: AddressGroup | None, event: AddressGroupEvent) -> AddressGroup | None:
    """The group after `event`; None before it was created and after it was deleted."""
    if isinstance(event, AddressGroupCreated):
        return AddressGroup(
            event.address_group_id, event.project_id, event.name, event.description, tuple(event.addresses)
        )
    if isinstance(event, AddressGroupDeleted) or state is None:
        return None
    return _changed(state, event)


def _changed(state: AddressGroup, event: AddressGroupEvent) -> AddressGroup:
    match event:
        case AddressGroupRenamed():
            return replace(state, name=event.after)
        case AddressGroupDescribed():
            return replace(state, description=event.after)
        case AddressGroupAddressesChanged():
            gone = {*event.removed}
            return replace(state, addresses=(*(one for one in state.addresses if one not in gone), *event.added))
    raise TypeError(f"{type(event).__name__} is no fact about a living address group")


def body(state: AddressGroup, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of an address group."""
    return {
        "id": state.id,
        "name": state.name,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "addresses": list(state.addresses),
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
    }
