"""A server moves: its port has a second binding where it will be, which takes over when it is activated."""

from __future__ import annotations

import pytest

from libs.commands import (
    ActivatePortBinding,
    AddPortBinding,
    ChangePortBinding,
    CreatePorts,
    DeletePort,
    NewPort,
    RemovePortBinding,
    ReportWired,
    UpdatePort,
)
from libs.events import (
    PortBecameActive,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingProfileChanged,
    PortBindingRemoved,
    PortBindingUnwired,
    PortBindingWired,
    PortBound,
    PortProfileChanged,
    PortUnbound,
    PortWentDown,
)
from libs.network.kinds import resource_of, row_of
from libs.network.port_bindings import bindings_body
from tests.unit.given import OVS, Given, Outcome, given
from tests.unit.people import NET, PORT, US, a_network, a_subnet

COMPUTE = "compute:nova"
PROFILE = {"os_vif_delegation": True}


def on_compute1(device_owner: str = COMPUTE) -> Given:
    """A server's port, wired on compute1."""
    new = NewPort(PORT, NET, US, device_id="vm", device_owner=device_owner, host="compute1")
    story = given(a_network(), *a_subnet()).when(CreatePorts((new,))).after()
    return story.when(ReportWired(PORT, "compute1", 1, True)).after()


def with_second(wired: bool = True) -> Given:
    """The same with an inactive binding on compute2, whose tap is there or not."""
    story = on_compute1().when(AddPortBinding(PORT, "compute2", profile=PROFILE)).after()
    return story.when(ReportWired(PORT, "compute2", 2, True)).after() if wired else story


def bindings(story: Given) -> list[tuple[str, str, str]]:
    return [(one["host"], one["status"], one["vif_type"]) for one in bindings_body(story.state("port", PORT))]


def activated(generation: int = 2, host: str = "compute2", before: str = "compute1") -> PortBindingActivated:
    return PortBindingActivated(PORT, NET, host, before, generation, "ovs", OVS.vif_details)


def test_a_further_binding_is_inactive_and_leaves_the_port_where_it_is():
    outcome = on_compute1().when(AddPortBinding(PORT, "compute2", profile=PROFILE))
    outcome.then(PortBindingAdded(PORT, NET, "compute2", 2, "normal", PROFILE, "ovs", OVS.vif_details))
    story = outcome.after()
    assert bindings(story) == [("compute1", "ACTIVE", "ovs"), ("compute2", "INACTIVE", "ovs")]
    port = story.state("port", PORT)
    assert (port.host, port.status, port.profile) == ("compute1", "ACTIVE", {})


def test_where_the_port_is_bound_already_there_is_no_second_binding():
    for host in ("compute1", "compute2"):
        with_second().when(AddPortBinding(PORT, host)).refused(409, "PortBindingAlreadyExists", host)


def test_a_host_without_an_agent_cannot_be_bound_to():
    on_compute1().with_broken("compute9").when(AddPortBinding(PORT, "compute9")).refused(409, "PortBindingError")


@pytest.mark.parametrize("owner", ["", "network:router_interface", "neutron:x"])
def test_only_ports_of_servers_and_of_shared_file_systems_have_several_bindings(owner: str):
    story = on_compute1(owner)
    for command in (AddPortBinding(PORT, "compute2"), ActivatePortBinding(PORT, "compute2")):
        story.when(command).refused(400, "BadRequest", "compute and shared filesystem")
    on_compute1("manila:share").when(AddPortBinding(PORT, "compute2")).of(PortBindingAdded)


def test_a_port_that_is_not_there_has_no_bindings():
    given(a_network()).when(AddPortBinding(PORT, "compute2")).refused(404, "PortNotFound")


def test_an_inactive_binding_is_said_to_be_ready_and_not_the_port():
    story = with_second(wired=False)
    outcome = story.when(ReportWired(PORT, "compute2", 2, True)).then(PortBindingWired(PORT, "compute2", 2))
    outcome.after().when(ReportWired(PORT, "compute2", 2, True)).then()
    gone = outcome.after().when(ReportWired(PORT, "compute2", 2, False))
    gone.then(PortBindingUnwired(PORT, "compute2", 2))
    assert gone.after().state("port", PORT).status == "ACTIVE"


def test_a_report_about_another_binding_of_that_host_says_nothing():
    with_second(wired=False).when(ReportWired(PORT, "compute2", 1, True)).then()


def test_when_its_tap_is_ready_the_port_is_active_there_at_once():
    outcome = with_second().when(ActivatePortBinding(PORT, "compute2"))
    outcome.then(activated(), PortBecameActive(PORT, "compute2"))
    story = outcome.after()
    assert bindings(story) == [("compute2", "ACTIVE", "ovs"), ("compute1", "INACTIVE", "unbound")]
    port = story.state("port", PORT)
    assert (port.host, port.generation, port.status, port.profile) == ("compute2", 2, "ACTIVE", PROFILE)


