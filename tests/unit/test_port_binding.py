"""Ports: bound to a host, wired there, and left again. Status tells what an agent saw, nothing else."""

from __future__ import annotations

import pytest

from libs.commands import ReportWired, UpdatePort
from libs.events import (
    PortAdminStateChanged,
    PortBecameActive,
    PortBindingFailed,
    PortBound,
    PortUnbound,
    PortVnicTypeChanged,
    PortWentDown,
)
from tests.unit.given import OVS, Outcome, given
from tests.unit.people import NET, PORT, a_network, a_port, a_subnet, active, bound

FREE = (a_network(), *a_subnet(), *a_port("10.0.0.5"))
BOUND = (*FREE, bound("compute1"))
ACTIVE = (*BOUND, active("compute1"))
FAILED = (*FREE, PortBindingFailed(PORT, NET, "compute1", "", "no live agent"))


def changed(*past, broken: tuple[str, ...] = (), **changes) -> Outcome:
    return given(*past).with_broken(*broken).when(UpdatePort(PORT, changes))


def reported(*past, host: str = "compute1", generation: int = 1, wired: bool = True) -> Outcome:
    return given(*past).when(ReportWired(PORT, host, generation, wired))


def ovs(host: str, before: str, generation: int) -> PortBound:
    return PortBound(PORT, NET, host, before, generation, "ovs", OVS.vif_details)


def test_a_host_binds_a_free_port():
    changed(*FREE, host="compute1").then(ovs("compute1", "", 1))


def test_the_same_host_again_changes_nothing():
    outcome = changed(*ACTIVE, host="compute1")
    assert outcome.decision.changes == () and outcome.asked == ()


def test_another_host_takes_it_over_and_the_port_is_down_until_wired_there():
    outcome = changed(*ACTIVE, host="compute2")
    outcome.then(PortWentDown(PORT, "compute1", "unbound"), ovs("compute2", "compute1", 2))
    assert outcome.after().state("port", PORT).status == "DOWN"


def test_a_port_that_was_not_wired_does_not_go_down_again():
    changed(*BOUND, host="compute2").then(ovs("compute2", "compute1", 2))


@pytest.mark.parametrize("nowhere", ["", None])
def test_without_a_host_it_is_attached_nowhere(nowhere):
    changed(*ACTIVE, host=nowhere).then(PortWentDown(PORT, "compute1", "unbound"), PortUnbound(PORT, NET, "compute1"))
    changed(*FREE, host=nowhere).then()


def test_a_host_without_a_live_agent_fails_the_binding_and_says_why():
    outcome = changed(*ACTIVE, host="compute9", broken=("compute9",))
    outcome.then(
        PortWentDown(PORT, "compute1", "unbound"),
        PortBindingFailed(PORT, NET, "compute9", "compute1", "no live agent"),
    )
    port = outcome.after().state("port", PORT)
    assert (port.host, port.vif_type, port.status, port.is_bound) == ("compute9", "binding_failed", "DOWN", False)


def test_a_failed_binding_is_tried_again_when_its_host_is_named_again():
    changed(*FAILED, host="compute1").then(ovs("compute1", "compute1", 1))
    changed(*FAILED, host="compute1", broken=("compute1",)).then()
    assert changed(*FAILED, name="x").asked == ()


def test_a_failed_binding_can_be_given_up():
    changed(*FAILED, host="").then(PortUnbound(PORT, NET, "compute1"))


def test_another_kind_of_vnic_binds_anew():
    changed(*ACTIVE, vnic_type="direct").then(
        PortVnicTypeChanged(PORT, "normal", "direct"),
        PortWentDown(PORT, "compute1", "unbound"),
        ovs("compute1", "compute1", 2),
    )


def test_generations_count_every_binding_of_a_port():
    past = changed(*BOUND, host="").after()
    again = past.when(UpdatePort(PORT, {"host": "compute1"}))
    assert again.events == (ovs("compute1", "", 2),)


def test_a_wired_port_becomes_active_and_an_unwired_one_goes_down():
    reported(*BOUND).then(PortBecameActive(PORT, "compute1"))
    reported(*ACTIVE, wired=False).then(PortWentDown(PORT, "compute1", "unplugged"))


def test_repeated_reports_change_nothing():
    for outcome in (reported(*ACTIVE), reported(*BOUND, wired=False)):
        assert outcome.decision.changes == () and outcome.decision.touched == (f"port-{PORT}",)


@pytest.mark.parametrize(
    "past, report",
    [
        (FREE, {}),
        (FAILED, {}),
        (BOUND, {"host": "compute2"}),
        (BOUND, {"generation": 2}),
        (BOUND, {"generation": 0}),
        ((*BOUND, bound("compute1", generation=2)), {}),
        ((*ACTIVE, bound("compute1", generation=2), active()), {"wired": False}),
    ],
)
def test_reports_about_another_binding_than_the_present_one_change_nothing(past, report):
    assert reported(*past, **report).decision.changes == ()


def test_a_report_about_a_port_that_is_gone_changes_nothing():
    outcome = reported()
    assert outcome.decision.changes == () and outcome.refusal is None


def test_a_port_that_is_switched_off_goes_down_and_does_not_become_active():
    off = changed(*ACTIVE, admin_state_up=False)
    off.then(PortAdminStateChanged(PORT, False), PortWentDown(PORT, "compute1", "disabled"))
    past = off.after()
    assert past.when(ReportWired(PORT, "compute1", 1, True)).decision.changes == ()
    on = past.when(UpdatePort(PORT, {"admin_state_up": True})).after()
    on.when(ReportWired(PORT, "compute1", 1, True)).then(PortBecameActive(PORT, "compute1"))


def test_switched_off_and_moved_at_once_it_goes_down_once():
    changed(*ACTIVE, admin_state_up=False, host="compute2").then(
        PortAdminStateChanged(PORT, False),
        PortWentDown(PORT, "compute1", "disabled"),
        ovs("compute2", "compute1", 2),
    )


def test_a_profile_does_not_interrupt_a_wired_port():
    outcome = changed(*ACTIVE, profile={"migrating_to": "compute2"})
    assert outcome.asked == () and len(outcome.events) == 1
    assert outcome.after().state("port", PORT).status == "ACTIVE"
