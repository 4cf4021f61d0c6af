"""Reads what DHCP scheduling looks at: networks with their subnets and DHCP ports."""

from __future__ import annotations

from collections.abc import Sequence

from libs.eventlog.protocol import EventLog, Recorded
from libs.network.kinds import resource_of
from services.topology.scheduling import Served


def views(log: EventLog, networks: Sequence[str]) -> dict[str, Served]:
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


def births(log: EventLog, networks: Sequence[str]) -> dict[str, Recorded]:
    """{network_id: its first fact}, a cause for what is done about it when no other is known. Raises Refusal 503."""
    facts = log.read_streams([f"network-{network}" for network in networks])
    return {one.stream.removeprefix("network-"): one for one in facts if one.version == 1}
