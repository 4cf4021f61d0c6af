"""Whom a network's DHCP port serves metadata, and at which door."""

from __future__ import annotations

from libs.materialise.dhcp import Served, View
from libs.materialise.dhcp.objects import METADATA_ADDRESS, METADATA_PORT
from libs.metadata.asking import Guest
from libs.metadata.keeper import Door
from libs.model import is_uuid

_GUEST_OWNERS = ("compute:", "baremetal:")


def door(served: Served | None, view: View | None) -> tuple[str, Door] | None:
    """(namespace, door) of a network as it is served now; None where no IPv4 is served."""
    if served is None or view is None or not served.metadata:
        return None
    return served.namespace, Door(METADATA_PORT, METADATA_ADDRESS, guests(view))


def guests(view: View) -> dict[str, Guest]:
    """{IPv4 address: server} of those on the network. A port's own project is told, whatever server its device id names."""
    found: dict[str, Guest] = {}
    for port in view.ports.values():
        if port.device_owner.startswith(_GUEST_OWNERS) and is_uuid(port.device_id):
            guest = Guest(port.device_id, port.project_id)
            found |= {one.ip_address: guest for one in port.fixed_ips if ":" not in one.ip_address}
    return found
