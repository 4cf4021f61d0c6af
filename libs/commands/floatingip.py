"""What can be asked of floating IPs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewFloatingIp:
    """One floating IP to make; own_port_id is for the port that will hold its address. floating_ip_address, subnet_id None: chosen.
    port_id, fixed_ip_address: what it is to stand for, None for nothing (and the port's only address)."""

    floatingip_id: str
    own_port_id: str
    project_id: str
    floating_network_id: str
    floating_ip_address: str | None = None
    subnet_id: str | None = None
    description: str = ""
    port_id: str | None = None
    fixed_ip_address: str | None = None
    dns_name: str = ""
    dns_domain: str = ""


@dataclass(frozen=True, slots=True)
class CreateFloatingIps:
    """Make all of these floating IPs or none."""

    floatingips: tuple[NewFloatingIp, ...]


@dataclass(frozen=True, slots=True)
class UpdateFloatingIp:
    """Change the named attributes: description, port_id (None disassociates), fixed_ip_address."""

    floatingip_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteFloatingIp:
    """Give a floating IP back; the port that held its address ends."""

    floatingip_id: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class ReportFloatingIp:
    """The L3 agent of `host` says whether it works, by way of `router_id`, for `fixed_ip_address`. A report about another router
    or address, or from a host that does not run the router, changes nothing. status: ACTIVE, DOWN or ERROR."""

    floatingip_id: str
    host: str
    router_id: str
    fixed_ip_address: str
    status: str
    reason: str = ""
