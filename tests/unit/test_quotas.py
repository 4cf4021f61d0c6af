"""What counts, what is measured, and that nothing that Neutron limits was left out."""

from __future__ import annotations

import typing
from dataclasses import fields

import pytest

from libs import commands
from libs.commands import AddRouterInterface, AllocateTopology, CreatePorts, CreateSecurityGroups, DeletePort
from libs.config import BadSetting, Settings, load
from libs.eventlog.protocol import Change, Within
from libs.events import (
    Event,
    NetworkCreated,
    PortCreated,
    PortDeleted,
    QuotaLimitChanged,
    QuotaReset,
    SecurityGroupCreated,
    SecurityGroupRuleCreated,
)
from libs.network.kinds import KINDS, row_of
from libs.network.quota import RESOURCES, ROUTER_ROUTE, Quota, evolve, limits_in, of_row, quota_id
from libs.network.quota_checks import MEASURED, limited
from libs.network.resources import apply_events
from libs.network.uses import COUNTED, uses_of
from libs.network.world import Decision

AT, PROJECT = "2026-11-22T12:00:00.000000Z", "a project"


def made(kind: type, project: str = PROJECT) -> typing.Any:
    """A fact of this class of a project; its other values do not matter here."""
    hints = typing.get_type_hints(kind)
    values = {one.name: False if hints[one.name] is bool else "" for one in fields(kind)}
    return kind(**{**values, "project_id": project})


def changes(*facts: Event) -> tuple[Change, ...]:
    return tuple(Change(f"x-{number}", 0, (fact,)) for number, fact in enumerate(facts))


def guards(command: typing.Any, decision: Decision, **defaults: int) -> set[tuple[str, str, int, int | None]]:
    found = [one for one in limited(command, decision, defaults).guards if isinstance(one, Within)]
    return {(one.project, one.kind, one.adding, one.limit) for one in found}


def test_every_resource_is_counted_kept_in_a_table_and_settable() -> None:
    counted = {kind for kind, _ in COUNTED.values()}
    assert counted == {*RESOURCES} - {ROUTER_ROUTE} and counted <= KINDS.keys()
    assert all("project_id" in KINDS[kind].columns for kind in counted)
    assert {one.name.removeprefix("quota_") for one in fields(Settings) if one.name.startswith("quota_")} == {
        *RESOURCES
    }
    for kind in counted:
        ways = sorted(way for each, way in COUNTED.values() if each == kind)
        assert ways == [-1, 1], kind


def test_every_command_that_makes_what_is_counted_is_measured() -> None:
    creates = {one for one in typing.get_args(commands.Command) if one.__name__.startswith(("Create", "Allocate"))}
    unlimited = {"CreateAddressScopes", "CreateFlavors", "CreateServiceProfiles"}
    assert {one.__name__ for one in creates - MEASURED} <= unlimited
    assert creates | {AllocateTopology} == MEASURED | {one for one in creates if one.__name__ in unlimited}


@pytest.mark.parametrize("fact", COUNTED, ids=lambda one: one.__name__)
def test_what_comes_and_goes_counts_for_its_project(fact: type) -> None:
    kind, way = COUNTED[fact]
    assert uses_of([made(fact)]) == {(PROJECT, kind): way}
    assert uses_of([made(fact, "")]) == {}, "nobody's"


def test_what_comes_and_goes_at_once_counts_for_nothing() -> None:
    assert uses_of([made(PortCreated), made(PortDeleted), made(NetworkCreated)]) == {(PROJECT, "network"): 1}


def test_a_request_is_measured_for_what_it_asks_for() -> None:
    port, way_out = made(PortCreated), made(PortCreated, "")
    decision = Decision(changes(port, port, way_out), touched=("x-0", "x-1", "x-2"))
    assert guards(CreatePorts(()), decision, port=7) == {(PROJECT, "port", 2, 7)}
    assert guards(CreatePorts(()), decision) == {(PROJECT, "port", 2, -1)}, "an own limit may hold all the same"
    assert guards(AddRouterInterface("r", "s", "p"), decision, port=7) == set()


def test_the_rules_of_a_group_are_measured_with_it_and_the_default_groups_own_only_count_as_rules() -> None:
    group, rule = made(SecurityGroupCreated), made(SecurityGroupRuleCreated)
    decision = Decision(changes(group, rule, rule), touched=("x-0",))
    wanted = {(PROJECT, "security_group", 1, 10), (PROJECT, "security_group_rule", 2, 100)}
    assert guards(CreateSecurityGroups(()), decision, security_group=10, security_group_rule=100) == wanted
    with_port = Decision((*changes(group, rule, rule), Change("p", 0, (made(PortCreated),))), touched=("p",))
    assert {one[1] for one in guards(CreatePorts(()), with_port)} == {"port", "security_group_rule"}


def test_what_ends_or_changes_is_not_measured() -> None:
    gone = Decision((Change("x", 3, (made(PortDeleted),), ends=True),), touched=("x",))
    assert guards(DeletePort("x"), gone, port=7) == set()
    assert limited(DeletePort("x"), gone, {"port": 7}) is gone


def test_a_guard_without_a_limit_gets_the_default() -> None:
    decision = Decision(guards=(Within(ROUTER_ROUTE, PROJECT, 3), Within("port", PROJECT, 0, 5, fixed=True)))
    assert guards(DeletePort("x"), decision, router_route=30, port=1) == {
        (PROJECT, ROUTER_ROUTE, 3, 30),
        (PROJECT, "port", 0, 5),
    }


def test_a_quota_is_its_facts_and_its_row_is_the_quota() -> None:
    stream = f"quota-{quota_id(PROJECT)}"
    facts = (QuotaLimitChanged(PROJECT, "port", 3), QuotaLimitChanged(PROJECT, "network", -1))
    resource = apply_events(None, stream, facts, AT)
    assert resource is not None and resource.state == Quota(PROJECT, {"port": 3, "network": -1})
    row = row_of(resource)
    assert of_row(row) == resource and row.columns and limits_in(row.columns) == {"port": 3, "network": -1}
    reset = apply_events(resource, stream, (QuotaReset(PROJECT, ("network", "port")),), AT)
    assert reset is not None and reset.state == Quota(PROJECT, {}) and reset.version == 3
    assert of_row(row_of(reset)) == reset and row_of(reset).columns["limits"] == ""  # type: ignore[index]
    with pytest.raises(TypeError, match="PortDeleted is no fact about a quota"):
        evolve(None, made(PortDeleted))


@pytest.mark.parametrize("text", ["-2", "many", "2147483648", "1.5"])
def test_a_limit_that_is_none_stops_the_start(text: str) -> None:
    with pytest.raises(BadSetting, match="NETLEDGER_QUOTA_PORT="):
        load({"NETLEDGER_QUOTA_PORT": text})
    assert load({"NETLEDGER_QUOTA_PORT": "-1"}).quota_port == -1
