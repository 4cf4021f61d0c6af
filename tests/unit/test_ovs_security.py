"""Rules as matches, ports as masks, sources, numbers of groups: what security is made of."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import SecurityGroupRuleCreated
from libs.materialise.ovs.security.addresses import Addresses
from libs.materialise.ovs.security.allowed import MOST_FLOWS, rule_flows
from libs.materialise.ovs.security.guard import link_local, sources
from libs.materialise.ovs.security.members import Rule
from libs.materialise.ovs.security.rules import Kind, matches, member_match, port_masks
from libs.materialise.ovs.security.tokens import Tokens
from libs.materialise.ovs.things import Port
from libs.model import AddressPair


def _rule(direction: str = "ingress", ethertype: str = "IPv4", **more: object) -> SecurityGroupRuleCreated:
    return SecurityGroupRuleCreated("r", "g", "p", direction, ethertype, **more)  # type: ignore[arg-type]


TRACKED = "ct_state=-inv+trk"


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (_rule(), [f"{TRACKED},ip,reg4=0x9"]),
        (_rule(ethertype="IPv6"), [f"{TRACKED},ipv6,reg4=0x9"]),
        (_rule(remote_ip_prefix="0.0.0.0/0"), [f"{TRACKED},ip,reg4=0x9"]),
        (_rule(protocol="any", remote_ip_prefix="10.0.0.7/24"), [f"{TRACKED},ct_nw_src=10.0.0.0/24,ip,reg4=0x9"]),
        (_rule("egress", remote_ip_prefix="10.0.0.7/32"), [f"{TRACKED},ct_nw_dst=10.0.0.7,ip,reg4=0x9"]),
        (
            _rule("egress", "IPv6", remote_ip_prefix="2001:db8::/32"),
            [f"{TRACKED},ct_ipv6_dst=2001:db8::/32,ipv6,reg4=0x9"],
        ),
        (_rule(protocol="gre"), [f"{TRACKED},ct_nw_proto=47,ip,reg4=0x9"]),
        (_rule(protocol="47"), [f"{TRACKED},ct_nw_proto=47,ip,reg4=0x9"]),
        (_rule(ethertype="IPv6", protocol="icmp"), [f"{TRACKED},ct_nw_proto=58,ipv6,reg4=0x9"]),
        (
            _rule(protocol="icmp", port_range_min=8, port_range_max=0),
            [
                f"{TRACKED},ct_nw_proto=1,ct_tp_src=8,ct_tp_dst=0,ip,reg4=0x9",
                f"{TRACKED},ct_nw_proto=1,ip,reg4=0x9,nw_frag=later",
            ],
        ),
        (
            _rule(protocol="tcp", port_range_min=80, port_range_max=81),
            [
                f"{TRACKED},ct_nw_proto=6,ct_tp_dst=0x50/0xfffe,ip,reg4=0x9",
                f"{TRACKED},ct_nw_proto=6,ip,reg4=0x9,nw_frag=later",
            ],
        ),
        (_rule(protocol="udp", port_range_min=0, port_range_max=65535), [f"{TRACKED},ct_nw_proto=17,ip,reg4=0x9"]),
        (_rule(protocol="dccp", port_range_min=5, port_range_max=5), []),
        (_rule(protocol="hopopt"), []),
        (_rule(protocol="0"), []),
        (_rule(protocol="of a later day"), []),
        (_rule(remote_ip_prefix="2001:db8::/32"), []),
    ],
)
def test_a_rule_of_a_stateful_group_looks_at_how_a_connection_began(
    rule: SecurityGroupRuleCreated, wanted: list[str]
) -> None:
    assert matches(rule, True, 9) == wanted


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (_rule(protocol="tcp", port_range_min=80, port_range_max=80), ["tcp,reg4=0x9,tp_dst=80"]),
        (_rule("egress", "IPv6", protocol="udp", remote_ip_prefix="::1/128"), ["udp6,reg4=0x9,ipv6_dst=::1"]),
        (_rule(protocol="icmp", port_range_min=8), ["icmp,reg4=0x9,icmp_type=8"]),
        (_rule(protocol="47", remote_ip_prefix="10.0.0.0/8"), ["ip,reg4=0x9,nw_src=10.0.0.0/8,nw_proto=47"]),
    ],
)
def test_one_of_a_stateless_group_looks_at_the_packet(rule: SecurityGroupRuleCreated, wanted: list[str]) -> None:
    assert matches(rule, False, 9) == wanted


def test_a_member_of_everything_matches_without_an_address() -> None:
    assert member_match(Kind("ingress", 4, True), "0.0.0.0/0") == f"{TRACKED},ip"
    assert member_match(Kind("egress", 6, True), "2001:db8::5/128") == f"{TRACKED},ct_ipv6_dst=2001:db8::5,ipv6"
    assert member_match(Kind("ingress", 4, False), "10.0.0.5/32") == "ip,nw_src=10.0.0.5"


@given(st.integers(0, 65535), st.integers(0, 65535))
def test_masks_are_the_range_and_nothing_else(one: int, other: int) -> None:
    low, high = sorted((one, other))
    masks = [_read(text) for text in port_masks(low, high)]
    assert len(masks) <= 30
    for port in {0, 1, low - 1, low, low + 1, high - 1, high, high + 1, (low + high) // 2, 65535} & set(range(65536)):
        assert any(port & mask == value for value, mask in masks) == (low <= port <= high)


def _read(text: str) -> tuple[int, int]:
    value, _, mask = text.partition("/")
    return (int(value, 0), int(mask, 0) if mask else 0xFFFF) if text else (0, 0)


@given(st.lists(st.uuids().map(str), max_size=30, unique=True), st.randoms(use_true_random=False))
def test_numbers_follow_from_the_set_of_ids_alone(ids: list[str], chance: object) -> None:
    tokens, other = Tokens(), Tokens()
    for id in [*ids, "gone"]:
        tokens.put(id)
    tokens.drop("gone")
    for id in reversed(ids):
        other.put(id)
    numbers = [tokens.of(id) for id in ids]
    assert numbers == [other.of(id) for id in ids]
    assert len(set(numbers)) == len(ids) and all(0 < number < 1 << 30 for number in numbers)
    assert tokens.of("gone") == 0


def test_ids_of_one_hash_are_told_apart_and_who_is_renumbered_is_known() -> None:
    one, other = sorted(_same_hash())
    tokens = Tokens()
    assert not tokens.put(other)
    alone = tokens.of(other)
    assert tokens.put(one) and not tokens.put(one), "the other got another number"
    assert (tokens.of(one), tokens.of(other)) == (alone, alone + 1)
    assert tokens.drop(one) and tokens.of(other) == alone and tokens.of(one) == 0


def _same_hash() -> tuple[str, str]:
    seen: dict[int, str] = {}
    for number in range(1 << 20):
        id = f"group-{number * 7919:08x}"
        other = seen.setdefault(crc32(id.encode()) % ((1 << 27) - 1), id)
        if other != id:
            return other, id
    raise AssertionError


def test_an_address_is_in_a_set_as_long_as_somebody_puts_it_there() -> None:
    addresses = Addresses()
    assert addresses.put("one", {("web", "10.0.0.1/32"): 5, ("app", "10.0.0.1/32"): 6}) == {"10.0.0.1/32"}
    assert addresses.put("other", {("web", "10.0.0.1/32"): 9}) == {"10.0.0.1/32"}
    assert addresses.sets_of("10.0.0.1/32") == {"web": 9, "app": 6}
    assert addresses.put("other", {}) == {"10.0.0.1/32"} and addresses.put("other", {}) == set()
    assert addresses.sets_of("10.0.0.1/32") == {"web": 5, "app": 6} and addresses.of("web") == {"10.0.0.1/32"}
    addresses.put("one", {})
    assert addresses.of("web") == set() and addresses.sets_of("10.0.0.1/32") == {}


def test_a_port_may_be_its_own_addresses_its_pairs_and_the_link_local_ones_of_its_macs() -> None:
    pair = AddressPair("10.0.0.9/24", "fa:16:3e:00:00:09")
    port = Port(
        "p", "n", "fa:16:3e:00:00:01", True, addresses={"10.0.0.1": 3}, grouped_at=1, pairs=(pair,), paired_at=7
    )
    assert [(one.mac[-2:], str(one.network), one.position) for one in sources(port)] == [
        ("01", "10.0.0.1/32", 3),
        ("09", "10.0.0.0/24", 7),
        ("01", "fe80::f816:3eff:fe00:1/128", 1),
        ("09", "fe80::f816:3eff:fe00:9/128", 7),
    ]
    assert str(link_local("02:00:00:00:00:01")) == "fe80::ff:fe00:1/128"


def test_a_group_has_a_limit_and_what_is_beyond_lets_nothing_pass() -> None:
    rules = [
        Rule(_rule(protocol="tcp", port_range_min=1, port_range_max=65534, remote_ip_prefix=f"10.0.{n}.0/24"), n)
        for n in range(256)
    ]
    flows = rule_flows([*rules, *rules], True, 9, lambda set_id, kind: 1)
    assert len(flows) == len({id for id, _ in flows}) < MOST_FLOWS
    many = [
        Rule(
            _rule(
                protocol="tcp", port_range_min=1, port_range_max=65534, remote_ip_prefix=f"10.{n // 256}.{n % 256}.0/24"
            ),
            n,
        )
        for n in range(512)
    ]
    assert MOST_FLOWS - 31 <= len(rule_flows(many, True, 9, lambda set_id, kind: 1)) <= MOST_FLOWS
