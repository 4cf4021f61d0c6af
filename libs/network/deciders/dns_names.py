"""DNS names of ports: whether a name can stand below the port's domain, and the fact that it changed. Source: dns-integration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from libs.errors import Refusal
from libs.events import PortDnsNameChanged
from libs.network.dns import flaw_below
from libs.network.port import Port


def check_name(name: str, domain: str) -> None:
    """Raises 400, as for any value that does not fit."""
    wrong = flaw_below(name, domain) if name else ""
    if wrong:
        raise Refusal(400, "HTTPBadRequest", f"Invalid input for dns_name. Reason: {wrong}.")


def name_changes(port: Port, changes: Mapping[str, Any]) -> Iterator[PortDnsNameChanged]:
    """Its new name, if it has one. Raises 400."""
    name = changes.get("dns_name", port.dns_name)
    if name != port.dns_name:
        check_name(name, port.dns_domain)
        yield PortDnsNameChanged(port.id, port.dns_name, name)
