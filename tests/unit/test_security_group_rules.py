"""Rules of security groups: what may be said, in which form it is kept, when two are the same. Neutron's own refusals."""

from __future__ import annotations

from typing import Any

import pytest

from libs.commands import CreateSecurityGroupRules, DeleteSecurityGroupRule
from libs.events import SecurityGroupRuleCreated, SecurityGroupRuleDeleted
from libs.network.claims import claims_of
from libs.network.ip_protocols import NUMBERS
from libs.network.kinds import body_of, resource_of, row_of
from libs.network.resources import scope_of
from tests.unit.given import Given, given
from tests.unit.guarded import (
    DEFAULT,
    GROUP,
    GROUP2,
    OFFICES,
    RULE,
    RULE2,
    a_group,
    a_rule,
    a_wish,
    offices,
    the_default_group,
    wish,
)
from tests.unit.people import THEM, uuid_of

TCP = {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}


def ours() -> Given:
    return given(*the_default_group(), a_group(), a_group(GROUP2), offices("192.0.2.0/24"))


def made(**more: Any) -> SecurityGroupRuleCreated:
    [fact] = ours().when(wish(**more)).events
    assert isinstance(fact, SecurityGroupRuleCreated)
    return fact


def test_a_rule_is_a_fact_of_its_own() -> None:
    outcome = ours().when(wish(**TCP, remote_ip_prefix="203.0.113.0/24", description="web"))
    outcome.then(a_rule(**TCP, remote_ip_prefix="203.0.113.0/24", description="web"))
    assert outcome.decision is not None and outcome.decision.touched == (f"security_group_rule-{RULE}",)
    assert outcome.decision.changes[0].network_id == GROUP
    resource = outcome.after().resources[f"security_group_rule-{RULE}"]
    assert resource is not None and scope_of(resource) == GROUP and resource_of(row_of(resource)) == resource


def test_host_bits_are_shown_as_they_were_sent_and_mean_nothing() -> None:
    fact = made(remote_ip_prefix="203.0.113.7/24")
    assert (fact.remote_ip_prefix, fact.sent_ip_prefix) == ("203.0.113.0/24", "203.0.113.7/24")
    resource = ours().and_then(fact).resources[f"security_group_rule-{RULE}"]
    assert resource is not None and resource_of(row_of(resource)) == resource
    body = body_of(resource)
    assert (body["remote_ip_prefix"], body["normalized_cidr"]) == ("203.0.113.7/24", "203.0.113.0/24")
    assert made(remote_ip_prefix="203.0.113.7/32").sent_ip_prefix is None


def test_a_rule_of_a_default_group_says_so() -> None:
    fact = made(security_group_id=DEFAULT)
    resource = ours().and_then(fact).resources[f"security_group_rule-{RULE}"]
    assert fact.in_default_group and resource is not None and body_of(resource)["belongs_to_default_sg"] is True
    assert not made().in_default_group


@pytest.mark.parametrize(
    ("ethertype", "sent", "kept"),
    [
        ("IPv6", "icmp", "ipv6-icmp"),
        ("IPv6", "icmpv6", "ipv6-icmp"),
        ("IPv6", "1", "58"),
        ("IPv6", "58", "58"),
        ("IPv4", "icmp", "icmp"),
        ("IPv4", "1", "1"),
        ("IPv6", "tcp", "tcp"),
        ("IPv4", "6", "6"),
        ("IPv4", None, None),
    ],
)
def test_the_icmp_of_ipv6_is_kept_under_its_own_name(ethertype: str, sent: str | None, kept: str | None) -> None:
    assert made(ethertype=ethertype, protocol=sent).protocol == kept


def test_all_ports_are_no_range_at_all() -> None:
    fact = made(protocol="udp", port_range_min=1, port_range_max=65535)
    assert (fact.port_range_min, fact.port_range_max) == (None, None)


@pytest.mark.parametrize(
    ("sent", "type"),
    [
        ({"port_range_min": 80, "port_range_max": 80}, "SecurityGroupProtocolRequiredWithPorts"),
        ({"protocol": "tcp", "port_range_min": 81, "port_range_max": 80}, "SecurityGroupInvalidPortRange"),
        ({"protocol": "tcp", "port_range_min": 80}, "SecurityGroupInvalidPortRange"),
        ({"protocol": "17", "port_range_max": 80}, "SecurityGroupInvalidPortRange"),
        ({"protocol": "sctp", "port_range_min": 0, "port_range_max": 80}, "SecurityGroupInvalidPortValue"),
        ({"protocol": "icmp", "port_range_min": 256}, "SecurityGroupInvalidIcmpValue"),
        ({"protocol": "1", "port_range_min": 8, "port_range_max": 256}, "SecurityGroupInvalidIcmpValue"),
        ({"protocol": "icmp", "port_range_max": 0}, "SecurityGroupMissingIcmpType"),
        ({"protocol": "vrrp", "port_range_min": 80, "port_range_max": 80}, "SecurityGroupInvalidProtocolForPort"),
        ({"protocol": "ipv6-icmp"}, "SecurityGroupEthertypeConflictWithProtocol"),
        ({"protocol": "44"}, "SecurityGroupEthertypeConflictWithProtocol"),
        ({"remote_ip_prefix": "2001:db8::/64"}, "SecurityGroupRuleParameterConflict"),
        ({"ethertype": "IPv6", "remote_ip_prefix": "10.0.0.0/8"}, "SecurityGroupRuleParameterConflict"),
        ({"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": GROUP}, "SecurityGroupMultipleRemoteEntites"),
        ({"remote_address_group_id": OFFICES, "remote_group_id": GROUP}, "SecurityGroupMultipleRemoteEntites"),
        ({"remote_ip_prefix": "300.0.0.0/8"}, "InvalidCIDR"),
    ],
)
def test_what_makes_no_sense_is_refused(sent: dict[str, Any], type: str) -> None:
    ours().when(wish(**sent)).refused(400, type)


