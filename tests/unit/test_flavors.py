"""Flavors and service profiles: what can be asked of them, what comes of it, and who may be of one."""

from __future__ import annotations

import pytest

from libs.commands import (
    AssociateProfile,
    CreateFlavors,
    CreateRouters,
    CreateServiceProfiles,
    DeleteFlavor,
    DeleteServiceProfile,
    DisassociateProfile,
    NewFlavor,
    NewRouter,
    NewServiceProfile,
    UpdateFlavor,
    UpdateServiceProfile,
)
from libs.eventlog.lost import refusal_of_guard
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    FlavorCreated,
    FlavorDeleted,
    FlavorEnabledChanged,
    FlavorProfileAssociated,
    FlavorProfileDisassociated,
    FlavorRenamed,
    RouterCreated,
    ServiceProfileCreated,
    ServiceProfileDeleted,
    ServiceProfileDescribed,
    ServiceProfileDriverChanged,
    ServiceProfileEnabledChanged,
)
from libs.network.flavor import L3_SERVICE, PROVIDERS
from libs.network.kinds import resource_of, row_of
from tests.unit.given import Given, given
from tests.unit.people import US, uuid_of

FLAVOR, PROFILE, PROFILE2, ROUTER = uuid_of(501), uuid_of(511), uuid_of(512), uuid_of(521)
[DRIVER] = PROVIDERS.values()


def land(*events) -> Given:
    """A flavor and two profiles."""
    profiles = (ServiceProfileCreated(id, "", DRIVER, "", True) for id in (PROFILE, PROFILE2))
    return given(FlavorCreated(FLAVOR, "gold", "", L3_SERVICE, True), *profiles, *events)


def test_a_flavor_is_made_with_what_it_stands_for():
    new = NewFlavor(FLAVOR, L3_SERVICE, "gold", service_profiles=(PROFILE,))
    made = given(ServiceProfileCreated(PROFILE, "", DRIVER, "", True)).when(CreateFlavors((new,)))
    made.then(FlavorCreated(FLAVOR, "gold", "", L3_SERVICE, True), FlavorProfileAssociated(FLAVOR, PROFILE))
    given().when(CreateFlavors((new,))).refused(404, "ServiceProfileNotFound", "Service Profile")


def test_what_a_flavor_stands_for_can_be_said_anew():
    past = land(FlavorProfileAssociated(FLAVOR, PROFILE))
    changes = {"name": "silver", "enabled": False, "service_profiles": (PROFILE2,)}
    past.when(UpdateFlavor(FLAVOR, changes)).then(
        FlavorRenamed(FLAVOR, "gold", "silver"),
        FlavorEnabledChanged(FLAVOR, False),
        FlavorProfileDisassociated(FLAVOR, PROFILE),
        FlavorProfileAssociated(FLAVOR, PROFILE2),
    )
    past.when(UpdateFlavor(FLAVOR, {"name": "gold", "service_profiles": (PROFILE,)})).then()
    past.when(UpdateFlavor(FLAVOR, {"name": "x"}, 9)).refused(412, "RevisionNumberConstraintFailed")


def test_one_more_profile_and_one_less():
    past = land()
    one = past.when(AssociateProfile(FLAVOR, PROFILE))
    one.then(FlavorProfileAssociated(FLAVOR, PROFILE))
    one.after().when(AssociateProfile(FLAVOR, PROFILE)).refused(409, "FlavorServiceProfileBindingExists")
    one.after().when(DisassociateProfile(FLAVOR, PROFILE)).then(FlavorProfileDisassociated(FLAVOR, PROFILE))
    past.when(DisassociateProfile(FLAVOR, PROFILE)).refused(404, "FlavorServiceProfileBindingNotFound")
    past.when(AssociateProfile(FLAVOR, uuid_of(599))).refused(404, "ServiceProfileNotFound")
    given().when(AssociateProfile(FLAVOR, PROFILE)).refused(404, "FlavorNotFound")


@pytest.mark.parametrize(
    ("command", "guard", "type"),
    [
        (DeleteFlavor(FLAVOR), NoneRefers("router", "flavor_id", FLAVOR), "FlavorInUse"),
        (
            DeleteServiceProfile(PROFILE),
            NoneRefers("flavor", "service_profile_ids", PROFILE),
            "ServiceProfileInUse",
        ),
        (
            UpdateServiceProfile(PROFILE, {"enabled": False}),
            NoneRefers("flavor", "service_profile_ids", PROFILE),
            "ServiceProfileInUse",
        ),
    ],
)
def test_what_is_used_stays(command, guard, type):
    assert land().when(command).guards == (guard,)
    refusal = refusal_of_guard(guard, {})
    assert (refusal.status, refusal.type) == (409, type)


def test_ends():
    land().when(DeleteFlavor(FLAVOR)).then(FlavorDeleted(FLAVOR, "gold"))
    land().when(DeleteServiceProfile(PROFILE)).then(ServiceProfileDeleted(PROFILE, DRIVER))
    land().when(DeleteFlavor(FLAVOR, 9)).refused(412, "RevisionNumberConstraintFailed")
    given().when(DeleteFlavor(FLAVOR)).refused(404, "FlavorNotFound")


def test_a_profile_has_a_driver_that_is_there_or_says_something_else():
    def made(**more):
        return given().when(CreateServiceProfiles((NewServiceProfile(PROFILE, **more),)))

    assert made(driver=DRIVER).events and made(metainfo="{}").events
    made(driver="nobodys").refused(404, "ServiceProfileDriverNotFound")
    made().refused(400, "ServiceProfileEmpty")


def test_a_profiles_changes_are_facts_of_their_own():
    changes = {"description": "plain", "metainfo": "a", "enabled": False}
    land().when(UpdateServiceProfile(PROFILE, changes)).then(
        ServiceProfileDescribed(PROFILE, "", "plain"),
        ServiceProfileDriverChanged(PROFILE, DRIVER, "", DRIVER, "a"),
        ServiceProfileEnabledChanged(PROFILE, False),
    )
    land().when(UpdateServiceProfile(PROFILE, {"driver": "nobodys"})).refused(404, "ServiceProfileDriverNotFound")


def routed(past, flavor=FLAVOR):
    return past.when(CreateRouters((NewRouter(ROUTER, US, flavor_id=flavor),)))


def test_a_router_is_of_a_flavor_that_can_be_had():
    past = land(FlavorProfileAssociated(FLAVOR, PROFILE))
    assert routed(past).of(RouterCreated)[0].flavor_id == FLAVOR
    assert routed(past, None).of(RouterCreated)[0].flavor_id is None
    routed(land()).refused(404, "FlavorServiceProfileBindingNotFound")
    routed(given()).refused(404, "FlavorNotFound")
    routed(past.and_then(FlavorEnabledChanged(FLAVOR, False))).refused(503, "FlavorDisabled")
    routed(past.and_then(ServiceProfileEnabledChanged(PROFILE, False))).refused(503, "ServiceProfileDisabled")
    bare = past.and_then(ServiceProfileDriverChanged(PROFILE, DRIVER, "", "", "{}"))
    routed(bare).refused(404, "ServiceProfileDriverNotFound")


def test_both_come_back_from_their_rows():
    past = land(FlavorProfileAssociated(FLAVOR, PROFILE), FlavorProfileAssociated(FLAVOR, PROFILE2))
    for resource in past.resources.values():
        assert resource is not None and resource_of(row_of(resource)) == resource
    router = routed(past).after().resources[f"router-{ROUTER}"]
    assert resource_of(row_of(router)) == router
