"""Ports: delete."""

from __future__ import annotations

from libs.commands import DeletePort
from libs.eventlog.protocol import Change
from libs.events import NetworkDhcpUnscheduled
from libs.model import DHCP_OWNER
from libs.network.deciders import port_floatingips, service_ports
from libs.network.deciders.dhcp import port_removal
from libs.network.deciders.reading import change, check_revision, existing, found
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.world import Decision, Need, World


def needs(command: DeletePort, world: World) -> tuple[Need, ...]:
    """The port, its floating IPs and the device that holds it; its network when DHCP's schedule names it."""
    needed = (stream_of("port", command.port_id), *port_floatingips.needs(command.port_id, world))
    resource = found(world, "port", command.port_id)
    if resource is None:
        return needed
    port: Port = resource.state
    needed = (*needed, *service_ports.needs(port))
    return (*needed, stream_of("network", port.network_id)) if port.device_owner == DHCP_OWNER else needed


def delete(command: DeletePort, world: World) -> Decision:
    """The port's end, its addresses released. A scheduled DHCP port goes with its schedule; floating IPs are left without a target.
    Raises 404, 412, 409."""
    resource = existing(world, "port", command.port_id)
    check_revision(resource, command.if_revision)
    port: Port = resource.state
    if not command.own:
        service_ports.check_deletable(port, world)
    left = port_floatingips.left(port.id, world)
    return Decision(
        (port_removal(resource), *left, *_unscheduled(port, world)),
        (port_floatingips.no_other(port.id, world),),
        (resource.stream,),
    )


def _unscheduled(port: Port, world: World) -> tuple[Change, ...]:
    """Without its port an agent cannot serve a network."""
    network = found(world, "network", port.network_id)
    if network is None:
        return ()
    facts = [
        NetworkDhcpUnscheduled(port.network_id, one.agent_id, one.host, port.id, "port deleted")
        for one in network.state.dhcp
        if one.port_id == port.id
    ]
    return (change(network, facts),) if facts else ()
