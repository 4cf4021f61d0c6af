"""Floating IPs: update, delete, and what the agent of their router reports.

Rules: Neutron 29's db/l3_db.py (_check_and_get_fip_assoc). An update that names no port leaves the association as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from libs.commands import DeleteFloatingIp, ReportFloatingIp, UpdateFloatingIp
from libs.errors.floatingip import bad_floatingip
from libs.eventlog.protocol import Change
from libs.events import (
    FloatingIpAssociated,
    FloatingIpBecameActive,
    FloatingIpDescribed,
    FloatingIpDisassociated,
    FloatingIpEvent,
    FloatingIpFailed,
    FloatingIpReleased,
    FloatingIpWentDown,
)
from libs.model import ACTIVE, ERROR
from libs.network.deciders import floatingip_target
from libs.network.deciders.dhcp import port_removal
from libs.network.deciders.reading import change, changing, check_revision, existing, found, ports_at
from libs.network.floatingip import FloatingIp, FloatingTarget
from libs.network.resources import stream_of
from libs.network.world import Decision, Need, Resource, World


def disassociated(floating: FloatingIp, target: FloatingTarget, reason: str) -> FloatingIpDisassociated:
    """It stands for nothing any longer; reason as the fact lists them."""
    return FloatingIpDisassociated(
        floating.id, floating.floating_ip_address, target.router_id, target.port_id, target.ip_address, reason
    )


def update_needs(command: UpdateFloatingIp, world: World) -> tuple[Need, ...]:
    """The floating IP, and what the port needs that it is to stand for."""
    stream = stream_of("floatingip", command.floatingip_id)
    port_id = command.changes.get("port_id")
    if not port_id:
        return (stream,)
    return (stream, *floatingip_target.needs(port_id, command.changes.get("fixed_ip_address"), world))


def update(command: UpdateFloatingIp, world: World) -> Decision:
    """Say what changed; a move is one fact. Raises 404, 412, 400."""
    resource = existing(world, "floatingip", command.floatingip_id)
    check_revision(resource, command.if_revision)
    floating: FloatingIp = resource.state
    events: list[FloatingIpEvent] = []
    description = command.changes.get("description", floating.description) or ""
    if description != floating.description:
        events.append(FloatingIpDescribed(floating.id, floating.description, description))
    events.extend(_pointed(floating, command, world))
    return changing(resource, events)


def _pointed(floating: FloatingIp, command: UpdateFloatingIp, world: World) -> Iterator[FloatingIpEvent]:
    port_id, fixed = command.changes.get("port_id"), command.changes.get("fixed_ip_address")
    if fixed and not port_id:
        raise bad_floatingip("fixed_ip_address cannot be specified without a port_id")
    if port_id:
        to = floatingip_target.target_of(world, port_id, fixed, floating.floating_network_id)
        before = floating.target
        if before is None or (before.port_id, before.ip_address) != (to.port_id, to.ip_address):
            yield _associated(floating, to)
    elif "port_id" in command.changes and floating.target is not None:
        yield disassociated(floating, floating.target, "asked")


def _associated(floating: FloatingIp, to: FloatingTarget) -> FloatingIpAssociated:
    before = floating.target
    return FloatingIpAssociated(
        floatingip_id=floating.id,
        floating_ip_address=floating.floating_ip_address,
        router_id=to.router_id,
        fixed_port_id=to.port_id,
        fixed_ip_address=to.ip_address,
        fixed_subnet_id=to.subnet_id,
        router_before=before.router_id if before else "",
        fixed_port_before=before.port_id if before else "",
        fixed_ip_before=before.ip_address if before else "",
    )


def deletion_needs(command: DeleteFloatingIp, world: World) -> tuple[Need, ...]:
    """The floating IP, then the port that holds its address."""
    stream = stream_of("floatingip", command.floatingip_id)
    resource = found(world, "floatingip", command.floatingip_id)
    return (stream,) if resource is None else (stream, stream_of("port", resource.state.own_port_id))


def delete(command: DeleteFloatingIp, world: World) -> Decision:
    """The floating IP's end and its port's; what it stood for is let go first. Raises 404, 412."""
    resource = existing(world, "floatingip", command.floatingip_id)
    check_revision(resource, command.if_revision)
    return Decision(ended(resource, world), touched=(resource.stream,))


def ended(resource: Resource, world: World) -> tuple[Change, ...]:
    """The facts of a floating IP's end and of its port's."""
    floating: FloatingIp = resource.state
    events: list[FloatingIpEvent] = []
    if floating.target is not None:
        events.append(disassociated(floating, floating.target, "asked"))
    events.append(
        FloatingIpReleased(
            floating.id,
            floating.project_id,
            floating.floating_network_id,
            floating.floating_ip_address,
            floating.own_port_id,
        )
    )
    ports = (port_removal(one) for one in ports_at(world, (floating.own_port_id,)))
    return (change(resource, events, ends=True), *ports)


def reporting_needs(command: ReportFloatingIp, world: World) -> tuple[Need, ...]:
    """The floating IP, and the router that it is said to work by."""
    return stream_of("floatingip", command.floatingip_id), stream_of("router", command.router_id)


def report(command: ReportFloatingIp, world: World) -> Decision:
    """The status follows the agent that runs the router of the present target; anything else changes nothing."""
    resource, router = found(world, "floatingip", command.floatingip_id), found(world, "router", command.router_id)
    if resource is None:
        return Decision()
    floating: FloatingIp = resource.state
    to = floating.target
    about = (command.router_id, command.fixed_ip_address)
    current = to is not None and (to.router_id, to.ip_address) == about
    if not current or router is None or router.state.host != command.host or floating.status == command.status:
        return Decision(touched=(resource.stream,))
    return changing(resource, (_reported(command),))


def _reported(command: ReportFloatingIp) -> FloatingIpEvent:
    if command.status == ACTIVE:
        return FloatingIpBecameActive(command.floatingip_id, command.host)
    if command.status == ERROR:
        return FloatingIpFailed(command.floatingip_id, command.host, command.reason)
    return FloatingIpWentDown(command.floatingip_id, command.host, "reported")
