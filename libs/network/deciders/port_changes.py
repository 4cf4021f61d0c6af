"""Ports: update. Each attribute's change is a fact of its own; what stays the same is no fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from libs.commands import UpdatePort
from libs.errors import port_bound, unsupported_owner
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressReleased,
    PortAdminStateChanged,
    PortDescribed,
    PortDeviceChanged,
    PortDhcpOptionsChanged,
    PortEvent,
    PortMacChanged,
    PortProfileChanged,
    PortRenamed,
    PortVnicTypeChanged,
    PortWentDown,
)
from libs.model import ACTIVE, DOWN
from libs.network.addresses import version_of
from libs.network.deciders import port_floatingips, service_ports
from libs.network.deciders.address_changes import address_plan, moves, new_mac
from libs.network.deciders.binding import binding_changes, binding_question, binds_anew
from libs.network.deciders.dhcp_options import merged
from libs.network.deciders.dns_names import name_changes
from libs.network.deciders.port_security import security_changes, security_needs
from libs.network.deciders.ports import check_profile
from libs.network.deciders.reading import changing, check_revision, existing, found, network_at
from libs.network.deciders.wishes import allocated, chosen
from libs.network.network import Network
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.world import Decision, Need, Question, World


def needs(command: UpdatePort, world: World) -> tuple[Need, ...]:
    """The port and the router or floating IP that holds it; its network when its binding depends on it; the subnets when
    addresses change, and its floating IPs."""
    stream = stream_of("port", command.port_id)
    resource = found(world, "port", command.port_id)
    if resource is None:
        return (stream,)
    port: Port = resource.state
    own = (stream, *service_ports.needs(port), *security_needs(port, command.changes))
    moving = moves(port, command.changes)
    if not (moving or binds_anew(port, command.changes)):
        return own
    network = network_at(world, port.network_id)
    if network is None or not moving:
        return (*own, stream_of("network", port.network_id))
    named = [wish.subnet_id for wish in command.changes.get("fixed_ips") or () if wish.subnet_id]
    subnets = dict.fromkeys(stream_of("subnet", id) for id in (*network.subnet_ids, *named))
    floating = port_floatingips.needs(port.id, world)
    return (*own, stream_of("network", port.network_id), *subnets, *floating)


def questions(command: UpdatePort, world: World) -> tuple[Question, ...]:
    """Addresses and a binding that the update leaves open."""
    port: Port = existing(world, "port", command.port_id).state
    _check_fixed(port, command.changes)
    out: list[Question] = []
    addresses = address_plan(port, command.changes, world)
    if addresses.question is not None:
        out.append(addresses.question)
    if binds_anew(port, command.changes):
        network: Network = existing(world, "network", port.network_id).state
        out.append(binding_question(port, command.changes, network.segment))
    return tuple(out)


def update(command: UpdatePort, world: World) -> Decision:
    """Say what changed. Raises 404, 412, 400 for addresses that do not fit, 409 for the MAC of a bound port and
    for what only a router or floating IP may change."""
    resource = existing(world, "port", command.port_id)
    check_revision(resource, command.if_revision)
    port: Port = resource.state
    _check_fixed(port, command.changes)
    network = network_at(world, port.network_id)
    events: list[PortEvent] = list(_plain_changes(port, command.changes))
    went_down = any(isinstance(one, PortWentDown) for one in events)
    events.extend(name_changes(port, command.changes))
    events.extend(_held_changes(port, command.changes, world))
    events.extend(security_changes(port, command.changes, network, new_mac(port, command.changes), world))
    events.extend(_wished_binding(port, command.changes))
    now = replace(port, status=DOWN) if went_down else port
    events.extend(binding_changes(now, command.changes, network.segment if network else None, world))
    service_ports.check_changes(port, events, world)
    return replace(changing(resource, events), guards=_kept(port, events, world))


def _kept(port: Port, events: list[PortEvent], world: World) -> tuple[NoneRefers, ...]:
    """Guards: no floating IP stands for an address that the port loses. Raises 400 when one does."""
    lost = [one for one in events if isinstance(one, AddressReleased) and version_of(one.ip_address) == 4]
    if not lost:
        return ()
    port_floatingips.check_kept(port.id, (one.ip_address for one in lost), world)
    return (port_floatingips.no_other(port.id, world),)


def _check_fixed(port: Port, changes: Mapping[str, Any]) -> None:
    """What no one may change. Raises 409, and 400 for a profile that is too large."""
    check_profile(changes.get("profile") or {})
    mac = new_mac(port, changes)
    if mac == port.mac_address:
        return
    if port.device_owner.startswith("network:"):
        raise unsupported_owner("mac address update", port.id, port.device_owner)
    if port.is_bound:
        raise port_bound(port.id, port.vif_type, port.mac_address, mac)


def _plain_changes(port: Port, changes: Mapping[str, Any]) -> Iterator[PortEvent]:
    if changes.get("name", port.name) != port.name:
        yield PortRenamed(port.id, port.name, changes["name"])
    if changes.get("description", port.description) != port.description:
        yield PortDescribed(port.id, port.description, changes["description"])
    device = changes.get("device_id", port.device_id), changes.get("device_owner", port.device_owner)
    if device != (port.device_id, port.device_owner):
        yield PortDeviceChanged(port.id, port.device_id, device[0], port.device_owner, device[1])
    options = merged(port.dhcp_options, changes.get("dhcp_options", ()))
    if options != port.dhcp_options:
        yield PortDhcpOptionsChanged(port.id, port.dhcp_options, options)
    if changes.get("admin_state_up", port.admin_state_up) != port.admin_state_up:
        yield PortAdminStateChanged(port.id, changes["admin_state_up"])
        if not changes["admin_state_up"] and port.status == ACTIVE:
            yield PortWentDown(port.id, port.host, "disabled")


def _wished_binding(port: Port, changes: Mapping[str, Any]) -> Iterator[PortEvent]:
    if changes.get("vnic_type", port.vnic_type) != port.vnic_type:
        yield PortVnicTypeChanged(port.id, port.vnic_type, changes["vnic_type"])
    if "profile" in changes and (changes["profile"] or {}) != port.profile:
        yield PortProfileChanged(port.id, port.profile, changes["profile"] or {})


def _held_changes(port: Port, changes: Mapping[str, Any], world: World) -> Iterator[PortEvent]:
    """MAC and addresses; what is released is released first."""
    mac = new_mac(port, changes)
    if mac != port.mac_address:
        yield PortMacChanged(port.id, port.network_id, port.mac_address, mac)
    plan = address_plan(port, changes, world)
    for one in plan.removed:
        yield AddressReleased(port.id, one.subnet_id, one.ip_address)
    yield from allocated(port.id, (*plan.added, *chosen(plan.question, plan.choosable, world)))
