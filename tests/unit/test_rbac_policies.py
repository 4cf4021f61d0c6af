"""RBAC policies: what can be asked of them, what comes of it, and who would lose what."""

from __future__ import annotations

from typing import Any

import pytest

from libs.commands import CreateRbacPolicies, DeleteRbacPolicy, NewRbacPolicy, UpdateRbacPolicy
from libs.eventlog.lost import refusal_of_claim, refusal_of_guard
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    NetworkAccessGranted,
    NetworkAccessWithdrawn,
    NetworkDefaultChanged,
    RbacPolicyCreated,
    RbacPolicyDeleted,
    RbacPolicyTargetChanged,
)
from libs.network.claims import claims_of
from libs.network.kinds import body_of, resource_of, row_of
from tests.unit.given import Given, given, member
from tests.unit.people import NET, THEM, US, a_network, uuid_of

POLICY, POLICY2 = uuid_of(71), uuid_of(72)
SHARED, EXTERNAL = "access_as_shared", "access_as_external"
OTHERS = "3" * 32


def new(action: str = SHARED, target: str = THEM, id: str = POLICY, **more: str) -> CreateRbacPolicies:
    values = {"project_id": US, "object_type": "network", "object_id": NET, "action": action, "target_project": target}
    return CreateRbacPolicies((NewRbacPolicy(rbac_policy_id=id, **{**values, **more}),))


def shared(*targets: str, action: str = SHARED) -> Given:
    """Our network with a policy for each of these projects."""
    past = given(a_network())
    for number, target in enumerate(targets):
        past = past.when(new(action, target, uuid_of(71 + number))).after()
    return past


def test_a_policy_about_a_network_is_a_fact_of_the_network_too():
    given(a_network()).by(member(US)).when(new()).then(
        RbacPolicyCreated(POLICY, US, "network", NET, SHARED, THEM),
        NetworkAccessGranted(NET, SHARED, THEM, POLICY),
    )
    past = shared(THEM)
    state = past.state("network", NET)
    assert (state.shared, state.is_shared_with(THEM), state.is_open_to(OTHERS)) == (False, True, False)
    assert body_of(past.resources[f"rbac_policy-{POLICY}"]) == {
        "id": POLICY,
        "tenant_id": US,
        "project_id": US,
        "object_type": "network",
        "object_id": NET,
        "action": SHARED,
        "target_tenant": THEM,
    }


def test_a_policys_row_comes_back_as_it_was():
    resource = shared(THEM).resources[f"rbac_policy-{POLICY}"]
    assert resource_of(row_of(resource)) == resource


def test_a_network_becomes_external_by_its_first_policy_and_is_so_until_its_last():
    past = shared(THEM, "*", action=EXTERNAL)
    assert past.state("network", NET).external
    one_left = past.when(DeleteRbacPolicy(POLICY2)).after()
    assert one_left.state("network", NET).external and not one_left.state("network", NET).is_open_to(OTHERS)
    assert not one_left.when(DeleteRbacPolicy(POLICY)).after().state("network", NET).external


@pytest.mark.parametrize(
    "wrong, type, words",
    [
        ({"object_type": "qos_policy"}, "InvalidInput", "'qos_policy' is not a valid RBAC object type"),
        ({"action": "access_as_owner"}, "InvalidActionForType", "Valid actions: ('access_as_shared', 'access_as_ext"),
        ({"object_type": "security_group", "action": EXTERNAL}, "InvalidActionForType", "('access_as_shared',)"),
    ],
)
def test_what_cannot_be_shared_so_is_refused(wrong: dict[str, str], type: str, words: str):
    given(a_network()).when(new(**wrong)).refused(400, type, words)


def test_what_is_not_there_cannot_be_shared():
    given().when(new()).refused(404, "NetworkNotFound", NET)


def test_one_request_shares_with_many_or_with_nobody():
    both = CreateRbacPolicies((*new().rbac_policies, *new(target=OTHERS, id=POLICY2).rbac_policies))
    outcome = given(a_network()).when(both)
    assert len(outcome.of(NetworkAccessGranted)) == 2 and outcome.decision.touched == (
        f"rbac_policy-{POLICY}",
        f"rbac_policy-{POLICY2}",
    )
    bad = CreateRbacPolicies((*both.rbac_policies, *new("access_as_owner", id=uuid_of(73)).rbac_policies))
    given(a_network()).when(bad).refused(400, "InvalidActionForType")


