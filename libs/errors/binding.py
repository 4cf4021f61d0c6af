"""Refusals of a port's further bindings. Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def binding_not_found(port_id: str, host: str) -> Refusal:
    """404: the port has no binding there."""
    return Refusal(404, "PortBindingNotFound", f"Binding for port {port_id} for host {host} could not be found.")


def binding_exists(port_id: str, host: str) -> Refusal:
    """409: the port has a binding there already."""
    return Refusal(409, "PortBindingAlreadyExists", f"Binding for port {port_id} on host {host} already exists.")


def binding_active(port_id: str, host: str) -> Refusal:
    """409: it is the active one already."""
    return Refusal(409, "PortBindingAlreadyActive", f"Binding for port {port_id} on host {host} is already active.")


def binding_error(port_id: str, host: str) -> Refusal:
    """409: no agent there can attach the port."""
    return Refusal(
        409, "PortBindingError", f"Binding for port {port_id} on host {host} could not be created or updated."
    )


def single_binding(port_id: str) -> Refusal:
    """400: only ports of servers and of shared file systems may have several bindings."""
    return Refusal(
        400,
        "BadRequest",
        f"Bad port request: Invalid port {port_id}. Operation only valid on compute and shared filesystem ports.",
    )
