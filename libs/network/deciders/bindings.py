"""A port's bindings beside its active one: add, change, activate, remove. Source: neutron.plugins.ml2.plugin of Neutron 29.

Only one is active: there the guest runs. Stricter than Neutron: one that was active and is activated again is attached anew, and one
that is active and is removed leaves the port unbound, as if its host had been taken from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from libs.commands import ActivatePortBinding, AddPortBinding, ChangePortBinding, RemovePortBinding
from libs.errors import binding_active, binding_error, binding_exists, binding_not_found, single_binding
from libs.events import (
    PortBecameActive,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingProfileChanged,
    PortBindingRemoved,
    PortEvent,
    PortProfileChanged,
    PortUnbound,
    PortVnicTypeChanged,
    PortWentDown,
)
from libs.model import ACTIVE, VIF_FAILED, Binding, Segment
from libs.network.deciders.binding import binding_changes, binding_question, binds_anew
from libs.network.deciders.ports import check_profile
from libs.network.deciders.reading import answer, changing, existing, found
from libs.network.network import Network
from libs.network.port import Port
from libs.network.port_bindings import PortBinding, inactive
from libs.network.resources import stream_of
from libs.network.world import ChooseBinding, Decision, Question, Resource, World

SEVERAL = ("compute:", "manila:")
"""What begins the device_owner of ports that may have several bindings."""
BindingCommand = AddPortBinding | ChangePortBinding | ActivatePortBinding | RemovePortBinding


def needs(command: BindingCommand, world: World) -> tuple[str, ...]:
    """The port, and its network where something is to be attached."""
    stream = stream_of("port", command.port_id)
    resource = found(world, "port", command.port_id)
    if resource is None or isinstance(command, RemovePortBinding):
        return (stream,)
    return (stream, stream_of("network", resource.state.network_id))


def questions(command: BindingCommand, world: World) -> tuple[Question, ...]:
    """How the port is attached on the host. Raises 404, 400, 409."""
    port: Port = _resource(command, world).state
    network: Network = existing(world, "network", port.network_id).state
    question = _question(command, port, network.segment)
    return (question,) if question is not None else ()


def add(command: AddPortBinding, world: World) -> Decision:
    """Raises 404, 400, 409."""
    resource = _resource(command, world)
    port: Port = resource.state
    check_profile(command.profile)
    fact = _added(port, command.host, command.vnic_type, command.profile, world)
    return changing(resource, (fact,))


def change(command: ChangePortBinding, world: World) -> Decision:
    """Raises 404, 400, 409."""
    resource = _resource(command, world)
    port: Port = resource.state
    check_profile(command.changes.get("profile") or {})
    one = inactive(port, command.host)
    if one is not None:
        return changing(resource, _inactive_changes(port, one, command.changes, world))
    _check_active(port, command.host)
    network: Network = existing(world, "network", port.network_id).state
    events = list(_active_wishes(port, command.changes))
    events += binding_changes(port, command.changes, network.segment, world)
    return changing(resource, events)


def activate(command: ActivatePortBinding, world: World) -> Decision:
    """The port is ACTIVE at once where its tap is wired already. Raises 404, 400, 409."""
    resource = _resource(command, world)
    port: Port = resource.state
    one = _activatable(port, command.host)
    place, generation = Binding(one.vif_type, one.vif_details), one.generation
    if not one.is_bound:
        place, generation = _place(port, command.host, one.vnic_type, world), port.bindings_made + 1
    ready = one.is_bound and one.is_wired and port.admin_state_up
    facts: list[PortEvent] = []
    if port.status == ACTIVE and not ready:
        facts.append(PortWentDown(port.id, port.host, "moved"))
    facts.append(
        PortBindingActivated(
            port.id, port.network_id, one.host, port.host, generation, place.vif_type, place.vif_details
        )
    )
    if ready:
        facts.append(PortBecameActive(port.id, one.host))
    return changing(resource, facts)


def remove(command: RemovePortBinding, world: World) -> Decision:
    """Raises 404, 400."""
    resource = _resource(command, world)
    port: Port = resource.state
    if inactive(port, command.host) is not None:
        return changing(resource, (PortBindingRemoved(port.id, port.network_id, command.host),))
    _check_active(port, command.host)
    down = (PortWentDown(port.id, port.host, "unbound"),) if port.status == ACTIVE else ()
    return changing(resource, (*down, PortUnbound(port.id, port.network_id, port.host)))


def _resource(command: BindingCommand, world: World) -> Resource:
    resource = existing(world, "port", command.port_id)
    if not resource.state.device_owner.startswith(SEVERAL):
        raise single_binding(command.port_id)
    return resource


def _question(command: BindingCommand, port: Port, segment: Segment) -> ChooseBinding | None:
    match command:
        case AddPortBinding():
            _check_free(port, command.host)
            return ChooseBinding(port.id, command.host, segment, command.vnic_type)
        case ChangePortBinding() if (one := inactive(port, command.host)) is not None:
            host, vnic_type = _wished(one, command.changes)
            anew = (host, vnic_type) != (one.host, one.vnic_type)
            return ChooseBinding(port.id, host, segment, vnic_type) if anew else None
        case ChangePortBinding() if binds_anew(port, command.changes):
            return binding_question(port, command.changes, segment)
        case ActivatePortBinding() if not (one := _activatable(port, command.host)).is_bound:
            return ChooseBinding(port.id, one.host, segment, one.vnic_type)
    return None


def _check_free(port: Port, host: str) -> None:
    if host == port.host or inactive(port, host) is not None:
        raise binding_exists(port.id, host)


def _check_active(port: Port, host: str) -> None:
    if not host or host != port.host:
        raise binding_not_found(port.id, host)


def _activatable(port: Port, host: str) -> PortBinding:
    if host and host == port.host:
        raise binding_active(port.id, host)
    one = inactive(port, host)
    if one is None:
        raise binding_not_found(port.id, host)
    return one


def _place(port: Port, host: str, vnic_type: str, world: World) -> Binding:
    """What topology answered. Raises 409."""
    network: Network = existing(world, "network", port.network_id).state
    place = answer(world, ChooseBinding(port.id, host, network.segment, vnic_type), Binding)
    if place.vif_type == VIF_FAILED:
        raise binding_error(port.id, host)
    return place


def _added(port: Port, host: str, vnic_type: str, profile: Mapping[str, Any], world: World) -> PortBindingAdded:
    _check_free(port, host)
    place, number = _place(port, host, vnic_type, world), port.bindings_made + 1
    return PortBindingAdded(
        port.id, port.network_id, host, number, vnic_type, profile, place.vif_type, place.vif_details
    )


def _wished(one: PortBinding, changes: Mapping[str, Any]) -> tuple[str, str]:
    return changes.get("host") or one.host, changes.get("vnic_type", one.vnic_type)


def _inactive_changes(port: Port, one: PortBinding, changes: Mapping[str, Any], world: World) -> Iterator[PortEvent]:
    host, vnic_type = _wished(one, changes)
    profile = (changes["profile"] or {}) if "profile" in changes else one.profile
    if (host, vnic_type) != (one.host, one.vnic_type):
        if host != one.host:
            _check_free(port, host)
        place, number = _place(port, host, vnic_type, world), port.bindings_made + 1
        yield PortBindingRemoved(port.id, port.network_id, one.host)
        yield PortBindingAdded(
            port.id, port.network_id, host, number, vnic_type, profile, place.vif_type, place.vif_details
        )
    elif profile != one.profile:
        yield PortBindingProfileChanged(port.id, one.host, one.profile, profile)


def _active_wishes(port: Port, changes: Mapping[str, Any]) -> Iterator[PortEvent]:
    if changes.get("vnic_type", port.vnic_type) != port.vnic_type:
        yield PortVnicTypeChanged(port.id, port.vnic_type, changes["vnic_type"])
    if "profile" in changes and (changes["profile"] or {}) != port.profile:
        yield PortProfileChanged(port.id, port.profile, changes["profile"] or {})
