"""An address scope: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from libs.events import (
    AddressScopeCreated,
    AddressScopeDeleted,
    AddressScopeEvent,
    AddressScopeRenamed,
    AddressScopeShared,
)


@dataclass(frozen=True, slots=True)
class AddressScope:
    """Subnet pools of one IP version in which no address is there twice."""

    id: str
    project_id: str
    name: str
    ip_version: int


def evolve(state: AddressScope | None, event: AddressScopeEvent) -> AddressScope | None:
    """The scope after `event`; None before it was created and after it was deleted."""
    match event:
        case AddressScopeCreated():
            return AddressScope(event.address_scope_id, event.project_id, event.name, event.ip_version)
        case AddressScopeRenamed() if state is not None:
            return replace(state, name=event.after)
        case AddressScopeShared() | AddressScopeDeleted():
            return state if isinstance(event, AddressScopeShared) else None
    if state is None:
        return None
    raise TypeError(f"{type(event).__name__} is no fact about a living address scope")


def body(state: AddressScope, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of an address scope; it has no standard attributes, as in Neutron. RBAC policies say whether it is shared."""
    return {
        "id": state.id,
        "name": state.name,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "ip_version": state.ip_version,
        "shared": False,
    }
