"""How a port is attached: the facts that a host, set, changed or taken away, comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from libs.events import PortBindingFailed, PortBound, PortEvent, PortUnbound, PortWentDown
from libs.model import ACTIVE, VIF_FAILED, Binding, Segment
from libs.network.deciders.reading import answer
from libs.network.port import Port
from libs.network.world import ChooseBinding, World


def bound(
    port_id: str, network_id: str, host: str, host_before: str, generation: int, place: Binding
) -> PortBound | PortBindingFailed:
    """What topology's answer means for a port."""
    if place.vif_type == VIF_FAILED:
        reason = str(place.vif_details.get("reason", ""))
        return PortBindingFailed(port_id, network_id, host, host_before, reason)
    return PortBound(port_id, network_id, host, host_before, generation, place.vif_type, place.vif_details)


def wanted_host(port: Port, changes: Mapping[str, Any]) -> str:
    """The host after an update; empty is unbound."""
    return changes["host"] or "" if "host" in changes else port.host


def binding_question(port: Port, changes: Mapping[str, Any], segment: Segment) -> ChooseBinding:
    """Where and how the port is to be attached after an update."""
    vnic_type = changes.get("vnic_type", port.vnic_type)
    return ChooseBinding(port.id, wanted_host(port, changes), segment, vnic_type)


def binds_anew(port: Port, changes: Mapping[str, Any]) -> bool:
    """Whether an update attaches the port: another host, another kind of vNIC, or the host of a failed binding named again."""
    host = wanted_host(port, changes)
    if not host:
        return False
    other = host != port.host or changes.get("vnic_type", port.vnic_type) != port.vnic_type
    return other or ("host" in changes and port.vif_type == VIF_FAILED)


def binding_changes(
    port: Port, changes: Mapping[str, Any], segment: Segment | None, world: World
) -> Iterator[PortEvent]:
    """Facts of an update's binding. A port that passed traffic goes down first; a repeat of the same changes nothing."""
    if binds_anew(port, changes) and segment is not None:
        place = answer(world, binding_question(port, changes, segment), Binding)
        fact = bound(port.id, port.network_id, wanted_host(port, changes), port.host, port.bindings_made + 1, place)
        again = isinstance(fact, PortBindingFailed) and port.vif_type == VIF_FAILED and fact.host == port.host
        if not again:
            yield from _down(port)
            yield fact
    elif port.host and not wanted_host(port, changes):
        yield from _down(port)
        yield PortUnbound(port.id, port.network_id, port.host)


def _down(port: Port) -> Iterator[PortEvent]:
    if port.status == ACTIVE:
        yield PortWentDown(port.id, port.host, "unbound")