def test_when_its_tap_is_not_there_yet_the_port_is_down_until_it_is():
    outcome = with_second(wired=False).when(ActivatePortBinding(PORT, "compute2"))
    outcome.then(PortWentDown(PORT, "compute1", "moved"), activated())
    outcome.after().when(ReportWired(PORT, "compute2", 2, True)).then(PortBecameActive(PORT, "compute2"))


def test_the_old_hosts_late_words_change_nothing():
    story = with_second().when(ActivatePortBinding(PORT, "compute2")).after()
    for wired in (True, False):
        story.when(ReportWired(PORT, "compute1", 1, wired)).then()


def test_what_is_active_cannot_be_activated_nor_what_is_not_there():
    with_second().when(ActivatePortBinding(PORT, "compute1")).refused(409, "PortBindingAlreadyActive", "compute1")
    with_second().when(ActivatePortBinding(PORT, "compute3")).refused(404, "PortBindingNotFound", "compute3")


def test_back_to_where_it_was_it_is_attached_anew():
    story = with_second().when(ActivatePortBinding(PORT, "compute2")).after()
    outcome = story.when(ActivatePortBinding(PORT, "compute1"))
    outcome.then(PortWentDown(PORT, "compute2", "moved"), activated(3, "compute1", "compute2"))
    story.with_broken("compute1").when(ActivatePortBinding(PORT, "compute1")).refused(409, "PortBindingError")


def test_after_the_move_the_old_binding_is_removed():
    story = with_second().when(ActivatePortBinding(PORT, "compute2")).after()
    outcome = story.when(RemovePortBinding(PORT, "compute1")).then(PortBindingRemoved(PORT, NET, "compute1"))
    assert bindings(outcome.after()) == [("compute2", "ACTIVE", "ovs")]
    outcome.after().when(RemovePortBinding(PORT, "compute1")).refused(404, "PortBindingNotFound")


def test_removing_the_active_binding_leaves_the_port_unbound():
    outcome = with_second().when(RemovePortBinding(PORT, "compute1"))
    outcome.then(PortWentDown(PORT, "compute1", "unbound"), PortUnbound(PORT, NET, "compute1"))
    assert bindings(outcome.after()) == [("", "ACTIVE", "unbound"), ("compute2", "INACTIVE", "ovs")]
    outcome.after().when(ActivatePortBinding(PORT, "compute2")).of(PortBindingActivated)


def test_a_given_up_move_leaves_numbers_that_are_not_used_again():
    story = with_second().when(RemovePortBinding(PORT, "compute2")).after()
    [added] = story.when(AddPortBinding(PORT, "compute2")).of(PortBindingAdded)
    assert added.generation == 3
    [bound] = story.when(UpdatePort(PORT, {"host": "compute2"})).of(PortBound)
    assert bound.generation == 3


def test_a_host_that_is_named_for_the_port_itself_takes_the_inactive_bindings_place():
    outcome = with_second().when(UpdatePort(PORT, {"host": "compute2"}))
    outcome.then(
        PortWentDown(PORT, "compute1", "unbound"),
        PortBound(PORT, NET, "compute2", "compute1", 3, "ovs", OVS.vif_details),
    )
    assert bindings(outcome.after()) == [("compute2", "ACTIVE", "ovs")]


def test_a_bindings_profile_changes_alone():
    with_second().when(ChangePortBinding(PORT, "compute2", {"profile": None})).then(
        PortBindingProfileChanged(PORT, "compute2", PROFILE, {})
    )
    with_second().when(ChangePortBinding(PORT, "compute1", {"profile": PROFILE})).then(
        PortProfileChanged(PORT, {}, PROFILE)
    )
    with_second().when(ChangePortBinding(PORT, "compute3", {"profile": {}})).refused(404, "PortBindingNotFound")


def test_an_inactive_binding_moves_to_another_host():
    outcome = with_second().when(ChangePortBinding(PORT, "compute2", {"host": "compute3"}))
    outcome.then(
        PortBindingRemoved(PORT, NET, "compute2"),
        PortBindingAdded(PORT, NET, "compute3", 3, "normal", PROFILE, "ovs", OVS.vif_details),
    )
    refused: Outcome = with_second().when(ChangePortBinding(PORT, "compute2", {"host": "compute1"}))
    refused.refused(409, "PortBindingAlreadyExists")


def test_a_row_remembers_all_bindings():
    for story in (on_compute1(), with_second(), with_second().when(RemovePortBinding(PORT, "compute2")).after()):
        resource = story.resources[f"port-{PORT}"]
        assert resource_of(row_of(resource)) == resource


def test_a_deleted_port_has_none():
    assert with_second().when(DeletePort(PORT)).after().resources[f"port-{PORT}"] is None
