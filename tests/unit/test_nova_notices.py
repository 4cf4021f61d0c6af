"""What Nova is told because of facts, and what its answers mean."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from libs.eventlog.protocol import Recorded
from libs.events import (
    AddressAllocated,
    Event,
    FloatingIpAssociated,
    FloatingIpDisassociated,
    NetworkRenamed,
    PortBecameActive,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingWired,
    PortBound,
    PortCreated,
    PortDeleted,
    PortDeviceChanged,
    PortRenamed,
    PortSecurityGroupsChanged,
    PortTagsChanged,
    PortWentDown,
)
from libs.nova import Notice, outcome_of
from services.topology.commits import ACTOR
from services.topology.notices import called_for, made_in, notices, ports_in

P, Q, N = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
VM = str(uuid.UUID(int=9))
PORTS = {P: (VM, "compute:nova"), Q: (VM, "compute:az2")}


def facts(*events: Event, user: str = "alice", command: str = "c") -> list[Recorded]:
    meta = {"actor": {"user": user}, "command_id": command, "at": ""}
    return [Recorded(at, "s", at, event, meta, "") for at, event in enumerate(events, 1)]


def told(batch: Sequence[Recorded], ports: dict[str, tuple[str, str]] = PORTS) -> list[tuple[str, str, str]]:
    wanted = called_for(batch, made_in(batch))
    assert set(ports_in(wanted)) <= {P, Q, N}
    return [(one.name, one.port_id, one.status) for one in notices(wanted, ports)]


@pytest.mark.parametrize("fact", [PortBecameActive(P, "compute1"), PortBindingWired(P, "compute2", 2)])
def test_a_port_that_is_wired_is_plugged(fact: Event) -> None:
    assert told(facts(fact, user=ACTOR.user)) == [("network-vif-plugged", P, "completed")]


def test_a_port_that_goes_down_is_unplugged() -> None:
    assert told(facts(PortWentDown(P, "compute1", "unplugged"))) == [("network-vif-unplugged", P, "completed")]


def test_a_deleted_port_is_told_of_from_the_fact_itself() -> None:
    gone = PortDeleted(P, N, "p", "", "compute1", VM, "compute:nova")
    assert told(facts(gone), ports={}) == [("network-vif-deleted", P, "")]


@pytest.mark.parametrize(
    "fact",
    [
        PortRenamed(P, "", "x"),
        PortDeviceChanged(P, "", VM, "", "compute:nova"),
        AddressAllocated(P, "s", "10.0.0.5"),
        PortBound(P, N, "compute1", "", 1, "ovs", {}),
        PortSecurityGroupsChanged(P, N, (), ("g",)),
        FloatingIpAssociated("f", "203.0.113.5", "r", P, "10.0.0.5", "s"),
        FloatingIpDisassociated("f", "203.0.113.5", "r", P, "10.0.0.5", "asked"),
    ],
)
def test_what_the_api_changed_is_changed(fact: Event) -> None:
    assert told(facts(fact)) == [("network-changed", P, "")]


@pytest.mark.parametrize(
    "fact",
    [
        PortTagsChanged(P, (), ("x",)),
        PortBindingAdded(P, N, "compute2", 2, "normal", {}, "ovs", {}),
        PortBindingActivated(P, N, "compute2", "compute1", 2, "ovs", {}),
        NetworkRenamed(N, "a", "b"),
    ],
)
def test_what_neutron_does_not_tell_is_not_told(fact: Event) -> None:
    assert told(facts(fact)) == []


def test_what_our_own_processes_change_is_no_news() -> None:
    assert told(facts(AddressAllocated(P, "s", "10.0.0.5"), user=ACTOR.user)) == []


def test_a_port_that_is_made_is_not_changed() -> None:
    new = PortCreated(P, N, "p", "", "", "fa:16:3e:00:00:01", True, VM, "compute:nova")
    batch = facts(new, AddressAllocated(P, "s", "10.0.0.5"), PortBound(P, N, "compute1", "", 1, "ovs", {}))
    assert told(batch) == []
    later = facts(AddressAllocated(P, "s", "10.0.0.6"), command="another")
    assert told([*batch, *later]) == [("network-changed", P, "")]


def test_several_changes_of_one_port_are_told_once_and_plugs_in_turn() -> None:
    batch = facts(
        PortRenamed(P, "", "x"), PortBecameActive(P, "h"), PortRenamed(P, "x", "y"), PortWentDown(P, "h", "unplugged"),
        PortRenamed(Q, "", "z"), PortBecameActive(P, "h"),
    )  # fmt: skip
    assert told(batch) == [
        ("network-changed", P, ""),
        ("network-vif-unplugged", P, "completed"),
        ("network-changed", Q, ""),
        ("network-vif-plugged", P, "completed"),
    ]


def test_a_floating_ip_that_moves_is_told_of_both_ports() -> None:
    moved = FloatingIpAssociated("f", "203.0.113.5", "r", Q, "10.0.0.6", "s", "r", P, "10.0.0.5")
    assert told(facts(moved)) == [("network-changed", P, ""), ("network-changed", Q, "")]


@pytest.mark.parametrize(
    "port",
    [
        ("", ""),
        (VM, "network:dhcp"),
        ("not-a-uuid", "compute:nova"),
        (VM, "compute"),
        (VM.upper() + "x", "compute:nova"),
    ],
)
def test_only_servers_ports_are_told_of(port: tuple[str, str]) -> None:
    assert told(facts(PortBecameActive(P, "h"), PortRenamed(P, "", "x")), ports={P: port}) == []
    gone = PortDeleted(P, N, "p", "", "h", *port)
    assert told(facts(gone), ports={}) == []


PLUGGED = [Notice("network-vif-plugged", VM, port, "completed") for port in (P, Q, N)]


def test_a_notices_body_is_as_nova_reads_it() -> None:
    assert PLUGGED[0].body() == {
        "name": "network-vif-plugged", "server_uuid": VM, "tag": P, "status": "completed",
    }  # fmt: skip
    assert Notice("network-changed", VM, P).body() == {"name": "network-changed", "server_uuid": VM, "tag": P}


def codes(*values: Any) -> dict[str, Any]:
    return {"events": [{"code": value} for value in values]}


def test_answers() -> None:
    one, two, three = PLUGGED
    assert outcome_of(PLUGGED, 200, None).done == tuple(PLUGGED)
    part = outcome_of(PLUGGED, 207, codes(200, 500, 404))
    assert (part.done, part.again, part.unheard) == ((one, three), (two,), "")
    assert outcome_of(PLUGGED, 207, codes(422, 200)).again == (), "an answer that does not fit is taken for yes"
    assert outcome_of(PLUGGED, 404, {}).done == tuple(PLUGGED), "Nova knows none of these servers"
    assert outcome_of(PLUGGED, 400, {}).split
    for status in (401, 403, 409, 429, 500, 502, 503, 302):
        failed = outcome_of(PLUGGED, status, {})
        assert failed.again == tuple(PLUGGED) and str(status) in failed.unheard
