"""Check strings mean what they mean to oslo.policy; a file of an operator's own rules is read with care."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oslo_policy import policy as oslo

from libs.config import BadSetting, Settings
from libs.errors import Refusal
from libs.model import Actor
from libs.policy import BadPolicy, Policy, Target, defaults
from libs.policy_file import policy_of

RULES = {"ours": "project_id:%(project_id)s", "boss": "role:admin or rule:ours"}
LEAVES = (
    *("role:member", "role:Admin", "role:%(wanted)s", "project_id:%(project_id)s", "tenant_id:%(tenant_id)s"),
    *(
        "user_id:%(creator)s",
        "user_id:u1",
        "project_id:ours",
        "service_roles:service",
        "rule:ours",
        "rule:boss",
        "@",
        "!",
    ),
    *("project_id:%(network:project_id)s", "user_id:%(a)s-%(b)s", "project_id:%(nothing)s"),
)
CHECKS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds("not {}".format, inner.filter(lambda text: " " not in text)),
        st.builds("({})".format, inner),
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
    ),
    max_leaves=8,
)
ACTORS = st.builds(
    Actor,
    user=st.sampled_from(("u1", "x-y")),
    project=st.sampled_from(("ours", "theirs")),
    roles=st.sampled_from(((), ("reader",), ("member", "reader"), ("admin", "manager", "member", "reader"))),
    service_roles=st.sampled_from(((), ("service",))),
)


class _Enforcer:
    """As much of oslo.policy's as checks look at."""

    def __init__(self, rules: Any) -> None:
        self.rules = rules


@given(text=CHECKS, actor=ACTORS, owner=st.sampled_from(("ours", "theirs")))
def test_a_verdict_is_oslo_policys(text: str, actor: Actor, owner: str) -> None:
    facts = {"creator": "u1", "wanted": "reader", "a": "x", "b": "y"}
    rules = oslo.Rules.from_dict({**RULES, "asked": text})
    credentials = {
        "roles": list(actor.roles),
        "service_roles": list(actor.service_roles),
        **{"project_id": actor.project, "tenant_id": actor.project, "user_id": actor.user},
    }
    target = {**facts, "project_id": owner, "tenant_id": owner, "network:project_id": "theirs"}
    theirs = bool(rules["asked"](target, credentials, _Enforcer(rules)))  # type: ignore[arg-type]
    policy = Policy({**RULES, "asked": text})
    assert policy.allowed("asked", actor, Target(owner, "theirs", facts=facts)) == theirs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("role:admin and", "cannot be understood"),
        ("member", "cannot be understood"),
        ("role:admin or (role:member", "cannot be understood"),
        ("role:a role:b", "cannot be understood"),
        ("rule:nowhere", "names 'nowhere', which is not there"),
        ("rule:asked", "leads to itself"),
        ("rule:round", "leads to itself"),
        ("http://127.0.0.1:1/judge", "asks for 'http'"),
        ("system_scope:all", "asks for 'system_scope'"),
        ("field:networks", "is not of the form"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(BadPolicy, match=words):
        Policy({"asked": text, "round": "rule:trip", "trip": "rule:round"} if "round" in text else {"asked": text})


def test_fields_are_compared_and_matched() -> None:
    rules = {
        "same": "field:port:name=x",
        "true": "field:networks:shared=True",
        "like": "field:port:device_owner=~^compute:",
    }
    policy, actor = Policy(rules), Actor("u", "p")
    said = Target("p", shared=True, device_owner="compute:nova", facts={"name": "x"})
    assert all(policy.allowed(name, actor, said) for name in rules)
    assert not any(policy.allowed(name, actor, Target("p")) for name in rules)


def test_a_caller_of_no_project_owns_nothing() -> None:
    assert not Policy(RULES).allowed("ours", Actor("u", ""), Target(""))


def _file(folder: Path, text: str, name: str = "policy.yaml") -> Settings:
    path = folder / name
    path.write_text(text)
    return Settings(policy_file=str(path))


def test_a_file_changes_the_rules_that_it_names(tmp_path: Path) -> None:
    member, auditor = Actor("u", "p", ("member",)), Actor("a", "p", ("auditor",))
    policy = policy_of(_file(tmp_path, '"create_network:shared": "rule:admin_or_owner"\n"create_router": "!"\n'))
    policy.check("create", "network", member, Target("p"), {"shared": True})
    for actor in (member, Actor("root", "p", ("admin",))):
        with pytest.raises(Refusal):
            policy.check("create", "router", actor, Target("p"))
    with pytest.raises(Refusal):
        defaults().check("create", "network", member, Target("p"), {"shared": True})
    own = json.dumps({"auditors": "role:auditor", "get_agent": "rule:admin_only or rule:auditors"})
    assert policy_of(_file(tmp_path, own, "policy.json")).allowed("get_agent", auditor, Target(""))


def test_who_is_an_admin_can_be_said_anew(tmp_path: Path) -> None:
    policy = policy_of(_file(tmp_path, "context_is_admin: role:chief\n"))
    chief, admin = Actor("c", "p", ("chief",)), Actor("a", "p", ("admin",))
    assert policy.allowed("create_network:shared", chief, Target("x"))
    assert not policy.allowed("create_network:shared", admin, Target("x"))
    assert not policy.trusts(admin) and not policy.trusts(chief)
    assert policy.caller(chief).is_admin and not policy.caller(admin).is_admin
    assert defaults().caller(admin) is admin


def test_a_file_that_changes_nothing_costs_nothing(tmp_path: Path) -> None:
    admin = Actor("a", "p", ("admin",))
    for text in ("", "{}", "# nothing\n", "context_is_admin: role:admin\n"):
        assert policy_of(_file(tmp_path, text)).trusts(admin)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("create_network: role:", "not allowed here"),
        ("create_network: [", "while parsing"),
        ("- create_network", "expects rules"),
        ("just a text", "expects rules"),
        ("create_network: 7", "expects a text"),
        ("create_network: rule:nowhere", "nowhere"),
        ("get_network: project_id:%(project_id)s", "roles alone"),
        ('"get_port:binding:host_id": "rule:admin_or_owner"', "roles alone"),
    ],
)
def test_a_bad_file_refuses_to_start_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadSetting) as refused:
        policy_of(_file(tmp_path, text))
    assert words in str(refused.value) and "\n" not in str(refused.value)
    assert str(refused.value).startswith("NETLEDGER_POLICY_FILE='")


def test_a_file_that_is_not_there_refuses_to_start() -> None:
    with pytest.raises(BadSetting, match="No such file"):
        policy_of(Settings(policy_file="/nowhere/policy.yaml"))
