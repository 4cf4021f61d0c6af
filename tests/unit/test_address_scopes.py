"""Address scopes: what can be asked of them, and what comes of it."""

from __future__ import annotations

from libs.commands import CreateAddressScopes, DeleteAddressScope, NewAddressScope, UpdateAddressScope
from libs.eventlog.lost import refusal_of_guard
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressScopeCreated,
    AddressScopeDeleted,
    AddressScopeRenamed,
    AddressScopeShared,
    RbacPolicyCreated,
)
from libs.network.kinds import body_of
from tests.unit.given import given
from tests.unit.people import US
from tests.unit.pool_people import SCOPE, a_scope


def test_a_scope_is_made():
    past = given().when(CreateAddressScopes((NewAddressScope(SCOPE, US, 6, "green"),)))
    past.then(AddressScopeCreated(SCOPE, US, "green", 6, False))
    assert body_of(past.after().resources[f"address_scope-{SCOPE}"]) == {
        "id": SCOPE,
        "name": "green",
        "tenant_id": US,
        "project_id": US,
        "ip_version": 6,
        "shared": False,
    }


def test_a_scope_can_be_shared_with_all_but_not_taken_back():
    past = given(a_scope())
    renamed = past.when(UpdateAddressScope(SCOPE, {"name": "blue", "shared": False}))
    renamed.then(AddressScopeRenamed(SCOPE, "scope", "blue"))
    shared = past.when(UpdateAddressScope(SCOPE, {"shared": True}))
    assert [type(one) for one in shared.events] == [AddressScopeShared, RbacPolicyCreated]
    after = shared.after()
    after.when(UpdateAddressScope(SCOPE, {"shared": True})).then()
    after.when(UpdateAddressScope(SCOPE, {"shared": False})).refused(
        400, "AddressScopeUpdateError", "can't be unshared"
    )


def test_a_scope_made_shared_comes_with_a_policy_for_all():
    made = given().when(CreateAddressScopes((NewAddressScope(SCOPE, US, 4, shared=True),)))
    [policy] = made.of(RbacPolicyCreated)
    assert (policy.object_type, policy.object_id, policy.target_project) == ("address_scope", SCOPE, "*")
    made.after().when(UpdateAddressScope(SCOPE, {"shared": False})).refused(400, "AddressScopeUpdateError")


def test_a_scope_ends_when_no_pool_is_in_it():
    gone = given(a_scope()).when(DeleteAddressScope(SCOPE))
    gone.then(AddressScopeDeleted(SCOPE, US))
    guard = NoneRefers("subnetpool", "address_scope_id", SCOPE)
    assert guard in gone.guards
    refusal = refusal_of_guard(guard, {})
    assert (refusal.status, refusal.type) == (409, "AddressScopeInUse")


def test_the_policies_of_a_scope_end_with_it():
    past = given().when(CreateAddressScopes((NewAddressScope(SCOPE, US, 4, shared=True),))).after()
    after = past.when(DeleteAddressScope(SCOPE)).after()
    assert all(one is None for one in after.resources.values())


def test_a_scope_that_is_not_there_or_changed_since():
    given().when(UpdateAddressScope(SCOPE, {})).refused(404, "AddressScopeNotFound", "Address scope")
    given(a_scope()).when(UpdateAddressScope(SCOPE, {"name": "x"}, 9)).refused(412, "RevisionNumberConstraintFailed")
    given(a_scope()).when(DeleteAddressScope(SCOPE, 9)).refused(412, "RevisionNumberConstraintFailed")
