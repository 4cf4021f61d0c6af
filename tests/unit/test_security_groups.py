"""Security groups: born with rules, renamed, deleted with what names them; every project has its default group."""

from __future__ import annotations

from libs.commands import (
    CreateSecurityGroups,
    DeleteSecurityGroup,
    EnsureDefaultGroup,
    NewSecurityGroup,
    UpdateSecurityGroup,
)
from libs.eventlog.commit import Ledger
from libs.eventlog.memory import MemoryLog
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    SecurityGroupCreated,
    SecurityGroupDeleted,
    SecurityGroupDescribed,
    SecurityGroupRenamed,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
    SecurityGroupStatefulChanged,
)
from libs.model import Actor, Context
from libs.network.kinds import body_of, resource_of, row_of
from libs.network.resources import scope_of
from libs.network.security_group import default_group_id
from tests.unit.given import given
from tests.unit.guarded import DEFAULT, GROUP, GROUP2, RULE, RULE2, THEIR_DEFAULT, a_group, a_rule, the_default_group
from tests.unit.people import THEM, US

ATTRIBUTES = {
    "id", "name", "tenant_id", "project_id", "stateful", "shared", "description", "created_at", "updated_at",
    "revision_number", "tags",
}  # fmt: skip


def make(**more: object) -> CreateSecurityGroups:
    return CreateSecurityGroups((NewSecurityGroup(GROUP, US, **{"name": "web", **more}),))  # type: ignore[arg-type]


def test_a_group_lets_everything_out_and_nothing_in() -> None:
    outcome = given(*the_default_group()).when(make(description="of the web", stateful=False))
    assert outcome.events[0] == SecurityGroupCreated(GROUP, US, "web", "of the web", False, False)
    rules = outcome.of(SecurityGroupRuleCreated)
    assert {(one.direction, one.ethertype) for one in rules} == {("egress", "IPv4"), ("egress", "IPv6")}
    assert {one.security_group_id for one in rules} == {GROUP} and not any(one.remote_group_id for one in rules)
    assert outcome.decision is not None and outcome.decision.touched == (f"security_group-{GROUP}",)


def test_with_its_first_group_a_project_gets_its_default_group() -> None:
    outcome = given().when(make())
    assert [one.security_group_id for one in outcome.of(SecurityGroupCreated)] == [DEFAULT, GROUP]
    assert outcome.events[:5] == the_default_group()
    assert outcome.after().when(make()).refusal is None


def test_the_default_group_is_made_once_and_known_by_its_project() -> None:
    outcome = given().when(EnsureDefaultGroup(US))
    outcome.then(*the_default_group())
    outcome.after().when(EnsureDefaultGroup(US)).then()
    assert DEFAULT == default_group_id(US) != THEIR_DEFAULT
    assert len({one.security_group_rule_id for one in outcome.of(SecurityGroupRuleCreated)}) == 4


def test_in_a_default_group_its_own_ports_reach_each_other() -> None:
    rules = [one for one in the_default_group() if isinstance(one, SecurityGroupRuleCreated)]
    assert {one.remote_group_id for one in rules if one.direction == "ingress"} == {DEFAULT}
    assert all(one.in_default_group for one in rules)


def test_an_update_says_what_changed_and_only_that() -> None:
    past = given(a_group())
    changes = {"name": "www", "description": "all", "stateful": False}
    past.when(UpdateSecurityGroup(GROUP, changes)).then(
        SecurityGroupRenamed(GROUP, "web", "www"),
        SecurityGroupDescribed(GROUP, "", "all"),
        SecurityGroupStatefulChanged(GROUP, False),
    )
    past.when(UpdateSecurityGroup(GROUP, {"name": "web"})).then()
    past.when(UpdateSecurityGroup(GROUP, {"name": "x"}, 7)).refused(412, "RevisionNumberConstraintFailed")
    given().when(UpdateSecurityGroup(GROUP, {"name": "x"})).refused(
        404, "SecurityGroupNotFound", f"Security group {GROUP} does not exist"
    )


def test_whether_answers_pass_changes_only_while_no_port_has_the_group() -> None:
    past = given(a_group())
    guard = NoneRefers("port", "security_groups", GROUP)
    assert past.when(UpdateSecurityGroup(GROUP, {"stateful": False})).guards == (guard,)
    assert past.when(UpdateSecurityGroup(GROUP, {"name": "x", "stateful": True})).guards == ()


def test_a_default_group_keeps_its_name_but_not_its_description() -> None:
    past = given(*the_default_group())
    past.when(UpdateSecurityGroup(DEFAULT, {"name": "x"})).refused(409, "SecurityGroupCannotUpdateDefault")
    past.when(UpdateSecurityGroup(DEFAULT, {"description": "x"})).then(
        SecurityGroupDescribed(DEFAULT, "Default security group", "x")
    )


def test_a_group_ends_with_its_rules_and_those_that_name_it() -> None:
    theirs = a_rule(RULE2, GROUP2, remote_group_id=GROUP)
    outcome = given(a_group(), a_group(GROUP2), a_rule(), theirs).when(DeleteSecurityGroup(GROUP))
    gone = {one.security_group_rule_id for one in outcome.of(SecurityGroupRuleDeleted)}
    assert gone == {RULE, RULE2}
    assert outcome.events[-1] == SecurityGroupDeleted(GROUP, US, "web")
    assert {*outcome.guards} >= {
        NoneRefers("port", "security_groups", GROUP),
        NoneRefers("security_group_rule", "security_group_id", GROUP, besides=(RULE,)),
        NoneRefers("security_group_rule", "remote_group_id", GROUP, besides=(RULE2,)),
    }
    after = outcome.after()
    assert after.resources[f"security_group-{GROUP2}"] is not None
    assert after.resources[f"security_group_rule-{RULE2}"] is None


def test_a_default_group_ends_as_others_do() -> None:
    outcome = given(*the_default_group()).when(DeleteSecurityGroup(DEFAULT))
    assert len(outcome.of(SecurityGroupRuleDeleted)) == 4


def test_after_a_deleted_default_group_comes_another_one() -> None:
    log = MemoryLog()
    ledgers = [Ledger(log, lambda questions: []), Ledger(log, lambda questions: [])]

    def context(number: int) -> Context:
        return Context(Actor("root", "", ("admin",)), "", f"command-{number}", "2026-11-22T15:30:00.000000Z")

    ids = []
    for number in range(3):
        [row] = ledgers[number % 2].commit(EnsureDefaultGroup(US), context(number)).rows
        assert row is not None
        ids.append(row.id)
        ledgers[0].commit(DeleteSecurityGroup(row.id), context(number + 10))
    assert ids == [default_group_id(US, number) for number in range(3)]
    assert len(set(ids)) == 3


def test_a_groups_body_and_row() -> None:
    resource = given(*the_default_group()).resources[f"security_group-{DEFAULT}"]
    assert resource is not None and scope_of(resource) == DEFAULT
    body = body_of(resource)
    assert body.keys() == ATTRIBUTES and body["name"] == "default" and body["project_id"] == US
    row = row_of(resource)
    assert row.columns is not None and row.columns["is_default"] is True and resource_of(row) == resource


def test_a_project_has_a_default_group_of_its_own() -> None:
    given(*the_default_group(THEM)).when(EnsureDefaultGroup(US)).then(*the_default_group())
