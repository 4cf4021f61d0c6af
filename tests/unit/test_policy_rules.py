"""Every rule of the policy, tried by everybody on everything: against what is meant (`policy_rows`), and against Neutron's own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from libs.errors import Refusal
from libs.policy import RULES, SUBJECTS, Policy, Target, defaults
from services.api.commands import VERBS
from tests.unit.policy_people import PEOPLE, THINGS, whom
from tests.unit.policy_rows import TABLE

NEUTRON = json.loads((Path(__file__).parent / "neutron_policies.json").read_text())
"""{rule: check string} of Neutron 29.0.0 (neutron.conf.policies)"""

NEUTRONS = Policy(NEUTRON)

DIFFERENT = {
    **dict.fromkeys(
        ("create_port", "create_port:fixed_ips", "create_port:fixed_ips:subnet_id", "update_port:fixed_ips:subnet_id"),
        "to write takes a member also on a shared network; there a reader may, even one without roles",
    ),
    **dict.fromkeys(
        ("get_network", "get_network:tags", "get_subnet", "get_subnet:tags"),
        "to read takes a reader, also what is shared or external",
    ),
    **dict.fromkeys(
        (
            *("get_router", "get_router:tags", "get_floatingip", "get_floatingip:tags", "get_floatingip_pool"),
            *("get_port:tags", "get_subnetpool", "get_subnetpool:tags", "get_address_scope"),
            *("get_availability_zone", "get_flavor", "get_service_provider"),
        ),
        "a service sees what there is: Nova looks after everybody's servers",
    ),
    **dict.fromkeys(
        ("create_port:tags", "update_port:tags", "delete_port:tags"), "the role service has taken the place of advsvc"
    ),
}
"""{rule: why it is not as in Neutron}"""

OURS = ("update_port_binding",)
"""Rules that Neutron has not."""


def test_every_rule_has_a_row_and_every_row_a_rule() -> None:
    assert set(TABLE) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_lets_whom_it_is_meant_to_let(rule: str) -> None:
    row = TABLE[rule]
    own, besides = row if isinstance(row, tuple) else (row, {})
    assert whom(lambda actor, target: defaults().allowed(rule, actor, target)) == {"own": own, **besides}


@pytest.mark.parametrize("rule", [name for name in RULES if name not in DIFFERENT])
def test_a_rule_lets_whom_neutrons_lets(rule: str) -> None:
    if rule in OURS:
        assert rule not in NEUTRON
        return
    assert whom(lambda actor, target: defaults().allowed(rule, actor, target)) == whom(
        lambda actor, target: NEUTRONS.allowed(rule, actor, target)
    )


@pytest.mark.parametrize("rule", [name for name in DIFFERENT if name in RULES])
def test_what_is_said_to_differ_differs(rule: str) -> None:
    ours, theirs = (
        whom(lambda actor, target, policy=policy: policy.allowed(rule, actor, target))
        for policy in (defaults(), NEUTRONS)
    )
    assert ours != theirs


def _sent(attribute: str) -> Mapping[str, Any]:
    """Something that says the attribute, or of it the part that a rule is about."""
    for name in ("external_gateway_info", "fixed_ips", "allowed_address_pairs"):
        if attribute.startswith(f"{name}:"):
            return {name: [{attribute.removeprefix(f"{name}:"): "1"}]}
    return {attribute: "network:dhcp" if attribute == "device_owner" else "x"}


OF_ATTRIBUTES = [
    name for name in RULES if ":" in name and name.startswith(("create_", "update_")) and not name.endswith(":tags")
]


@pytest.mark.parametrize("rule", OF_ATTRIBUTES)
def test_an_attribute_takes_its_resources_rule_and_its_own(rule: str) -> None:
    base, _, attribute = rule.partition(":")
    action, _, kind = base.partition("_")
    policy, sent = defaults(), _sent(attribute)
    [first] = sent
    parts = {f"{base}:{first}", rule}
    for actor in PEOPLE.values():
        for target in THINGS.values():
            said = Target(
                **{
                    **{name: getattr(target, name) for name in Target.__slots__},
                    "facts": sent,
                    **({"device_owner": "network:dhcp"} if first == "device_owner" else {}),
                }
            )
            expected = policy.allowed(base, actor, target) and all(
                policy.allowed(one, actor, said) for one in parts if one in RULES
            )
            assert _does(policy, action, kind, actor, target, sent) == expected


def _does(policy: Policy, *asked: Any) -> bool:
    try:
        policy.check(*asked)
    except Refusal as refusal:
        assert (refusal.status, refusal.type) == (403, "PolicyNotAuthorized")
        return False
    return True


def test_what_is_created_by_default_is_not_said() -> None:
    member = PEOPLE["m"]
    quiet = {"shared": False, "router:external": False, "is_default": False}
    assert _does(defaults(), "create", "network", member, Target("own"), quiet)
    for name in quiet:
        assert not _does(defaults(), "update", "network", member, Target("own"), {name: False}), "a change says it"
    for value in (None, "vxlan"):
        assert not _does(defaults(), "create", "network", member, Target("own"), {"provider:network_type": value}), (
            "null is said, too"
        )


@pytest.mark.parametrize("kind", VERBS)
@pytest.mark.parametrize(("action", "place"), [("create", 0), ("update", 1)])
def test_an_attribute_has_a_rule_or_is_said_to_be_plain(kind: str, action: str, place: int) -> None:
    plain = {name for subject in SUBJECTS for name in subject.PLAIN.get(kind, ())}
    for name, may in VERBS[kind].form.attributes.items():
        if may[place]:
            assert (f"{action}_{kind}:{name}" in RULES) != (name in plain), (
                f"{action}_{kind}:{name} needs a rule, or {name} a place in PLAIN, and not both"
            )


def test_no_decision_looks_at_who_asks() -> None:
    root = Path(__file__).parents[2] / "libs/network"
    assert [str(path) for path in root.rglob("*.py") if re.search(r"\.actor\b|\bis_admin\b", path.read_text())] == []


def test_who_has_nothing_to_say_is_let_nowhere() -> None:
    assert not defaults().allowed("create_everything", PEOPLE["A"], THINGS["own"])
    assert not defaults().allowed("get_network", PEOPLE["n"], THINGS["shared"])
