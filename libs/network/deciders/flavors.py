"""Flavors: create, update, delete, what they stand for, and whether a router may be of one.

Rules: Neutron 29's db/flavors_db.py and services/l3_router/service_providers/driver_controller.py. Neutron takes service_profiles
of a body and forgets them; here they count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from libs.commands import (
    AssociateProfile,
    CreateFlavors,
    DeleteFlavor,
    DisassociateProfile,
    UpdateFlavor,
)
from libs.errors.flavor import (
    associated,
    driver_not_found,
    flavor_disabled,
    not_associated,
    profile_disabled,
)
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import (
    FlavorCreated,
    FlavorDeleted,
    FlavorDescribed,
    FlavorEnabledChanged,
    FlavorEvent,
    FlavorProfileAssociated,
    FlavorProfileDisassociated,
    FlavorRenamed,
)
from libs.network.deciders.reading import change, changing, check_revision, existing, found
from libs.network.flavor import PROVIDERS, Flavor
from libs.network.resources import stream_of
from libs.network.world import Decision, World


def _profiles(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stream_of("service_profile", id) for id in ids))


def creation_needs(command: CreateFlavors, world: World) -> tuple[str, ...]:
    """The service profiles that they stand for."""
    return _profiles(id for new in command.flavors for id in new.service_profiles)


def create(command: CreateFlavors, world: World) -> Decision:
    """All flavors or none. Raises 404 for a service profile that is not there."""
    changes = []
    for new in command.flavors:
        facts: list[FlavorEvent] = [
            FlavorCreated(new.flavor_id, new.name, new.description, new.service_type, new.enabled)
        ]
        facts += _associations(new.flavor_id, (), new.service_profiles, world)
        changes.append(Change(stream_of("flavor", new.flavor_id), 0, tuple(facts)))
    return Decision(tuple(changes), touched=tuple(one.stream for one in changes))


def update_needs(command: UpdateFlavor, world: World) -> tuple[str, ...]:
    """The flavor and the service profiles that it is to stand for."""
    return (stream_of("flavor", command.flavor_id), *_profiles(command.changes.get("service_profiles") or ()))


def update(command: UpdateFlavor, world: World) -> Decision:
    """Say what changed. Raises 404, 412."""
    resource = existing(world, "flavor", command.flavor_id)
    check_revision(resource, command.if_revision)
    return changing(resource, _changes(resource.state, command.changes, world))


def _changes(flavor: Flavor, changes: Mapping[str, Any], world: World) -> Iterator[FlavorEvent]:
    wanted = {name: value for name, value in changes.items() if getattr(flavor, name) != value}
    if "name" in wanted:
        yield FlavorRenamed(flavor.id, flavor.name, wanted["name"])
    if "description" in wanted:
        yield FlavorDescribed(flavor.id, flavor.description, wanted["description"])
    if "enabled" in wanted:
        yield FlavorEnabledChanged(flavor.id, wanted["enabled"])
    if "service_profiles" in wanted:
        yield from _associations(flavor.id, flavor.service_profiles, wanted["service_profiles"], world)


def _associations(
    flavor_id: str, before: tuple[str, ...], after: tuple[str, ...], world: World
) -> Iterator[FlavorProfileAssociated | FlavorProfileDisassociated]:
    for id in after:
        existing(world, "service_profile", id)
    yield from (FlavorProfileDisassociated(flavor_id, id) for id in before if id not in after)
    yield from (FlavorProfileAssociated(flavor_id, id) for id in dict.fromkeys(after) if id not in before)


def pair_needs(command: AssociateProfile | DisassociateProfile, world: World) -> tuple[str, ...]:
    """Flavor and service profile."""
    return (stream_of("flavor", command.flavor_id), stream_of("service_profile", command.service_profile_id))


def associate(command: AssociateProfile, world: World) -> Decision:
    """One more. Raises 404, 409."""
    resource = existing(world, "flavor", command.flavor_id)
    existing(world, "service_profile", command.service_profile_id)
    if command.service_profile_id in resource.state.service_profiles:
        raise associated(command.service_profile_id, command.flavor_id)
    return changing(resource, (FlavorProfileAssociated(command.flavor_id, command.service_profile_id),))


def disassociate(command: DisassociateProfile, world: World) -> Decision:
    """One less. Raises 404."""
    resource = found(world, "flavor", command.flavor_id)
    if resource is None or command.service_profile_id not in resource.state.service_profiles:
        raise not_associated(command.service_profile_id, command.flavor_id)
    return changing(resource, (FlavorProfileDisassociated(command.flavor_id, command.service_profile_id),))


def delete(command: DeleteFlavor, world: World) -> Decision:
    """The flavor's end, guarded against routers that are of it. Raises 404, 412."""
    resource = existing(world, "flavor", command.flavor_id)
    check_revision(resource, command.if_revision)
    return Decision(
        (change(resource, (FlavorDeleted(command.flavor_id, resource.state.name),), ends=True),),
        (NoneRefers("router", "flavor_id", command.flavor_id),),
        (resource.stream,),
    )


def use_needs(flavor_ids: Iterable[str | None], world: World) -> tuple[str, ...]:
    """Flavors that something is to be of, then the service profiles that they stand for."""
    ids = tuple(dict.fromkeys(id for id in flavor_ids if id))
    known = (found(world, "flavor", id) for id in ids)
    profiles = _profiles(id for one in known if one is not None for id in one.state.service_profiles[:1])
    return (*(stream_of("flavor", id) for id in ids), *profiles)


def check_use(flavor_id: str | None, world: World) -> None:
    """Raises 404, 503 when nothing can be of the flavor: its first service profile names no driver that is there, or is off."""
    if not flavor_id:
        return
    flavor: Flavor = existing(world, "flavor", flavor_id).state
    if not flavor.enabled:
        raise flavor_disabled()
    if not flavor.service_profiles:
        raise not_associated("", flavor_id)
    profile = existing(world, "service_profile", flavor.service_profiles[0]).state
    if not profile.enabled:
        raise profile_disabled()
    if profile.driver not in PROVIDERS.values():
        raise driver_not_found(profile.driver)
