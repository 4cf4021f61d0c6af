"""Floating IPs come to stand for something else, or nothing; they are given back; what agents report."""

from __future__ import annotations

from typing import Any

import pytest

from libs.commands import (
    DeleteFloatingIp,
    ReportFloatingIp,
    UpdateFloatingIp,
)
from libs.events import (
    AddressReleased,
    FloatingIpAssociated,
    FloatingIpBecameActive,
    FloatingIpDescribed,
    FloatingIpDisassociated,
    FloatingIpFailed,
    FloatingIpReleased,
    FloatingIpWentDown,
    PortDeleted,
)
from tests.unit.given import given, member
from tests.unit.outside import (
    FLOATING,
    GATEWAY_PORT2,
    HOLDER,
    PUBLIC,
    PUBLIC_SUBNET,
    ROUTER,
    ROUTER2,
    a_floating_ip,
    a_router,
    a_way_out,
    another_port,
    ours,
    point,
    stands_for,
)
from tests.unit.people import (
    PORT,
    PORT2,
    SUBNET,
    US,
)


def test_a_floating_ip_comes_to_stand_for_a_port():
    pointed = ours().when(point()).then(stands_for())
    assert pointed.after().state("floatingip", FLOATING).target.subnet_id == SUBNET
    assert pointed.after().when(point()).decision.changes == ()


def test_it_moves_to_another_port_in_one_fact():
    moved = ours(stands_for(), *another_port()).when(point(PORT2))
    moved.then(
        FloatingIpAssociated(FLOATING, "203.0.113.7", ROUTER, PORT2, "10.0.0.6", SUBNET, ROUTER, PORT, "10.0.0.5")
    )


def test_it_moves_to_another_address_of_its_port():
    two = given(*a_way_out(), *a_floating_ip(), stands_for()).and_then(*another_port("10.0.0.6", "10.0.0.7"))
    to_second = two.by(member(US)).when(point(PORT2, "10.0.0.7")).after()
    moved = to_second.when(point(PORT2, "10.0.0.6"))
    [fact] = moved.of(FloatingIpAssociated)
    assert (fact.fixed_ip_address, fact.fixed_ip_before, fact.fixed_port_before) == ("10.0.0.6", "10.0.0.7", PORT2)


def test_it_lets_go():
    let_go = ours(stands_for(), FloatingIpBecameActive(FLOATING, "net1")).when(point(None))
    let_go.then(FloatingIpDisassociated(FLOATING, "203.0.113.7", ROUTER, PORT, "10.0.0.5", "asked"))
    assert let_go.after().state("floatingip", FLOATING).status == "DOWN"
    assert let_go.after().when(point(None)).decision.changes == ()


def test_a_new_description_leaves_the_target_alone_even_of_a_port_with_two_addresses():
    held = ours(stands_for()).and_then(*another_port("10.0.0.6", "10.0.0.7"))
    pointed = held.when(point(PORT2, "10.0.0.7")).after()
    pointed.when(UpdateFloatingIp(FLOATING, {"description": "web"})).then(FloatingIpDescribed(FLOATING, "", "web"))


def test_description_and_target_change_together():
    both = ours().when(point(PORT, description="web"))
    both.then(FloatingIpDescribed(FLOATING, "", "web"), stands_for())


def test_a_revision_that_was_overtaken_is_refused():
    ours(stands_for()).when(UpdateFloatingIp(FLOATING, {"port_id": None}, if_revision=1)).refused(
        412, "RevisionNumberConstraintFailed"
    )
    ours(stands_for()).when(DeleteFloatingIp(FLOATING, if_revision=1)).refused(412, "RevisionNumberConstraintFailed")


def test_it_is_given_back_with_the_port_that_held_its_address():
    given_back = ours(stands_for()).when(DeleteFloatingIp(FLOATING))
    given_back.then(
        FloatingIpDisassociated(FLOATING, "203.0.113.7", ROUTER, PORT, "10.0.0.5", "asked"),
        FloatingIpReleased(FLOATING, US, PUBLIC, "203.0.113.7", HOLDER),
        AddressReleased(HOLDER, PUBLIC_SUBNET, "203.0.113.7"),
        PortDeleted(HOLDER, PUBLIC, "", "fa:16:3e:ff:00:07", "", FLOATING, "network:floatingip"),
    )
    gone = given_back.after().resources
    assert gone[f"floatingip-{FLOATING}"] is None and gone[f"port-{HOLDER}"] is None
    assert ours().when(DeleteFloatingIp(FLOATING)).of(FloatingIpDisassociated) == []


def report(status: str, **more: Any) -> ReportFloatingIp:
    said = {"host": "net1", "router_id": ROUTER, "fixed_ip_address": "10.0.0.5", **more}
    return ReportFloatingIp(FLOATING, status=status, **said)


def test_the_status_follows_the_agent_that_runs_the_router():
    works = ours(stands_for()).when(report("ACTIVE")).then(FloatingIpBecameActive(FLOATING, "net1")).after()
    assert works.when(report("ACTIVE")).decision.changes == ()
    failed = works.when(report("ERROR", reason="no route")).then(FloatingIpFailed(FLOATING, "net1", "no route")).after()
    assert failed.state("floatingip", FLOATING).status == "ERROR"
    failed.when(report("DOWN")).then(FloatingIpWentDown(FLOATING, "net1", "reported"))


@pytest.mark.parametrize(
    "said", [{"host": "net2"}, {"router_id": ROUTER2}, {"fixed_ip_address": "10.0.0.9"}, {"host": ""}]
)
def test_what_others_say_or_say_of_another_time_changes_nothing(said: dict[str, str]):
    second = a_router(ROUTER2, "203.0.113.3", GATEWAY_PORT2)
    assert ours(*second, stands_for()).when(report("ACTIVE", **said)).decision.changes == ()


def test_a_report_about_what_stands_for_nothing_or_is_gone_changes_nothing():
    assert ours().when(report("ACTIVE")).decision.changes == ()
    gone = ours(stands_for()).when(DeleteFloatingIp(FLOATING)).after()
    assert gone.when(report("ACTIVE")).decision.changes == ()


def test_it_is_down_after_each_move_until_the_agent_says_otherwise():
    active = ours(stands_for(), FloatingIpBecameActive(FLOATING, "net1")).and_then(*another_port())
    moved = active.when(point(PORT2)).after()
    assert moved.state("floatingip", FLOATING).status == "DOWN"
    assert moved.when(report("ACTIVE")).decision.changes == ()
    moved.when(report("ACTIVE", fixed_ip_address="10.0.0.6")).then(FloatingIpBecameActive(FLOATING, "net1"))
