"""Subnets out of subnet pools: which prefix each gets, what may stand beside it, and that no two ever overlap."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from netaddr import IPNetwork, IPSet

from libs.commands import CreateSubnets, DeleteSubnet, NewSubnet, RemovePrefixes
from libs.errors import Refusal
from libs.events import (
    NetworkSubnetAdded,
    SubnetCreated,
    SubnetPoolPrefixAllocated,
    SubnetPoolPrefixReleased,
)
from libs.network import prefixes
from libs.network.kinds import resource_of, row_of
from tests.unit.given import Outcome, given
from tests.unit.people import NET, NET2, SUBNET, SUBNET2, SUBNET6, THEM, US, a_network, a_subnet, pool, uuid_of
from tests.unit.pool_people import POOL, POOL2, POOL6, SCOPE, SCOPE2, a_pool, a_scope, allocated


def wish(id: str = SUBNET, network: str = NET, version: int = 4, project: str = US, **more) -> NewSubnet:
    return NewSubnet(id, network, project, version, **{"cidr": None, "subnetpool_id": POOL, **more})


def made(*news: NewSubnet, past=None) -> Outcome:
    past = given(a_network(), a_pool()) if past is None else past
    return past.when(CreateSubnets(news))


def cidrs(outcome: Outcome) -> list[str]:
    return [one.cidr for one in outcome.of(SubnetCreated)]


def test_a_subnet_of_a_pool_is_a_fact_of_three():
    outcome = made(wish())
    [subnet] = outcome.of(SubnetCreated)
    assert (subnet.cidr, subnet.gateway_ip, subnet.subnetpool_id) == ("10.0.0.0/24", "10.0.0.1", POOL)
    assert subnet.allocation_pools == (pool("10.0.0.2", "10.0.0.254"),)
    assert outcome.of(SubnetPoolPrefixAllocated) == [allocated("10.0.0.0/24", SUBNET)]
    assert outcome.of(NetworkSubnetAdded) == [NetworkSubnetAdded(NET, SUBNET, "10.0.0.0/24", POOL)]


def test_a_network_knows_the_address_scope_of_its_subnets():
    past = given(a_network(), a_scope(), a_pool(address_scope_id=SCOPE), a_pool("2001:db8::/48", id=POOL6))
    outcome = made(wish(), wish(SUBNET6, version=6, subnetpool_id=POOL6), past=past)
    four, six = outcome.of(NetworkSubnetAdded)
    assert (four.address_scope_id, six.address_scope_id) == (SCOPE, None)
    network = outcome.after().resources[f"network-{NET}"]
    assert (network.state.address_scope(4), network.state.address_scope(6)) == (SCOPE, None)
    assert resource_of(row_of(network)) == network
    emptied = outcome.after().when(DeleteSubnet(SUBNET)).after()
    assert emptied.state("network", NET).address_scope(4) is None


def test_prefix_lengths_are_asked_for_or_usual():
    assert cidrs(made(wish(prefixlen=28))) == ["10.0.0.0/28"]
    assert cidrs(made(wish(cidr="10.9.8.7/22"))) == ["10.9.8.0/22"]


def test_an_ipv6_subnet_of_a_pool_has_a_gateway_one_above():
    outcome = made(wish(version=6, subnetpool_id=POOL6), past=given(a_network(), a_pool("2001:db8::/48", id=POOL6)))
    [subnet] = outcome.of(SubnetCreated)
    assert (subnet.cidr, subnet.gateway_ip) == ("2001:db8::/64", "2001:db8::1")


def test_the_smallest_free_block_that_is_large_enough_is_broken():
    past = given(a_network(), a_pool("10.0.0.0/24", "10.0.2.0/27"))
    assert cidrs(made(wish(prefixlen=28), past=past)) == ["10.0.2.0/28"]
    assert cidrs(made(wish(prefixlen=26), past=past)) == ["10.0.0.0/26"]


def test_subnets_of_one_request_do_not_get_the_same():
    ids = [uuid_of(300 + number) for number in range(4)]
    outcome = made(*(wish(id, prefixlen=26) for id in ids), past=given(a_network(), a_pool("10.0.0.0/24")))
    assert cidrs(outcome) == ["10.0.0.0/26", "10.0.0.64/26", "10.0.0.128/26", "10.0.0.192/26"]
    five = [wish(uuid_of(300 + number), prefixlen=26) for number in range(5)]
    made(*five, past=given(a_network(), a_pool("10.0.0.0/24"))).refused(409, "SubnetAllocationError", "/26")


@pytest.mark.parametrize(
    ("more", "status", "type"),
    [
        ({"prefixlen": 30}, 400, "MaxPrefixSubnetAllocationError"),
        ({"prefixlen": 8}, 400, "MinPrefixSubnetAllocationError"),
        ({"cidr": "10.0.0.0/30"}, 400, "MaxPrefixSubnetAllocationError"),
        ({"cidr": "10.1.0.0/24"}, 409, "SubnetAllocationError"),
        ({"cidr": "10.0.1.0/24"}, 409, "SubnetAllocationError"),
        ({"cidr": "10.0.0.0/23"}, 409, "SubnetAllocationError"),
        ({"cidr": "10.0.0.64/26"}, 409, "SubnetAllocationError"),
        ({"prefixlen": 22}, 409, "SubnetAllocationError"),
        ({"version": 6}, 400, "BadRequest"),
        ({"allocation_pools": (pool("10.0.0.2", "10.0.0.9"),)}, 400, "BadRequest"),
        ({"subnetpool_id": POOL2}, 404, "SubnetPoolNotFound"),
    ],
)
def test_what_a_pool_does_not_give(more, status, type):
    two = a_pool("10.0.0.0/23", lengths=(20, 24, 28))
    past = given(a_network(), two, allocated("10.0.0.0/24", SUBNET2), *_elsewhere("10.0.1.128/25"))
    made(wish(**more), past=past).refused(status, type)


def _elsewhere(cidr):
    return (allocated(cidr, SUBNET6),)


def test_a_subnet_gives_its_prefix_back():
    past = given(a_network(), a_pool("10.0.0.0/24"))
    one = made(wish(), past=past).after()
    made(wish(SUBNET2), past=one).refused(409, "SubnetAllocationError")
    gone = one.when(DeleteSubnet(SUBNET))
    assert gone.of(SubnetPoolPrefixReleased) == [SubnetPoolPrefixReleased(POOL, SUBNET, US, "10.0.0.0/24")]
    assert cidrs(made(wish(SUBNET2), past=gone.after())) == ["10.0.0.0/24"]


def test_a_project_may_have_so_many_addresses_of_a_pool():
    past = given(a_network(), a_network(NET2, THEM), a_pool(default_quota=256), allocated("10.0.0.0/25", SUBNET2))
    made(wish(prefixlen=24), past=past).refused(409, "SubnetPoolQuotaExceeded")
    assert cidrs(made(wish(prefixlen=25), past=past)) == ["10.0.0.128/25"]
    assert cidrs(made(wish(network=NET2, project=THEM), past=past)) == ["10.0.1.0/24"]


def test_the_quota_of_an_ipv6_pool_counts_networks_of_64_bits():
    past = given(a_network(), a_pool("2001:db8::/32", id=POOL6, lengths=(32, 64, 64), default_quota=256))
    six = {"version": 6, "subnetpool_id": POOL6}
    assert cidrs(made(wish(prefixlen=56, **six), past=past)) == ["2001:db8::/56"]
    made(wish(prefixlen=55, **six), past=past).refused(409, "SubnetPoolQuotaExceeded")


def test_a_quota_of_nothing_is_none():
    assert made(wish(), past=given(a_network(), a_pool(default_quota=0))).events


def test_subnets_of_one_network_and_version_are_of_one_pool():
    past = given(
        a_network(), a_pool(), a_pool("192.0.2.0/24", id=POOL2), *a_subnet("10.0.0.0/24", SUBNET2, subnetpool_id=POOL)
    )
    made(wish(subnetpool_id=POOL2), past=past).refused(400, "NetworkSubnetPoolAffinityError")
    made(wish(subnetpool_id=None, cidr="203.0.113.0/24"), past=past).refused(400, "NetworkSubnetPoolAffinityError")
    assert made(wish(version=6, subnetpool_id=None, cidr="2001:db8::/64"), past=past).events
    plain = given(a_network(), a_pool(), *a_subnet("172.16.0.0/24", SUBNET2))
    made(wish(), past=plain).refused(400, "NetworkSubnetPoolAffinityError")


def test_within_one_request_too():
    news = (wish(SUBNET), wish(SUBNET2, subnetpool_id=POOL2))
    made(*news, past=given(a_network(), a_pool(), a_pool("192.0.2.0/24", id=POOL2))).refused(
        400, "NetworkSubnetPoolAffinityError"
    )


def test_pools_of_one_address_scope_go_together_on_a_network():
    past = given(
        a_network(),
        a_scope(),
        a_scope(SCOPE2),
        a_pool("10.0.0.0/16", address_scope_id=SCOPE),
        a_pool("10.1.0.0/16", id=POOL2, address_scope_id=SCOPE),
        a_pool("10.0.0.0/16", id=POOL6, address_scope_id=SCOPE2),
        *a_subnet("10.0.0.0/24", SUBNET2, subnetpool_id=POOL),
        allocated("10.0.0.0/24", SUBNET2),
    )
    assert cidrs(made(wish(subnetpool_id=POOL2), past=past)) == ["10.1.0.0/24"]
    made(wish(subnetpool_id=POOL6), past=past).refused(400, "NetworkAddressScopeAffinityError")


def test_two_subnets_of_a_network_do_not_overlap_wherever_they_are_from():
    """A pool without a scope may hold what another one holds; one network may not."""
    past = given(
        a_network(),
        a_scope(),
        a_pool("10.0.0.0/16", address_scope_id=SCOPE),
        a_pool("10.0.0.0/16", id=POOL2, address_scope_id=SCOPE),
        *a_subnet("10.0.0.0/24", SUBNET2, subnetpool_id=POOL),
    )
    made(wish(subnetpool_id=POOL2, cidr="10.0.0.0/24"), past=past).refused(400, "InvalidInput", "overlaps")


NETWORKS = [uuid_of(400 + number) for number in range(6)]
STEPS = st.one_of(
    st.tuples(st.just("any"), st.integers(22, 30), st.sampled_from((US, THEM)), st.sampled_from(NETWORKS)),
    st.tuples(st.just("cidr"), st.integers(0, 1023), st.integers(24, 30), st.sampled_from(NETWORKS)),
    st.tuples(st.just("delete"), st.integers(0, 100)),
    st.tuples(st.just("remove"), st.integers(0, 15)),
)


def _subnets(past):
    return [one.state for stream, one in past.resources.items() if stream.startswith("subnet-") and one is not None]


def _command(step, number, past):
    match step:
        case "any", length, project, network:
            return CreateSubnets((wish(uuid_of(number), network, project=project, prefixlen=length),))
        case "cidr", place, length, network:
            cidr = str(IPNetwork(f"10.0.{place // 256}.{place % 256}/{length}").cidr)
            return CreateSubnets((wish(uuid_of(number), network, cidr=cidr),))
        case "remove", place:
            return RemovePrefixes(POOL, (f"10.0.{place // 4}.{place % 4 * 64}/26",))
    living = _subnets(past)
    return DeleteSubnet(living[step[1] % len(living)].id) if living else None


def _check_laws(past):
    state, living = past.state("subnetpool", POOL), _subnets(past)
    whole = IPSet([one.cidr for one in living])
    assert sum(IPNetwork(one.cidr).size for one in living) == len(whole), "subnets overlap"
    assert IPSet(state.used) == whole
    assert whole.issubset(IPSet(state.prefixes)), "a subnet has what is not in the pool"
    assert IPSet(state.free) == IPSet(state.prefixes) - whole
    usage = Counter()
    for one in living:
        usage[one.project_id] += IPNetwork(one.cidr).size
    assert dict(usage) == dict(state.usage)
    assert all(number <= state.default_quota for number in usage.values())


@settings(max_examples=60, deadline=None)
@for_all(st.lists(STEPS, max_size=25))
def test_whatever_happens_nothing_overlaps_and_all_comes_back(steps):
    past = given(a_pool("10.0.0.0/22", lengths=(22, 26, 30), default_quota=700), *(a_network(id) for id in NETWORKS))
    for number, step in enumerate(steps, 1000):
        command = _command(step, number, past)
        outcome = past.when(command) if command else None
        if outcome is not None and outcome.refusal is None:
            past = outcome.after()
        assert outcome is None or not isinstance(outcome.refusal, Refusal) or outcome.refusal.status in (400, 409)
        _check_laws(past)
    for one in _subnets(past):
        past = past.when(DeleteSubnet(one.id)).after()
    state = past.state("subnetpool", POOL)
    assert (state.used, dict(state.usage)) == ((), {})
    assert state.free == prefixes.merged(state.prefixes)
