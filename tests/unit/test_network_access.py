"""Whom a network is shared with, and for whom it is external: what its attributes say and what RBAC policies say is the same."""

from __future__ import annotations

import hypothesis

from libs.commands import CreateNetworks, DeleteNetwork, NewNetwork, UpdateNetwork
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    NetworkAccessGranted,
    NetworkAccessWithdrawn,
    NetworkCreated,
    NetworkDefaultChanged,
    NetworkDeleted,
    NetworkExternalChanged,
    NetworkRenamed,
    NetworkSharingChanged,
    RbacPolicyCreated,
    RbacPolicyDeleted,
)
from libs.network.kinds import body_of, resource_of, row_of
from libs.network.network import Network
from libs.network.rbac_policy import RbacPolicy
from libs.network.resources import fold_recorded
from libs.network.sharing import Access, policy_id_of
from tests.unit.given import Given, given
from tests.unit.histories import START, Life, histories
from tests.unit.people import NET, PORT, THEM, US, a_network

SHARED, EXTERNAL = "access_as_shared", "access_as_external"


def policy_for_all(action: str, version: int = 0) -> str:
    return policy_id_of(NET, action, version)


def shared_network(**more: bool) -> Given:
    return given().when(CreateNetworks((NewNetwork(NET, US, "blue", **{"shared": True, **more}),))).after()


def test_a_network_that_is_shared_from_the_start_has_its_policy():
    outcome = given().when(CreateNetworks((NewNetwork(NET, US, "blue", shared=True, external=True),)))
    shared, external = policy_for_all(SHARED), policy_for_all(EXTERNAL)
    outcome.then(
        NetworkCreated(NET, US, "blue", "", True, True, True, 1450, "vxlan", None, 100),
        NetworkAccessGranted(NET, SHARED, "*", shared),
        NetworkAccessGranted(NET, EXTERNAL, "*", external),
        RbacPolicyCreated(shared, US, "network", NET, SHARED, "*"),
        RbacPolicyCreated(external, US, "network", NET, EXTERNAL, "*"),
    )
    assert outcome.decision.touched == (f"network-{NET}",)
    body = body_of(outcome.after().resources[f"network-{NET}"])
    assert (body["shared"], body["router:external"], body["is_default"]) == (True, True, False)


def test_to_share_and_to_share_no_longer_makes_and_ends_policies_that_never_come_twice():
    past = given(a_network())
    first = past.when(UpdateNetwork(NET, {"shared": True}))
    first.then(
        NetworkAccessGranted(NET, SHARED, "*", policy_for_all(SHARED, 1)),
        RbacPolicyCreated(policy_for_all(SHARED, 1), US, "network", NET, SHARED, "*"),
    )
    gone = first.after().when(UpdateNetwork(NET, {"shared": False}))
    gone.then(
        NetworkAccessWithdrawn(NET, SHARED, "*", policy_for_all(SHARED, 1)),
        RbacPolicyDeleted(policy_for_all(SHARED, 1), US, "network", NET, SHARED, "*"),
    )
    [_, again] = gone.after().when(UpdateNetwork(NET, {"shared": True})).events
    assert again.rbac_policy_id == policy_for_all(SHARED, 3) != policy_for_all(SHARED, 1)


def test_what_is_already_so_changes_nothing():
    for wanted in ({"shared": True}, {"external": False}, {"is_default": False}, {"is_default": True}):
        assert shared_network().when(UpdateNetwork(NET, wanted)).events == ()


def test_a_network_that_is_external_for_some_is_not_opened_for_all_by_saying_that_it_is_external():
    past = given(a_network(), NetworkAccessGranted(NET, EXTERNAL, THEM, PORT))
    assert past.state("network", NET).external
    assert past.when(UpdateNetwork(NET, {"external": True})).events == ()


def test_an_external_network_that_is_to_be_so_no_longer_is_withdrawn_from_everybody():
    policy = RbacPolicyCreated(PORT, US, "network", NET, EXTERNAL, THEM)
    past = shared_network(external=True).and_then(NetworkAccessGranted(NET, EXTERNAL, THEM, PORT), policy)
    outcome = past.when(UpdateNetwork(NET, {"external": False}))
    assert [one.rbac_policy_id for one in outcome.of(RbacPolicyDeleted)] == [policy_for_all(EXTERNAL), PORT]
    assert outcome.guards == (
        NoneRefers("router", "external_network_id", NET),
        NoneRefers("floatingip", "floating_network_id", NET),
    )
    state = outcome.after().state("network", NET)
    assert (state.external, state.shared, state.is_open_to(THEM)) == (False, True, True)


