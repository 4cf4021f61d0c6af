"""Address arithmetic, held against netaddr and against its own laws."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netaddr import EUI, IPAddress, IPNetwork, IPRange, IPSet

from libs.model import AddressRange
from libs.network import addresses
from tests.fakes.pools import nth


@st.composite
def cidrs(draw, version=None, widest=None):
    version = version or draw(st.sampled_from([4, 6]))
    bits = 32 if version == 4 else 128
    prefix = draw(st.integers(widest or 1, bits))
    value = draw(st.integers(0, 2**bits - 1)) >> (bits - prefix) << (bits - prefix)
    return f"{IPAddress(value, version)}/{prefix}"


@st.composite
def cidr_and_address(draw):
    cidr = draw(cidrs())
    first, last, version = addresses.span(cidr)
    bits = 32 if version == 4 else 128
    near = st.integers(max(0, first - 2), min(2**bits - 1, last + 2))
    edges = st.sampled_from([first, last, min(last, first + 1)])
    return cidr, str(IPAddress(draw(near | edges), version))


@given(cidr_and_address())
def test_default_pools_are_all_host_addresses_but_the_gateway_and_nothing_else(pair):
    cidr, gateway = pair
    net = IPNetwork(cidr)
    hosts = IPSet([net])
    if net.size > 1:
        if net.version == 6 or net.prefixlen <= 30:
            hosts.remove(IPAddress(net.first, net.version))
        if net.version == 4 and net.prefixlen <= 30:
            hosts.remove(IPAddress(net.last, net.version))
        hosts.remove(IPAddress(gateway))
    pools = addresses.default_pools(cidr, gateway)
    covered = IPSet()
    for pool in pools:
        covered.update(IPRange(pool.start, pool.end))
    assert covered == hosts
    assert sum(int(IPAddress(one.end)) - int(IPAddress(one.start)) + 1 for one in pools) == covered.size


@given(cidrs())
def test_without_a_gateway_there_is_one_pool_at_most(cidr):
    assert len(addresses.default_pools(cidr, None)) == 1


@given(cidr_and_address())
def test_containment_is_netaddrs(pair):
    cidr, address = pair
    assert addresses.contains(cidr, address) == (IPAddress(address) in IPNetwork(cidr))


@given(cidrs(), cidrs())
def test_two_subnets_overlap_when_they_share_an_address(one, other):
    assert addresses.overlap(one, other) == bool(IPSet([one]) & IPSet([other]))
    assert addresses.overlap(one, other) == addresses.overlap(other, one)


@given(cidrs(version=6), st.integers(0, 2**48 - 1))
def test_a_formed_address_is_in_its_64_and_its_own_mac_can_be_read_from_it(cidr, value):
    prefix = f"{cidr.partition('/')[0]}/64"
    prefix = str(IPNetwork(prefix).cidr)
    mac = ":".join(f"{value:012x}"[i : i + 2] for i in range(0, 12, 2))
    formed = addresses.eui64(prefix, mac)
    assert addresses.contains(prefix, formed)
    assert IPAddress(formed) == EUI(mac).ipv6(IPNetwork(prefix).first)
    interface = int(IPAddress(formed)) & (2**64 - 1) ^ (1 << 57)
    assert (interface >> 40 << 24 | interface & 0xFFFFFF) == value


@given(st.lists(st.integers(0, 2000), min_size=2, max_size=8, unique=True), st.integers(0, 10**6))
@settings(max_examples=50)
def test_pools_laid_end_to_end_count_every_address_once(points, index):
    points = sorted(points)[: len(points) // 2 * 2]
    pools = [
        AddressRange(addresses.text(low, 4), addresses.text(high, 4))
        for low, high in zip(points[::2], points[1::2], strict=True)
    ]
    total = addresses.size(pools)
    if index < total:
        found = nth(pools, index)
        assert addresses.in_pools(found, pools)
        before = [value for low, high in map(addresses.pool_span, pools) for value in range(low, high + 1)]
        assert addresses.number(found) == before[index]
    else:
        with pytest.raises(IndexError):
            nth(pools, index)


def test_the_largest_subnets_cost_nothing():
    assert addresses.default_pools("10.0.0.0/8", "10.0.0.1") == (AddressRange("10.0.0.2", "10.255.255.254"),)
    assert addresses.size(addresses.default_pools("2001:db8::/32", None)) == 2**96 - 1


@pytest.mark.parametrize(
    "cidr, address, owner, usable",
    [
        ("10.0.0.0/24", "10.0.0.1", "", True),
        ("10.0.0.0/24", "10.0.0.0", "", False),
        ("10.0.0.0/24", "10.0.0.255", "", False),
        ("10.0.0.0/24", "10.0.1.1", "", False),
        ("10.0.0.0/31", "10.0.0.0", "", True),
        ("10.0.0.0/31", "10.0.0.1", "", True),
        ("10.0.0.7/32", "10.0.0.7", "", True),
        ("2001:db8::/64", "2001:db8::", "compute:nova", False),
        ("2001:db8::/64", "2001:db8::", "network:router_interface", True),
        ("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", "compute:nova", True),
        ("2001:db8::/64", "10.0.0.1", "", False),
    ],
)
def test_which_addresses_a_port_may_hold(cidr, address, owner, usable):
    assert addresses.usable(cidr, address, owner) is usable


@pytest.mark.parametrize(
    "cidr, gateway",
    [("10.0.0.0/24", "10.0.0.1"), ("2001:db8::/64", "2001:db8::"), ("255.255.255.255/32", "255.255.255.255")],
)
def test_the_default_gateway_is_neutrons(cidr, gateway):
    assert addresses.default_gateway(cidr) == gateway


@pytest.mark.parametrize("mode, formed", [("slaac", True), ("dhcpv6-stateless", True), ("dhcpv6-stateful", False)])
def test_hosts_form_their_address_with_slaac_and_stateless_dhcpv6(mode, formed):
    assert addresses.is_automatic(mode, mode) is formed
    assert addresses.is_automatic(mode, None) is formed and addresses.is_automatic(None, mode) is formed
    assert addresses.is_automatic(None, None) is False


def test_subnets_that_share_a_single_address_overlap():
    for one, other in (("10.0.0.0/31", "10.0.0.1/32"), ("10.0.0.0/31", "10.0.0.0/32"), ("10.0.0.1/32", "10.0.0.1/32")):
        assert addresses.overlap(one, other) and addresses.overlap(other, one)
    assert not addresses.overlap("10.0.0.0/32", "10.0.0.1/32")


def test_both_ends_of_a_pool_are_in_it():
    pools = (AddressRange("10.0.0.2", "10.0.0.4"), AddressRange("10.0.0.8", "10.0.0.8"))
    inside = [n for n in range(12) if addresses.in_pools(f"10.0.0.{n}", pools)]
    assert inside == [2, 3, 4, 8]
    assert [nth(pools, index) for index in range(4)] == [f"10.0.0.{n}" for n in inside]
    assert addresses.size(pools) == 4
