"""Facts about the tags of networks, subnets, ports, routers and floating IPs; each on its own stream. They concern no host."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkTagsChanged:
    """It was given the tags `added` and lost those in `removed`."""

    network_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubnetTagsChanged:
    """It was given the tags `added` and lost those in `removed`."""

    subnet_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PortTagsChanged:
    """It was given the tags `added` and lost those in `removed`."""

    port_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouterTagsChanged:
    """It was given the tags `added` and lost those in `removed`."""

    router_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FloatingIpTagsChanged:
    """It was given the tags `added` and lost those in `removed`."""

    floatingip_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubnetPoolTagsChanged:
    """It was given the tags `added` and lost those in `removed`."""

    subnetpool_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
