"""What the log's writers must know of a kind of resource to keep its read-model rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from libs.eventlog.protocol import Row
from libs.network.resources import kind_and_id
from libs.network.world import Resource


class Kind(Protocol):
    """A kind of resource; `libs.network.kinds.KINDS` holds them by name."""

    @property
    def columns(self) -> Mapping[str, str]:
        """{column: sql type} of its read-model table, beside id, version, created_at, body and hidden."""
        ...

    @property
    def row_of(self) -> Callable[[Resource], Row]:
        """A resource as its read-model row."""
        ...

    @property
    def resource_of(self) -> Callable[[Row], Resource]:
        """The inverse of row_of."""
        ...


def row_after(kinds: Mapping[str, Kind], stream: str, version: int, resource: Resource | None) -> Row:
    """The read-model row of a resource; one that deletes when there is no resource any more."""
    kind, id = kind_and_id(stream)
    if resource is None:
        return Row(kind, id, version, None)
    return kinds[kind].row_of(resource)
