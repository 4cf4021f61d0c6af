"""Address groups: create, update, delete, and which addresses they hold. Rules: Neutron 29's db/address_group_db.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from libs.commands import AddAddresses, CreateAddressGroups, DeleteAddressGroup, RemoveAddresses, UpdateAddressGroup
from libs.errors import invalid_input
from libs.errors.address_group import addresses_exist, addresses_not_found, too_many_addresses
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import (
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    AddressGroupDeleted,
    AddressGroupDescribed,
    AddressGroupEvent,
    AddressGroupRenamed,
)
from libs.model import canonical_cidr
from libs.network.address_group import MAX_ADDRESSES, AddressGroup
from libs.network.deciders.rbac_ends import no_other_policy, policies_ended, policy_needs
from libs.network.deciders.reading import change, changing, check_revision, existing
from libs.network.resources import stream_of
from libs.network.world import Decision, Need, World

Changing = UpdateAddressGroup | AddAddresses | RemoveAddresses | DeleteAddressGroup


def needs(command: Changing, world: World) -> tuple[str, ...]:
    """The group."""
    return (stream_of("address_group", command.address_group_id),)


def create(command: CreateAddressGroups, world: World) -> Decision:
    """All groups or none. Raises 400."""
    changes = []
    for new in command.address_groups:
        addresses = _canonical(new.addresses)
        _check_number(addresses)
        created = AddressGroupCreated(new.address_group_id, new.project_id, new.name, new.description, addresses)
        changes.append(Change(stream_of("address_group", new.address_group_id), 0, (created,), new.address_group_id))
    return Decision(tuple(changes), touched=tuple(one.stream for one in changes))


def _canonical(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, host bits cleared. Raises 400."""
    try:
        return tuple(dict.fromkeys(canonical_cidr(one) for one in addresses))
    except ValueError as error:
        raise invalid_input(str(error)) from None


def _check_number(addresses: tuple[str, ...]) -> None:
    if len(addresses) > MAX_ADDRESSES:
        raise too_many_addresses(MAX_ADDRESSES)


def update(command: UpdateAddressGroup, world: World) -> Decision:
    """Say what changed. Raises 404, 412."""
    resource = existing(world, "address_group", command.address_group_id)
    check_revision(resource, command.if_revision)
    return changing(resource, _changes(resource.state, command.changes))


def _changes(group: AddressGroup, changes: Mapping[str, Any]) -> Iterator[AddressGroupEvent]:
    if changes.get("name", group.name) != group.name:
        yield AddressGroupRenamed(group.id, group.name, changes["name"])
    if changes.get("description", group.description) != group.description:
        yield AddressGroupDescribed(group.id, group.description, changes["description"])


def add(command: AddAddresses, world: World) -> Decision:
    """Further CIDRs. Raises 404, 412, 400 for what it holds already and for too many."""
    resource = existing(world, "address_group", command.address_group_id)
    check_revision(resource, command.if_revision)
    group: AddressGroup = resource.state
    wanted = _canonical(command.addresses)
    held = tuple(one for one in wanted if one in group.addresses)
    if held:
        raise addresses_exist(held, group.id)
    _check_number((*group.addresses, *wanted))
    return changing(resource, (AddressGroupAddressesChanged(group.id, added=wanted),) if wanted else ())


def remove(command: RemoveAddresses, world: World) -> Decision:
    """Less CIDRs. Raises 404 (also for what it does not hold), 412, 400."""
    resource = existing(world, "address_group", command.address_group_id)
    check_revision(resource, command.if_revision)
    group: AddressGroup = resource.state
    wanted = _canonical(command.addresses)
    missing = tuple(one for one in wanted if one not in group.addresses)
    if missing:
        raise addresses_not_found(missing, group.id)
    return changing(resource, (AddressGroupAddressesChanged(group.id, removed=wanted),) if wanted else ())


def deletion_needs(command: DeleteAddressGroup, world: World) -> tuple[Need, ...]:
    """The group and the policies by which it is shared."""
    return (*needs(command, world), *policy_needs(command.address_group_id, world))


def delete(command: DeleteAddressGroup, world: World) -> Decision:
    """The group's end; guarded against rules that name it. Raises 404, 412."""
    resource = existing(world, "address_group", command.address_group_id)
    check_revision(resource, command.if_revision)
    group: AddressGroup = resource.state
    gone = change(resource, (AddressGroupDeleted(group.id, group.project_id, group.name),), ends=True)
    named = NoneRefers("security_group_rule", "remote_address_group_id", group.id)
    guards = (named, no_other_policy(group.id, world))
    return Decision((gone, *policies_ended(group.id, world)), guards, (resource.stream,))
