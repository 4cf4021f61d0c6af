"""Ports: ACTIVE or DOWN, as the agent of their host reports."""

from __future__ import annotations

from libs.commands import ReportWired
from libs.events import PortBecameActive, PortBindingUnwired, PortBindingWired, PortEvent, PortWentDown
from libs.model import ACTIVE
from libs.network.deciders.reading import changing, found
from libs.network.port import Port
from libs.network.port_bindings import PortBinding, inactive
from libs.network.world import Decision, World


def report(command: ReportWired, world: World) -> Decision:
    """ACTIVE and DOWN follow what the agent of the port's host says about its present binding; of an inactive binding it is noted
    whether it is ready. Anything else changes nothing."""
    resource = found(world, "port", command.port_id)
    if resource is None:
        return Decision()
    port: Port = resource.state
    further = inactive(port, command.host)
    if further is not None and further.generation == command.generation:
        return changing(resource, _readiness(port, further, command.wired))
    current = port.is_bound and (port.host, port.generation) == (command.host, command.generation)
    if not current or command.wired == (port.status == ACTIVE):
        return Decision(touched=(resource.stream,))
    if not command.wired:
        return changing(resource, (PortWentDown(port.id, port.host, command.reason),))
    if not port.admin_state_up:
        return Decision(touched=(resource.stream,))
    return changing(resource, (PortBecameActive(port.id, port.host),))


def _readiness(port: Port, one: PortBinding, wired: bool) -> tuple[PortEvent, ...]:
    if wired == one.is_wired or (wired and not (one.is_bound and port.admin_state_up)):
        return ()
    fact = PortBindingWired if wired else PortBindingUnwired
    return (fact(port.id, one.host, one.generation),)