def test_the_same_policy_twice_is_refused_by_its_claim():
    [key] = claims_of(RbacPolicyCreated(POLICY, US, "network", NET, SHARED, THEM)).take
    moved = claims_of(RbacPolicyTargetChanged(POLICY, NET, SHARED, OTHERS, THEM))
    assert moved.take == (key,) and claims_of(RbacPolicyDeleted(POLICY, US, "network", NET, SHARED, THEM)).release == (
        key,
    )
    refusal = refusal_of_claim(key)
    assert (refusal.status, refusal.type) == (409, "DuplicateRbacPolicy")


def test_another_project_takes_the_place_of_one():
    outcome = shared(THEM).when(UpdateRbacPolicy(POLICY, {"target_project": OTHERS}))
    outcome.then(
        RbacPolicyTargetChanged(POLICY, NET, SHARED, THEM, OTHERS),
        NetworkAccessWithdrawn(NET, SHARED, THEM, POLICY),
        NetworkAccessGranted(NET, SHARED, OTHERS, POLICY),
    )
    assert outcome.guards == (NoneRefers("port", "network_id", NET, only=(("project_id", THEM),)),)
    state = outcome.after().state("network", NET)
    assert state.is_shared_with(OTHERS) and not state.is_shared_with(THEM)
    assert shared(THEM).when(UpdateRbacPolicy(POLICY, {"target_project": THEM})).events == ()
    shared(THEM).when(UpdateRbacPolicy(POLICY2, {})).refused(404, "RbacPolicyNotFound")


def guards(past: Given, command: Any) -> tuple[Any, ...]:
    return past.when(command).guards


def test_a_policy_stays_while_those_who_would_lose_it_have_ports_there():
    [one] = guards(shared(THEM), DeleteRbacPolicy(POLICY))
    assert one == NoneRefers("port", "network_id", NET, only=(("project_id", THEM),))
    [all_but] = guards(shared("*", THEM), DeleteRbacPolicy(POLICY))
    assert all_but == NoneRefers("port", "network_id", NET, unless=(("project_id", (US, "", THEM)),))
    refusal = refusal_of_guard(all_but, {})
    assert (refusal.status, refusal.type) == (409, "RbacPolicyInUse") and "Multiple projects" in refusal.message


def test_nobody_loses_what_another_policy_gives_or_what_is_his_own():
    assert guards(shared("*", THEM), DeleteRbacPolicy(POLICY2)) == ()
    assert guards(shared(US), DeleteRbacPolicy(POLICY)) == ()
    assert guards(shared(THEM), UpdateRbacPolicy(POLICY, {"target_project": "*"})) == ()
    [narrowed] = guards(shared("*"), UpdateRbacPolicy(POLICY, {"target_project": THEM}))
    assert narrowed.unless == (("project_id", (US, "", THEM)),)


def test_an_external_network_stays_so_for_whom_has_a_router_on_it():
    [one] = guards(shared(THEM, OTHERS, action=EXTERNAL), DeleteRbacPolicy(POLICY))
    assert one == NoneRefers("router", "external_network_id", NET, only=(("project_id", THEM),))
    [all_but] = guards(shared("*", THEM, action=EXTERNAL), DeleteRbacPolicy(POLICY))
    assert all_but.unless == (("project_id", (US, "", THEM)),)
    last = guards(shared(THEM, action=EXTERNAL), DeleteRbacPolicy(POLICY))
    assert [(one.kind, one.unless) for one in last] == [
        ("router", (("project_id", ()),)),
        ("floatingip", (("project_id", ()),)),
    ]
    for guard in (one, all_but, *last):
        refusal = refusal_of_guard(guard, {})
        assert refusal.type == "RbacPolicyInUse" and "There are routers attached" in refusal.message


def test_the_default_external_network_is_for_all():
    past = shared("*", action=EXTERNAL).and_then(NetworkDefaultChanged(NET, True))
    past.when(DeleteRbacPolicy(POLICY)).refused(409, "RbacPolicyInUse", "must be shared to everyone")
    narrower = UpdateRbacPolicy(POLICY, {"target_project": THEM})
    past.when(narrower).refused(409, "RbacPolicyInUse", "must be shared to everyone")
