"""Facts about topologies made for projects that asked for one (auto-allocated-topology); stream `topology-<uuid of the project>`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopologyAllocated:
    """A project was given a network with subnets and a router that leads to the default external network, all in one commit."""

    topology_id: str
    project_id: str
    network_id: str
    router_id: str
    external_network_id: str


@dataclass(frozen=True, slots=True)
class TopologyReleased:
    """It is gone, with what was left of its network and its router; the project may ask for another one."""

    topology_id: str
    project_id: str
    network_id: str
    router_id: str


TopologyEvent = TopologyAllocated | TopologyReleased
