"""Facts of layer 3 that agents hear which have nothing to do with them."""

from __future__ import annotations

from libs.eventlog.protocol import Recorded
from libs.events import (
    Event,
    FloatingIpAllocated,
    FloatingIpAssociated,
    FloatingIpDisassociated,
    FloatingIpReleased,
    RouterAdminStateChanged,
    RouterCreated,
    RouterGatewayCleared,
    RouterGatewaySet,
    RouterInterfaceAttached,
    RouterInterfaceDetached,
    RouterRouteAdded,
    RouterScheduled,
    RouterUnscheduled,
)


def layer3_facts(network_id: str, host: str = "h1") -> list[Recorded]:
    """The whole life of a router on a network and of a floating IP in it."""
    router: list[Event] = [
        RouterCreated("r", "p", "r", "", True),
        RouterGatewaySet("r", network_id, "gw", (), True),
        RouterInterfaceAttached("r", "if", network_id, "s", "10.0.0.1", "10.0.0.0/24"),
        RouterRouteAdded("r", "10.9.0.0/24", "10.0.0.9"),
        RouterScheduled("r", "l3", host, "nova"),
        RouterAdminStateChanged("r", False),
        RouterInterfaceDetached("r", "if", network_id, "s", "10.0.0.1"),
        RouterGatewayCleared("r", network_id, "gw"),
        RouterUnscheduled("r", "l3", host, "asked"),
    ]
    floating: list[Event] = [
        FloatingIpAllocated("f", "p", network_id, "s", "203.0.113.7", "own", ""),
        FloatingIpAssociated("f", "203.0.113.7", "r", "port", "10.0.0.5", "s"),
        FloatingIpDisassociated("f", "203.0.113.7", "r", "port", "10.0.0.5", "asked"),
        FloatingIpReleased("f", "p", network_id, "203.0.113.7", "own"),
    ]
    streams = [*(("router-r", one) for one in router), *(("floatingip-f", one) for one in floating)]
    versions: dict[str, int] = {}
    facts = []
    for position, (stream, event) in enumerate(streams, start=1_000):
        versions[stream] = versions.get(stream, 0) + 1
        facts.append(Recorded(position, stream, versions[stream], event, {}, "2026-11-22T15:00:00.000000Z"))
    return facts
