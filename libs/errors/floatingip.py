"""Refusals of floating IPs: texts as in Neutron (neutron_lib/exceptions/l3.py, neutron/db/l3_db.py). Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def bad_floatingip(reason: str) -> Refusal:
    """400: what a floating IP is to stand for, or where it is to come from, makes no sense."""
    return Refusal(400, "BadRequest", f"Bad floatingip request: {reason}.")


def external_pool_empty(network_id: str) -> Refusal:
    """400: the external network has no IPv4 address left."""
    return Refusal(
        400, "ExternalIpAddressExhausted", f"Unable to find any IP address on external network {network_id}."
    )


def no_way_out(external_network_id: str, subnet_id: str, port_id: str) -> Refusal:
    """404: no router joins the port's subnet with the floating IP's network."""
    return Refusal(
        404,
        "ExternalGatewayForFloatingIPNotFound",
        f"External network {external_network_id} is not reachable from subnet {subnet_id}.  Therefore, cannot associate"
        f" Port {port_id} with a Floating IP.",
    )


def address_is_floated(port_id: str, ip_address: str) -> Refusal:
    """409: a floating IP stands for this address of the port (or for another that an update would take from it)."""
    return Refusal(
        409,
        "FloatingIPPortAlreadyAssociated",
        f"Cannot associate floating IP with port {port_id} using fixed IP {ip_address}, as that fixed IP already has a"
        " floating IP.",
    )


def address_keeps_floating_ip(port_id: str) -> Refusal:
    """400: the update would take an address from the port that a floating IP stands for."""
    return Refusal(
        400,
        "BadRequest",
        f"Bad port request: Cannot update the fixed_ips of the port {port_id}, because its original fixed_ip has been"
        " associated to a floating ip.",
    )


def port_has_floating_ip(port_id: str) -> Refusal:
    """409: another project's floating IP stands for the port that is to be deleted."""
    return Refusal(
        409,
        "FipAssociated",
        f'Unable to complete the operation on port "{port_id}" because the port still has an associated floating IP.',
    )
