"""Sets of prefixes, measured against netaddr's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netaddr import IPAddress, IPNetwork, IPSet

from libs.network import prefixes


@st.composite
def small_prefixes(draw, version=None):
    """Prefixes of one small corner of the address space, so that they meet."""
    version = draw(st.sampled_from((4, 6))) if version is None else version
    bits, base = (32, 10 << 24) if version == 4 else (128, 0x20010DB8 << 96)
    out = []
    for _ in range(draw(st.integers(1, 8))):
        length = draw(st.integers(bits - 10, bits))
        first = (base + draw(st.integers(0, 1023))) >> (bits - length) << (bits - length)
        out.append(f"{IPAddress(first, version)}/{length}")
    return tuple(out)


def as_set(given_prefixes):
    return IPSet(given_prefixes)


def texts(ip_set):
    ip_set.compact()
    return tuple(str(one) for one in ip_set.iter_cidrs())


@given(small_prefixes())
def test_merged_prefixes_are_the_fewest_that_hold_the_same(some):
    assert prefixes.merged(some) == texts(as_set(some))
    assert prefixes.merged(prefixes.merged(some)) == prefixes.merged(some)


@given(small_prefixes(4), small_prefixes(4))
def test_what_is_left_is_the_difference(some, others):
    assert prefixes.without(some, others) == texts(as_set(some) - as_set(others))
    assert prefixes.holds(some, others) == as_set(others).issubset(as_set(some))
    assert prefixes.meet(some, others) == (not as_set(some).isdisjoint(as_set(others)))


@given(small_prefixes(6), small_prefixes(6))
def test_the_same_holds_for_ipv6(some, others):
    assert prefixes.without(some, others) == texts(as_set(some) - as_set(others))
    assert prefixes.holds(some, others) == as_set(others).issubset(as_set(some))


@given(small_prefixes(4), st.integers(22, 32))
def test_the_best_fit_is_free_and_breaks_the_smallest_block(some, length):
    free = prefixes.merged(some)
    found = prefixes.best_fit(free, length)
    fitting = [one for one in free if IPNetwork(one).prefixlen <= length]
    if found is None:
        assert not fitting
        return
    assert prefixes.holds(free, (found,)) and IPNetwork(found).prefixlen == length
    block = next(one for one in free if IPNetwork(found) in IPNetwork(one))
    assert all(IPNetwork(one).prefixlen <= IPNetwork(block).prefixlen for one in fitting)


@pytest.mark.parametrize(
    ("some", "removed", "left"),
    [
        (("10.0.0.0/8",), ("10.0.0.0/24",), 16),
        (("0.0.0.0/0",), ("255.255.255.255/32",), 32),
        (("::/0",), ("::/1",), 1),
        (("10.0.0.0/24",), ("10.0.0.0/8",), 0),
        ((), ("10.0.0.0/8",), 0),
    ],
)
def test_edges(some, removed, left):
    assert len(prefixes.without(some, removed)) == left


def test_prefixes_of_different_versions_do_not_meet():
    assert not prefixes.meet(("10.0.0.0/8",), ("::/0",))
