"""What serving one network puts on a host, as values; and how these things are named. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from libs.materialise.dhcp.texts import HostLine, OptionLine, PortOptionLine
from libs.materialise.namespaces import namespace_name

NAMESPACE_PREFIX = "qdhcp-"
METADATA_ADDRESS, METADATA_PORT = "169.254.169.254", 80


@dataclass(frozen=True, slots=True)
class Place:
    """The host that serves. folder: absolute, holds a folder per network. user: whom dnsmasq becomes, empty for its own choice.
    domain: that guests' names end in. metadata: whether guests find the metadata service here."""

    host: str
    folder: str
    namespace_suffix: str = ""
    user: str = ""
    lease_seconds: int = 86400
    domain: str = "openstacklocal"
    metadata: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """The network's DHCP port: a veth whose `tap` end is plugged into the switch and whose `name` end is in the namespace.

    addresses are CIDRs; gateway is the namespace's own IPv4 default route."""

    port_id: str
    tap: str
    name: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    gateway: str | None


@dataclass(frozen=True, slots=True)
class Served:
    """Everything that must be there for one network. hosts, port_options: {port_id: lines}. metadata: whether guests ask here.
    refused: why values were left out, for the log."""

    network_id: str
    namespace: str
    folder: str
    device: Device
    command: tuple[str, ...]
    options: tuple[OptionLine, ...]
    hosts: Mapping[str, tuple[HostLine, ...]]
    port_options: Mapping[str, tuple[PortOptionLine, ...]]
    subnets: int
    metadata: bool = False
    refused: tuple[str, ...] = ()


def namespace_of(network_id: str, place: Place) -> str:
    """`qdhcp-<network_id><suffix>`."""
    return namespace_name(NAMESPACE_PREFIX, network_id, place.namespace_suffix)


def folder_of(namespace: str, place: Place) -> str:
    """The folder of the network with that namespace; named like it, so that lab hosts may share one state folder."""
    return f"{place.folder}/{namespace}"