@pytest.mark.parametrize(
    "sent",
    [
        {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0},
        {"protocol": "icmp", "port_range_min": 0},
        {"ethertype": "IPv6", "protocol": "ipv6-icmp", "port_range_min": 255, "port_range_max": 255},
        {"protocol": "dccp", "port_range_min": 1, "port_range_max": 2},
        {"protocol": "udplite", "port_range_min": 65535, "port_range_max": 65535},
        {"remote_group_id": GROUP2},
        {"remote_address_group_id": OFFICES},
        {"direction": "egress", "ethertype": "IPv6", "protocol": "ipv6-route"},
    ],
)
def test_what_makes_sense_is_made(sent: dict[str, Any]) -> None:
    fact = made(**sent)
    assert {name: getattr(fact, name) for name in sent} == sent


@pytest.mark.parametrize("name", NUMBERS)
def test_every_protocol_by_name_is_the_same_by_number(name: str) -> None:
    by_name, by_number = (made(ethertype="IPv6", protocol=one) for one in (name, str(NUMBERS[name])))
    assert claims_of(by_name) == claims_of(by_number)


@pytest.mark.parametrize(
    ("sent", "type", "text"),
    [
        ({"security_group_id": uuid_of(9)}, "SecurityGroupNotFound", "Security group"),
        ({"remote_group_id": uuid_of(9)}, "SecurityGroupNotFound", uuid_of(9)),
        ({"remote_address_group_id": uuid_of(9)}, "AddressGroupNotFound", "could not be found."),
    ],
)
def test_what_is_not_there_cannot_be_named(sent: dict[str, Any], type: str, text: str) -> None:
    ours().when(wish(**sent)).refused(404, type, text)


def test_the_same_is_claimed_once_and_set_free() -> None:
    first = made(**TCP, remote_ip_prefix="0.0.0.0/0")
    for same in (
        made(**TCP),
        made(**{**TCP, "protocol": "6"}, remote_ip_prefix="0.0.0.0/0"),
        made(**TCP, description="other words"),
    ):
        assert claims_of(same).take == claims_of(first).take
    others = (
        made(**TCP, direction="egress"),
        made(**TCP, ethertype="IPv6"),
        made(**TCP, remote_group_id=GROUP),
        made(**{**TCP, "port_range_max": 81}),
        made(**TCP, security_group_id=GROUP2),
    )
    assert len({claims_of(one).take for one in (first, *others)}) == 6
    [gone] = ours().and_then(first).when(DeleteSecurityGroupRule(RULE)).of(SecurityGroupRuleDeleted)
    assert claims_of(gone).release == claims_of(first).take


def test_one_request_makes_different_rules_of_one_group_and_project() -> None:
    two = CreateSecurityGroupRules((a_wish(**TCP), a_wish(RULE2, **{**TCP, "port_range_max": 90})))
    assert len(ours().when(two).events) == 2
    for second, status, type in (
        (a_wish(RULE2, **{**TCP, "protocol": "6"}), 409, "DuplicateSecurityGroupRuleInPost"),
        (a_wish(RULE2, security_group_id=GROUP2), 400, "SecurityGroupNotSingleGroupRules"),
        (a_wish(RULE2, project_id=THEM), 400, "SecurityGroupRulesNotSingleProject"),
    ):
        ours().when(CreateSecurityGroupRules((a_wish(**TCP), second))).refused(status, type)


def test_a_group_has_a_thousand_rules_and_no_more() -> None:
    facts = [a_rule(uuid_of(5000 + n), protocol="tcp", port_range_min=n + 1, port_range_max=n + 1) for n in range(1000)]
    full = ours().and_then(*facts)
    full.when(wish(protocol="udp")).refused(400, "InvalidInput", "more than 1000 rules", GROUP)
    assert full.when(wish(security_group_id=GROUP2)).refusal is None
    last = full.when(DeleteSecurityGroupRule(uuid_of(5007))).after()
    assert last.when(wish(protocol="udp")).refusal is None


def test_a_rule_that_is_gone_is_not_found() -> None:
    past = ours().and_then(a_rule())
    past.when(DeleteSecurityGroupRule(RULE, 4)).refused(412, "RevisionNumberConstraintFailed")
    gone = past.when(DeleteSecurityGroupRule(RULE)).after()
    gone.when(DeleteSecurityGroupRule(RULE)).refused(
        404, "SecurityGroupRuleNotFound", f"Security group rule {RULE} does not exist"
    )
