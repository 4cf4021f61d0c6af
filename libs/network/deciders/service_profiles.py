"""Service profiles: create, update, delete. Rules: Neutron 29's db/flavors_db.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from libs.commands import CreateServiceProfiles, DeleteServiceProfile, UpdateServiceProfile
from libs.errors.flavor import driver_not_found, profile_empty
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import (
    ServiceProfileCreated,
    ServiceProfileDeleted,
    ServiceProfileDescribed,
    ServiceProfileDriverChanged,
    ServiceProfileEnabledChanged,
    ServiceProfileEvent,
)
from libs.network.deciders.reading import change, changing, check_revision, existing
from libs.network.flavor import PROVIDERS, ServiceProfile
from libs.network.resources import stream_of
from libs.network.world import Decision, World


def create(command: CreateServiceProfiles, world: World) -> Decision:
    """All service profiles or none. Raises 404 for a driver that is not there, 400 without driver and metainfo."""
    changes = []
    for new in command.service_profiles:
        _check_driver(new.driver)
        if not new.driver and not new.metainfo:
            raise profile_empty()
        fact = ServiceProfileCreated(new.service_profile_id, new.description, new.driver, new.metainfo, new.enabled)
        changes.append(Change(stream_of("service_profile", new.service_profile_id), 0, (fact,)))
    return Decision(tuple(changes), touched=tuple(one.stream for one in changes))


def _check_driver(driver: str) -> None:
    if driver and driver not in PROVIDERS.values():
        raise driver_not_found(driver)


def _unused(service_profile_id: str) -> tuple[NoneRefers, ...]:
    return (NoneRefers("flavor", "service_profile_ids", service_profile_id),)


def update(command: UpdateServiceProfile, world: World) -> Decision:
    """Say what changed, guarded against flavors that stand for it. Raises 404, 412."""
    resource = existing(world, "service_profile", command.service_profile_id)
    check_revision(resource, command.if_revision)
    profile: ServiceProfile = resource.state
    _check_driver(command.changes.get("driver") or "")
    after = replace(profile, **command.changes)
    return replace(changing(resource, _changes(profile, after)), guards=_unused(profile.id))


def _changes(before: ServiceProfile, after: ServiceProfile) -> Iterator[ServiceProfileEvent]:
    if before.description != after.description:
        yield ServiceProfileDescribed(before.id, before.description, after.description)
    if (before.driver, before.metainfo) != (after.driver, after.metainfo):
        yield ServiceProfileDriverChanged(before.id, before.driver, before.metainfo, after.driver, after.metainfo)
    if before.enabled != after.enabled:
        yield ServiceProfileEnabledChanged(before.id, after.enabled)


def delete(command: DeleteServiceProfile, world: World) -> Decision:
    """The service profile's end, guarded against flavors that stand for it. Raises 404, 412."""
    resource = existing(world, "service_profile", command.service_profile_id)
    check_revision(resource, command.if_revision)
    deleted = ServiceProfileDeleted(command.service_profile_id, resource.state.driver)
    return Decision((change(resource, (deleted,), ends=True),), _unused(command.service_profile_id), (resource.stream,))