def test_networks_of_older_logs_are_as_open_as_they_were_and_get_their_policies_when_they_are_shared_again():
    past = given(a_network(shared=True, external=True))
    state = past.state("network", NET)
    assert state.shared and state.external and state.is_open_to(THEM) and state.is_shared_with(THEM)
    past.when(UpdateNetwork(NET, {"shared": False})).then(NetworkAccessWithdrawn(NET, SHARED, "*", ""))
    made = past.when(UpdateNetwork(NET, {"shared": True})).of(RbacPolicyCreated)
    assert [(one.action, one.target_project) for one in made] == [(SHARED, "*")]
    toggled = given(a_network(), NetworkSharingChanged(NET, True), NetworkExternalChanged(NET, True))
    assert toggled.state("network", NET).shared and toggled.state("network", NET).external
    closed = toggled.and_then(NetworkSharingChanged(NET, False), NetworkExternalChanged(NET, False))
    assert not closed.state("network", NET).is_open_to(THEM)


def test_a_network_takes_its_policies_along():
    outcome = shared_network(external=True, is_default=True).when(DeleteNetwork(NET))
    assert {one.action for one in outcome.of(RbacPolicyDeleted)} == {SHARED, EXTERNAL}
    assert outcome.of(NetworkDefaultChanged) == [NetworkDefaultChanged(NET, False)] and outcome.of(NetworkDeleted)


def test_who_is_named_may_stay_when_a_network_is_shared_with_all_no_longer():
    policy = RbacPolicyCreated(PORT, US, "network", NET, SHARED, THEM)
    past = shared_network().and_then(NetworkAccessGranted(NET, SHARED, THEM, PORT), policy)
    ports, subnets = past.when(UpdateNetwork(NET, {"shared": False})).guards
    assert dict(ports.unless)["project_id"] == dict(subnets.unless)["project_id"] == (US, THEM)


def test_only_an_external_network_is_the_default_one_and_stops_to_be_so_with_being_external():
    assert given(a_network()).when(UpdateNetwork(NET, {"is_default": True})).events == ()
    made = given().when(CreateNetworks((NewNetwork(NET, US, external=True, is_default=True),))).after()
    assert body_of(made.resources[f"network-{NET}"])["is_default"] is True
    both = given(a_network()).when(UpdateNetwork(NET, {"external": True, "is_default": True}))
    assert both.of(NetworkDefaultChanged) == [NetworkDefaultChanged(NET, True)]
    gone = made.when(UpdateNetwork(NET, {"external": False}))
    assert gone.of(NetworkDefaultChanged) == [NetworkDefaultChanged(NET, False)]


def test_a_row_holds_who_may_use_the_network():
    past = shared_network(external=True).and_then(
        NetworkAccessGranted(NET, SHARED, THEM, PORT),
        NetworkAccessGranted(NET, EXTERNAL, THEM, PORT),
        NetworkAccessWithdrawn(NET, EXTERNAL, "*", policy_for_all(EXTERNAL)),
        NetworkRenamed(NET, "blue", "red"),
    )
    resource = past.resources[f"network-{NET}"]
    row = row_of(resource)
    assert resource_of(row) == resource
    assert (row.columns["shared_with"], row.columns["external_to"]) == (["*", THEM], [THEM])
    nobodys = row_of(given(a_network()).resources[f"network-{NET}"])
    assert (nobodys.columns["shared_with"], nobodys.columns["external_to"]) == (None, None)


@hypothesis.given(histories)
@hypothesis.settings(max_examples=60, deadline=None)
def test_networks_and_policies_always_say_the_same(history):
    life = Life()
    for command in (*START, *history):
        life.does(command)
    states = [one.state for one in fold_recorded(life.log.read(0, 10_000)).values() if one is not None]
    said = {
        (one.id, access)
        for one in states
        if isinstance(one, Network)
        for access in (Access(each.action, each.target_project, each.policy_id) for each in one.access)
    }
    assert said == {
        (one.object_id, Access(one.action, one.target_project, one.id)) for one in states if isinstance(one, RbacPolicy)
    }
