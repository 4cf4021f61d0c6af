"""Reads what scheduling looks at: networks with their subnets and DHCP ports, routers with their networks and ports."""

from __future__ import annotations

from collections.abc import Sequence

from libs.eventlog.protocol import EventLog, Recorded
from libs.network.kinds import resource_of
from libs.network.router import Router
from services.topology.routing import Routed
from services.topology.scheduling import Served

BIRTHS_AT_ONCE = 200


def served_views(log: EventLog, networks: Sequence[str]) -> dict[str, Served]:
    """{network_id: Served} of those that still exist, read in two steps. Raises Refusal 503."""
    rows = log.rows([("network", network) for network in networks])
    found = {row.id: resource_of(row) for row in rows.values()}
    subnets = [("subnet", id) for one in found.values() for id in one.state.subnet_ids]
    ports = [("port", id) for one in found.values() for id in one.state.dhcp_port_ids]
    parts = log.rows([*subnets, *ports]) if subnets or ports else {}
    states = {place: resource_of(row).state for place, row in parts.items()}
    return {
        id: Served(
            one.state,
            tuple(states["subnet", sub] for sub in one.state.subnet_ids if ("subnet", sub) in states),
            {port: states["port", port] for port in one.state.dhcp_port_ids if ("port", port) in states},
            one.version,
        )
        for id, one in found.items()
    }


def routed_views(log: EventLog, routers: Sequence[str]) -> dict[str, Routed]:
    """{router_id: Routed} of those that still exist, read in two steps. Raises Refusal 503."""
    rows = log.rows([("router", router) for router in routers])
    found = {row.id: resource_of(row) for row in rows.values()}
    places = {id: _places_of(one.state) for id, one in found.items()}
    wanted = list(dict.fromkeys(place for several in places.values() for place in several))
    parts = {place: resource_of(row).state for place, row in (log.rows(wanted) if wanted else {}).items()}
    return {
        id: Routed(
            one.state,
            {name: parts[kind, name] for kind, name in places[id] if kind == "network" and (kind, name) in parts},
            {name: parts[kind, name] for kind, name in places[id] if kind == "port" and (kind, name) in parts},
            one.version,
        )
        for id, one in found.items()
    }


def _places_of(router: Router) -> list[tuple[str, str]]:
    """(kind, id) of what a router is on, and of its own ports."""
    external = [router.gateway.network_id] if router.gateway else []
    networks = [*external, *(one.network_id for one in router.interfaces)]
    return [*(("network", id) for id in networks), *(("port", id) for id in router.port_ids)]


def births(log: EventLog, kind: str, ids: Sequence[str]) -> dict[str, Recorded]:
    """{id: its first fact}, a cause for what is done about it when no other is known. Raises Refusal 503."""
    found: dict[str, Recorded] = {}
    for start in range(0, len(ids), BIRTHS_AT_ONCE):
        facts = log.read_streams([f"{kind}-{id}" for id in ids[start : start + BIRTHS_AT_ONCE]])
        found.update((one.stream.partition("-")[2], one) for one in facts if one.version == 1)
    return found
