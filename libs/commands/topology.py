"""What can be asked of topologies that are made for projects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PooledSubnet:
    """A subnet of a made topology: out of which default pool, and the router's port on it."""

    subnet_id: str
    port_id: str
    subnetpool_id: str
    ip_version: int


@dataclass(frozen=True, slots=True)
class AllocateTopology:
    """Give the project a network with these subnets and a router that leads out, unless it has such a one already. All ids are for
    what is made."""

    project_id: str
    external_network_id: str
    network_id: str
    router_id: str
    gateway_port_id: str
    subnets: tuple[PooledSubnet, ...]


@dataclass(frozen=True, slots=True)
class ReleaseTopology:
    """Delete the project's topology, as far as it is there; refused while anything else uses its network or router."""

    project_id: str
