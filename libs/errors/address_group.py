"""Refusals of address groups: texts as in Neutron (neutron_lib/exceptions/address_group.py). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from libs.errors.refusal import Refusal


def address_group_in_use(id: str) -> Refusal:
    """409: rules name the group."""
    text = f"Address group {id} is in use on one or more security group rules."
    return Refusal(409, "AddressGroupInUse", text)


def addresses_not_found(addresses: Sequence[str], id: str) -> Refusal:
    """404: the group does not hold them."""
    text = f"Addresses {list(addresses)} not found in the address group {id}."
    return Refusal(404, "AddressesNotFound", text)


def addresses_exist(addresses: Sequence[str], id: str) -> Refusal:
    """400: the group holds them already."""
    text = f"Addresses {list(addresses)} already exist in the address group {id}."
    return Refusal(400, "AddressesAlreadyExist", text)


def too_many_addresses(most: int) -> Refusal:
    """400: more CIDRs than a group may hold."""
    return Refusal(400, "InvalidInput", f"Invalid input for operation: more than {most} addresses in an address group.")
