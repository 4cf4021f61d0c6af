"""A subnet pool: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libs.events import (
    SubnetPoolCreated,
    SubnetPoolDefaultChanged,
    SubnetPoolDeleted,
    SubnetPoolDescribed,
    SubnetPoolEvent,
    SubnetPoolLengthsChanged,
    SubnetPoolPrefixAllocated,
    SubnetPoolPrefixesChanged,
    SubnetPoolPrefixReleased,
    SubnetPoolQuotaChanged,
    SubnetPoolRenamed,
    SubnetPoolScopeChanged,
    SubnetPoolTagsChanged,
)
from libs.model import PrefixLengths
from libs.network import prefixes
from libs.network.tags import retagged


@dataclass(frozen=True, slots=True)
class SubnetPool:
    """Prefixes that subnets are taken from. used: what they have, as the fewest prefixes. usage: {project: addresses that it has}."""

    id: str
    project_id: str
    name: str
    description: str
    ip_version: int
    prefixes: tuple[str, ...]
    lengths: PrefixLengths
    default_quota: int | None = None
    is_default: bool = False
    address_scope_id: str | None = None
    used: tuple[str, ...] = ()
    usage: Mapping[str, int] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    @property
    def free(self) -> tuple[str, ...]:
        """What no subnet has, as the fewest prefixes."""
        return prefixes.without(self.prefixes, self.used)


def _created(event: SubnetPoolCreated) -> SubnetPool:
    return SubnetPool(
        id=event.subnetpool_id,
        project_id=event.project_id,
        name=event.name,
        description=event.description,
        ip_version=event.ip_version,
        prefixes=event.prefixes,
        lengths=event.lengths,
        default_quota=event.default_quota,
        is_default=event.is_default,
        address_scope_id=event.address_scope_id,
    )


def _changed(state: SubnetPool, event: SubnetPoolEvent) -> SubnetPool:
    match event:
        case SubnetPoolPrefixAllocated():
            return _allocated(state, event)
        case SubnetPoolPrefixReleased():
            return _released(state, event)
        case SubnetPoolPrefixesChanged():
            return replace(state, prefixes=event.after)
        case SubnetPoolLengthsChanged():
            return replace(state, lengths=event.after)
        case SubnetPoolQuotaChanged():
            return replace(state, default_quota=event.after)
        case SubnetPoolDefaultChanged():
            return replace(state, is_default=event.is_default)
        case SubnetPoolScopeChanged():
            return replace(state, address_scope_id=event.after)
    return _renamed(state, event)


def _renamed(state: SubnetPool, event: SubnetPoolEvent) -> SubnetPool:
    match event:
        case SubnetPoolRenamed():
            return replace(state, name=event.after)
        case SubnetPoolDescribed():
            return replace(state, description=event.after)
        case SubnetPoolTagsChanged():
            return replace(state, tags=retagged(state.tags, event))
    raise TypeError(f"{type(event).__name__} is no fact about a living subnet pool")


def _allocated(state: SubnetPool, event: SubnetPoolPrefixAllocated) -> SubnetPool:
    used = state.usage.get(event.project_id, 0) + prefixes.size_of(event.cidr)
    return replace(
        state, used=prefixes.merged((*state.used, event.cidr)), usage={**state.usage, event.project_id: used}
    )


def _released(state: SubnetPool, event: SubnetPoolPrefixReleased) -> SubnetPool:
    left = state.usage.get(event.project_id, 0) - prefixes.size_of(event.cidr)
    usage = {project: number for project, number in state.usage.items() if project != event.project_id}
    if left > 0:
        usage[event.project_id] = left
    return replace(state, used=prefixes.without(state.used, (event.cidr,)), usage=usage)


def evolve(state: SubnetPool | None, event: SubnetPoolEvent) -> SubnetPool | None:
    """The pool after `event`; None before it was created and after it was deleted."""
    if isinstance(event, SubnetPoolCreated):
        return _created(event)
    if isinstance(event, SubnetPoolDeleted) or state is None:
        return None
    return _changed(state, event)


def body(state: SubnetPool, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a subnet pool; prefix lengths are texts, as in Neutron. RBAC policies say whether it is shared."""
    return {
        "id": state.id,
        "name": state.name,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "prefixes": list(state.prefixes),
        "ip_version": state.ip_version,
        "min_prefixlen": str(state.lengths.least),
        "default_prefixlen": str(state.lengths.usual),
        "max_prefixlen": str(state.lengths.most),
        "default_quota": state.default_quota,
        "is_default": state.is_default,
        "shared": False,
        "address_scope_id": state.address_scope_id,
        "description": state.description,
        "created_at": created_at,
        "updated_at": updated_at,
        "revision_number": version,
        "tags": list(state.tags),
    }
