"""Which DHCP agent serves which network, and what its port needs. Pure: what is in, and the commands that make it right.

The same view gives the same commands, and a view in which all is well gives none; so the process that runs this (dhcp.py) may
die at any step and start anew.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from libs.commands import Command, ScheduleDhcp, UnscheduleDhcp, UpdatePort, WantedAddress
from libs.model import DHCP_AGENT, OVS_AGENT
from libs.network.agent import Agent
from libs.network.network import DhcpServer, Network
from libs.network.port import Port
from libs.network.subnet import Subnet
from services.topology import binding
from services.topology.agents import Agents
from services.topology.loads import Loads

ASKED, DOWN, DELETED = "asked", "agent down", "agent deleted"
NO_SUBNET, PORT_DELETED = "no subnet with DHCP", "port deleted"


@dataclass(frozen=True, slots=True)
class Served:
    """One network, at `version`, with all that its DHCP depends on. ports: {port_id: its DHCP ports}."""

    network: Network
    subnets: tuple[Subnet, ...]
    ports: Mapping[str, Port] = field(default_factory=dict)
    version: int = 0


def commands(
    view: Served, agents: Agents, loads: Loads, wanted: int, cause: str, is_lost: Callable[[str], bool]
) -> list[Command]:
    """What must be done so that `wanted` agents serve the network, none if no subnet asks for DHCP.

    cause: `<stream>@<version>` of the event that asked for this look. is_lost(agent_id): what that agent serves is to be given
    away; as long as nobody can take it, it stays, unless the agent was deleted.
    """
    network = view.network
    if not any(subnet.enable_dhcp for subnet in view.subnets):
        return [_unschedule(network, one, NO_SUBNET) for one in network.dhcp]
    lost = [server for server in network.dhcp if is_lost(server.agent_id)]
    kept = [server for server in network.dhcp if server not in lost]
    lost.sort(key=lambda one: agents.get(one.agent_id) is not None)  # those that were deleted go first
    out = [command for server in kept for command in _mend(view, server, agents, cause)]
    for agent in choose(kept, candidates(network, agents), loads, wanted - len(kept)):
        fresh = _schedule(network, agent.id, agent.host, agent.availability_zone, cause)
        out.append(_instead(fresh, lost.pop(0), agents) if lost else fresh)
    return [*out, *(_unschedule(network, one, DELETED) for one in lost if agents.get(one.agent_id) is None)]


def is_lacking(view: Served, agents: Agents, wanted: int) -> bool:
    """Whether something was wrong that a later look might find cured: a server, its agent, its port, an address or a binding was
    missing."""
    if not any(subnet.enable_dhcp for subnet in view.subnets):
        return bool(view.network.dhcp)
    if not all(agents.is_alive(server.agent_id) for server in view.network.dhcp):
        return True
    ports = [view.ports.get(server.port_id) for server in view.network.dhcp]
    return len(ports) < wanted or any(
        port is None or not port.is_bound or needs_addresses(port, view.subnets) is not None for port in ports
    )


def candidates(network: Network, agents: Agents) -> list[Agent]:
    """Live DHCP agents that take new work, do not serve the network yet and whose host can carry it, within its availability zone
    hints."""
    taken = {server.host for server in network.dhcp}
    return [
        agent
        for agent in agents.all()
        if agent.agent_type == DHCP_AGENT
        and agent.alive
        and agent.admin_state_up
        and agent.host not in taken
        and (not network.availability_zone_hints or agent.availability_zone in network.availability_zone_hints)
        and not binding.obstacle(agents.on(agent.host, OVS_AGENT), agent.host, network.segment)
    ]


def choose(beside: Sequence[DhcpServer], found: Sequence[Agent], loads: Loads, number: int) -> list[Agent]:
    """Up to `number` agents: zones with the fewest servers (`beside`) come first, then the least loaded, then by host name."""
    zones = Counter(server.availability_zone for server in beside)
    left, chosen = list(found), list[Agent]()
    while left and len(chosen) < number:
        best = min(left, key=lambda one: (zones[one.availability_zone], loads.number(one.host), one.host, one.id))
        left = [one for one in left if one.host != best.host]
        zones[best.availability_zone] += 1
        chosen.append(best)
    return chosen


def needs_addresses(port: Port, subnets: Collection[Subnet]) -> tuple[WantedAddress, ...] | None:
    """The fixed_ips that a DHCP port should have; None when it has them."""
    served = [subnet.id for subnet in subnets if subnet.enable_dhcp]
    held = {one.subnet_id for one in port.fixed_ips}
    if held == set(served):
        return None
    keep = [WantedAddress(one.subnet_id, one.ip_address) for one in port.fixed_ips if one.subnet_id in served]
    return (*keep, *(WantedAddress(subnet_id) for subnet_id in served if subnet_id not in held))


def in_steps(command: UpdatePort, fits: Callable[[UpdatePort], bool]) -> None:
    """What can be had of fixed_ips that could not be had all at once: those the port keeps, then one more at a time.

    fits(command) carries it out; False when a subnet has no address left.
    """
    wishes: tuple[WantedAddress, ...] = command.changes["fixed_ips"]
    got = tuple(one for one in wishes if one.ip_address is not None)
    fresh = [one for one in wishes if one.ip_address is None]
    fits(UpdatePort(command.port_id, {"fixed_ips": got}))
    for wish in fresh if len(fresh) > 1 else ():
        if fits(UpdatePort(command.port_id, {"fixed_ips": (*got, wish)})):
            got = (*got, wish)


def _mend(view: Served, server: DhcpServer, agents: Agents, cause: str) -> list[Command]:
    """What one server's port lacks: itself, a working binding, addresses."""
    port = view.ports.get(server.port_id)
    if port is None:
        again = _schedule(view.network, server.agent_id, server.host, server.availability_zone, cause)
        return [_unschedule(view.network, server, PORT_DELETED), again]
    out: list[Command] = []
    agent = agents.on(server.host, OVS_AGENT)
    if not port.is_bound and not binding.obstacle(agent, server.host, view.network.segment):
        out.append(UpdatePort(port.id, {"host": server.host}))
    fixed_ips = needs_addresses(port, view.subnets)
    if fixed_ips is not None:
        out.append(UpdatePort(port.id, {"fixed_ips": fixed_ips}))
    return out


def _unschedule(network: Network, server: DhcpServer, reason: str) -> UnscheduleDhcp:
    return UnscheduleDhcp(network.id, server.agent_id, server.host, server.port_id, reason)


def _instead(command: ScheduleDhcp, server: DhcpServer, agents: Agents) -> ScheduleDhcp:
    """In one commit with the lost server's end, so that its addresses go over."""
    return replace(command, replaces=server.agent_id, reason=DOWN if agents.get(server.agent_id) else DELETED)


def _schedule(network: Network, agent_id: str, host: str, zone: str, cause: str) -> ScheduleDhcp:
    """The port's id follows from the cause: a repeat is known as one, a later schedule on the same host gets a new port."""
    port_id = str(uuid.uuid5(uuid.UUID(network.id), f"dhcp {host} {cause}"))
    return ScheduleDhcp(network.id, agent_id, host, zone, port_id)
