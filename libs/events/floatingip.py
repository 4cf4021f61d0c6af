"""Facts about floating IPs; stream `floatingip-<uuid>`, in the scope of their external network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FloatingIpAllocated:
    """A project has this address of an external network; it is held by a port of its own (port_id), made in the same commit."""

    floatingip_id: str
    project_id: str
    floating_network_id: str
    floating_subnet_id: str
    floating_ip_address: str
    port_id: str
    description: str
    dns_name: str = ""
    dns_domain: str = ""


@dataclass(frozen=True, slots=True)
class FloatingIpDescribed:
    """Its description changed."""

    floatingip_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FloatingIpAssociated:
    """It stands for a fixed address of a port, by way of a router; `*_before` are empty when it stood for none.

    Claim `floating/<fixed port>/<fixed address>`: one floating IP for each. fixed_subnet_id: the router's subnet of the address.
    """

    floatingip_id: str
    floating_ip_address: str
    router_id: str
    fixed_port_id: str
    fixed_ip_address: str
    fixed_subnet_id: str
    router_before: str = ""
    fixed_port_before: str = ""
    fixed_ip_before: str = ""


@dataclass(frozen=True, slots=True)
class FloatingIpDisassociated:
    """It stands for nothing; reason is `asked` or `port deleted`."""

    floatingip_id: str
    floating_ip_address: str
    router_id: str
    fixed_port_id: str
    fixed_ip_address: str
    reason: str


@dataclass(frozen=True, slots=True)
class FloatingIpBecameActive:
    """The L3 agent of its router's host reported it working."""

    floatingip_id: str
    host: str


@dataclass(frozen=True, slots=True)
class FloatingIpWentDown:
    """It works no longer; reason is `disassociated`, `reported` or `router moved`."""

    floatingip_id: str
    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class FloatingIpFailed:
    """The L3 agent could not make it work (status ERROR)."""

    floatingip_id: str
    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class FloatingIpReleased:
    """The project has it no longer; the port that held the address ended in the same commit."""

    floatingip_id: str
    project_id: str
    floating_network_id: str
    floating_ip_address: str
    port_id: str
