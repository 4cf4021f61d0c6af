"""A topology that was made for a project: its state, how facts fold into it, and its row."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace

from libs.eventlog.protocol import Row
from libs.events import TopologyAllocated, TopologyEvent, TopologyReleased
from libs.network.world import Resource

_NAMES = uuid.UUID("5c0f4b0a-6f0e-5b0d-8c53-9a4d7e21b6f4")


def topology_id(project_id: str) -> str:
    """The id of a project's topology: a project's own may be any text."""
    return str(uuid.uuid5(_NAMES, project_id))


@dataclass(frozen=True, slots=True)
class Topology:
    """What a project was given; both ids are empty once it was released."""

    project_id: str
    network_id: str
    router_id: str


def evolve(state: Topology | None, event: TopologyEvent) -> Topology:
    """The topology after `event`."""
    if isinstance(event, TopologyAllocated):
        return Topology(event.project_id, event.network_id, event.router_id)
    if isinstance(event, TopologyReleased) and state is not None:
        return replace(state, network_id="", router_id="")
    raise TypeError(f"{type(event).__name__} is no fact about a topology")


def row(resource: Resource) -> Row:
    """A topology's row."""
    state: Topology = resource.state
    names = {"project_id": state.project_id, "network_id": state.network_id, "router_id": state.router_id}
    times = {"created_at": resource.created_at, "updated_at": resource.updated_at}
    columns = {**names, "created_at": resource.created_at}
    text = json.dumps({**names, **times}, separators=(",", ":"))
    return Row("topology", topology_id(state.project_id), resource.version, columns, text)


def of_row(row: Row) -> Resource:
    """The topology of its row."""
    shown = json.loads(row.body)
    state = Topology(shown["project_id"], shown["network_id"], shown["router_id"])
    return Resource(f"topology-{row.id}", row.version, shown["created_at"], shown["updated_at"], state)
