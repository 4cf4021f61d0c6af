"""Subnet pools: what can be asked of them, and what comes of it."""

from __future__ import annotations

import pytest

from libs.commands import (
    AddPrefixes,
    CreateSubnetPools,
    DeleteSubnetPool,
    NewSubnetPool,
    RemovePrefixes,
    UpdateSubnetPool,
)
from libs.eventlog.lost import refusal_of_claim
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    NetworkAddressScopeChanged,
    RbacPolicyCreated,
    SubnetPoolCreated,
    SubnetPoolDefaultChanged,
    SubnetPoolDeleted,
    SubnetPoolLengthsChanged,
    SubnetPoolPrefixesChanged,
    SubnetPoolQuotaChanged,
    SubnetPoolRenamed,
    SubnetPoolScopeChanged,
)
from libs.model import PrefixLengths
from libs.network.claims import Claims, claims_of
from libs.network.kinds import body_of, resource_of, row_of
from tests.unit.given import Outcome, given
from tests.unit.people import NET, NET2, NET3, SUBNET, SUBNET2, US, a_network, a_subnet
from tests.unit.pool_people import POOL, POOL2, SCOPE, SCOPE2, SCOPE6, a_pool, a_scope, allocated


def made(*prefixes: str, past=None, **more) -> Outcome:
    past = given() if past is None else past
    return past.when(CreateSubnetPools((NewSubnetPool(POOL, US, "pool", prefixes, **more),)))


def created(outcome: Outcome) -> SubnetPoolCreated:
    return outcome.of(SubnetPoolCreated)[0]


def test_prefixes_of_a_pool_are_merged():
    fact = created(made("10.0.1.0/24", "10.0.0.0/24", "10.0.4.0/24", "10.0.4.128/25"))
    assert fact.prefixes == ("10.0.0.0/23", "10.0.4.0/24")
    assert fact.ip_version == 4


@pytest.mark.parametrize(
    ("prefix", "given_lengths", "lengths"),
    [
        ("10.0.0.0/8", {}, (8, 8, 32)),
        ("2001:db8::/32", {}, (64, 64, 128)),
        ("10.0.0.0/8", {"min_prefixlen": 16}, (16, 16, 32)),
        ("10.0.0.0/8", {"min_prefixlen": 16, "default_prefixlen": 24, "max_prefixlen": 28}, (16, 24, 28)),
    ],
)
def test_prefix_lengths_have_defaults(prefix, given_lengths, lengths):
    assert created(made(prefix, **given_lengths)).lengths == PrefixLengths(*lengths)


@pytest.mark.parametrize(
    ("given_lengths", "words"),
    [
        ({"min_prefixlen": 28, "max_prefixlen": 24}, "min_prefixlen=28, max_prefixlen=24"),
        ({"max_prefixlen": 33}, "max_prefixlen=33, ip_version_max=32"),
        ({"min_prefixlen": 16, "default_prefixlen": 12}, "default_prefixlen=12, min_prefixlen=16"),
        ({"max_prefixlen": 24, "default_prefixlen": 28}, "default_prefixlen=28, max_prefixlen=24"),
    ],
)
def test_prefix_lengths_that_are_out_of_order_are_refused(given_lengths, words):
    made("10.0.0.0/8", **given_lengths).refused(400, "IllegalSubnetPoolPrefixBounds", words)


def test_a_pool_is_of_one_ip_version_and_not_empty():
    made("10.0.0.0/8", "2001:db8::/32").refused(400, "PrefixVersionMismatch")
    made().refused(400, "EmptySubnetPoolPrefixList")


def test_a_shared_pool_comes_with_a_policy_for_all():
    [policy] = made("10.0.0.0/8", shared=True).of(RbacPolicyCreated)
    assert (policy.object_type, policy.object_id, policy.target_project) == ("subnetpool", POOL, "*")
    assert not made("10.0.0.0/8").of(RbacPolicyCreated)


def test_one_default_pool_for_each_ip_version():
    four, six = created(made("10.0.0.0/8", is_default=True)), created(made("2001:db8::/32", is_default=True))
    assert claims_of(four) == Claims(take=("default-subnetpool/4",))
    assert claims_of(six) == Claims(take=("default-subnetpool/6",))
    refusal = refusal_of_claim("default-subnetpool/4")
    assert (refusal.status, refusal.type) == (400, "InvalidInput")
    off = given(a_pool(is_default=True)).when(UpdateSubnetPool(POOL, {"is_default": False}))
    off.then(SubnetPoolDefaultChanged(POOL, 4, False))
    assert claims_of(off.events[0]) == Claims(release=("default-subnetpool/4",))
    gone = given(a_pool(is_default=True)).when(DeleteSubnetPool(POOL)).of(SubnetPoolDeleted)[0]
    assert claims_of(gone) == Claims(release=("default-subnetpool/4",))


def test_every_change_is_a_fact_of_its_own_and_what_stays_is_none():
    past = given(a_pool())
    changes = {"name": "other", "description": "", "default_quota": 100, "max_prefixlen": 28, "is_default": False}
    past.when(UpdateSubnetPool(POOL, changes)).then(
        SubnetPoolRenamed(POOL, "pool", "other"),
        SubnetPoolLengthsChanged(POOL, PrefixLengths(8, 24, 32), PrefixLengths(8, 24, 28)),
        SubnetPoolQuotaChanged(POOL, None, 100),
    )
    past.when(UpdateSubnetPool(POOL, {"name": "pool", "prefixes": ("10.0.0.0/8",)})).then()


def test_prefixes_only_grow_by_an_update():
    past = given(a_pool("10.0.0.0/24"))
    grown = past.when(UpdateSubnetPool(POOL, {"prefixes": ("10.0.0.0/24", "10.0.1.0/24")}))
    grown.then(SubnetPoolPrefixesChanged(POOL, ("10.0.0.0/24",), ("10.0.0.0/23",)))
    past.when(UpdateSubnetPool(POOL, {"prefixes": ("10.0.0.0/25",)})).refused(
        400, "IllegalSubnetPoolPrefixUpdate", "subset"
    )
    past.when(UpdateSubnetPool(POOL, {"prefixes": ()})).refused(400, "IllegalSubnetPoolPrefixUpdate")
    past.when(UpdateSubnetPool(POOL, {"prefixes": ("10.0.0.0/24", "2001:db8::/64")})).refused(
        400, "PrefixVersionMismatch"
    )


def test_prefixes_are_added_and_taken_out():
    past = given(a_pool("10.0.0.0/24"), allocated("10.0.0.0/26", SUBNET))
    past.when(AddPrefixes(POOL, ("10.0.2.0/24",))).then(
        SubnetPoolPrefixesChanged(POOL, ("10.0.0.0/24",), ("10.0.0.0/24", "10.0.2.0/24"))
    )
    past.when(RemovePrefixes(POOL, ("10.0.0.128/25",))).then(
        SubnetPoolPrefixesChanged(POOL, ("10.0.0.0/24",), ("10.0.0.0/25",))
    )
    past.when(RemovePrefixes(POOL, ("10.0.0.32/27",))).refused(
        400, "IllegalSubnetPoolPrefixUpdate", "in use by a subnet"
    )
    past.when(RemovePrefixes(POOL, ("192.0.2.0/24", "2001:db8::/64"))).then()


def test_a_pool_has_a_thousand_prefixes_at_most():
    every_other = tuple(f"10.0.{number // 128}.{number % 128 * 2}/32" for number in range(1000))
    past = given(a_pool(*every_other))
    too_many = (400, "IllegalSubnetPoolPrefixUpdate", "at most 1000")
    past.when(AddPrefixes(POOL, ("192.0.2.0/32",))).refused(*too_many)
    made(*every_other, "192.0.2.0/32").refused(*too_many)
    whole = given(a_pool("10.0.0.0/16"))
    whole.when(RemovePrefixes(POOL, every_other)).refused(*too_many)
    assert past.when(AddPrefixes(POOL, ("10.0.0.1/32",))).events, "two become one"


def test_a_pool_that_subnets_are_of_cannot_be_deleted():
    given(a_pool(), allocated("10.0.0.0/24", SUBNET)).when(DeleteSubnetPool(POOL)).refused(
        400, "SubnetPoolDeleteError", "existing allocations"
    )
    gone = given(a_pool()).when(DeleteSubnetPool(POOL))
    gone.then(SubnetPoolDeleted(POOL, US, 4, False))


def test_a_pool_enters_a_scope_of_its_ip_version_where_nobody_has_its_prefixes():
    past = given(a_scope(), a_pool("10.0.0.0/8", address_scope_id=SCOPE, id=POOL2))
    alone = made("192.0.2.0/24", past=past, address_scope_id=SCOPE)
    assert created(alone).address_scope_id == SCOPE
    assert NoneRefers("subnetpool", "address_scope_id", SCOPE, besides=(POOL2, POOL)) in alone.guards
    made("10.9.0.0/16", past=past, address_scope_id=SCOPE).refused(409, "AddressScopePrefixConflict")
    made("2001:db8::/32", past=past, address_scope_id=SCOPE).refused(
        400, "IllegalSubnetPoolIpVersionAssociationToAddressScope"
    )
    made("192.0.2.0/24", past=past, address_scope_id=SCOPE6).refused(404, "AddressScopeNotFound")


def test_two_pools_of_one_request_cannot_share_prefixes_in_a_scope():
    news = tuple(NewSubnetPool(id, US, "p", ("10.0.0.0/8",), address_scope_id=SCOPE) for id in (POOL, POOL2))
    given(a_scope()).when(CreateSubnetPools(news)).refused(409, "AddressScopePrefixConflict")


def test_more_prefixes_must_be_free_in_the_scope():
    past = given(
        a_scope(),
        a_pool("10.0.0.0/8", address_scope_id=SCOPE, id=POOL2),
        a_pool("192.0.2.0/24", address_scope_id=SCOPE),
    )
    past.when(AddPrefixes(POOL, ("10.2.0.0/16",))).refused(409, "AddressScopePrefixConflict")
    assert past.when(AddPrefixes(POOL, ("198.51.100.0/24",))).events


def test_a_pool_changes_its_scope_only_when_its_networks_have_no_other_subnets():
    ours = a_subnet("10.0.0.0/24", SUBNET, subnetpool_id=POOL)
    past = given(a_scope(), a_pool(), a_network(), *ours, allocated("10.0.0.0/24", SUBNET))
    past.when(UpdateSubnetPool(POOL, {"address_scope_id": SCOPE})).then(
        SubnetPoolScopeChanged(POOL, None, SCOPE), NetworkAddressScopeChanged(NET, POOL, None, SCOPE)
    )
    mixed = past.and_then(*a_subnet("192.0.2.0/24", SUBNET2, subnetpool_id=POOL2))
    mixed.when(UpdateSubnetPool(POOL, {"address_scope_id": SCOPE})).refused(400, "NetworkAddressScopeAffinityError")
    six = past.and_then(*a_subnet("2001:db8::/64", SUBNET2))
    assert six.when(UpdateSubnetPool(POOL, {"address_scope_id": SCOPE})).events
    assert past.state("network", NET).subnets[0].subnetpool_id == POOL


def test_networks_go_with_their_pool_from_scope_to_scope():
    ours = a_subnet("10.0.0.0/24", SUBNET, subnetpool_id=POOL)
    theirs = a_subnet("10.0.1.0/24", SUBNET2, network=NET2, subnetpool_id=POOL)
    news = (a_scope(), a_scope(SCOPE2), a_pool(), a_network(), a_network(NET2), a_network(NET3), *ours, *theirs)
    used = (allocated("10.0.0.0/24", SUBNET), allocated("10.0.1.0/24", SUBNET2))
    past, before = given(*news, *used), None
    for scope in (SCOPE, SCOPE2, None):
        outcome = past.when(UpdateSubnetPool(POOL, {"address_scope_id": scope}))
        assert outcome.of(NetworkAddressScopeChanged) == [
            NetworkAddressScopeChanged(id, POOL, before, scope) for id in sorted((NET, NET2))
        ]
        assert NoneRefers("network", "subnetpool_ids", POOL, besides=tuple(sorted((NET, NET2)))) in (
            outcome.decision.guards
        )
        past, before = outcome.after(), scope
        assert [past.state("network", id).address_scope(4) for id in (NET, NET2, NET3)] == [scope, scope, None]
    again = past.when(UpdateSubnetPool(POOL, {"address_scope_id": None, "name": "new"}))
    again.then(SubnetPoolRenamed(POOL, "pool", "new"))


def test_an_older_revision_is_refused():
    for command in (
        UpdateSubnetPool(POOL, {"name": "x"}, 7),
        DeleteSubnetPool(POOL, 7),
        AddPrefixes(POOL, ("192.0.2.0/24",), 7),
        RemovePrefixes(POOL, ("10.0.0.0/9",), 7),
    ):
        given(a_pool()).when(command).refused(412, "RevisionNumberConstraintFailed")


def test_a_pool_that_is_not_there():
    for command in (UpdateSubnetPool(POOL, {}), DeleteSubnetPool(POOL), AddPrefixes(POOL, ("10.0.0.0/8",))):
        given().when(command).refused(404, "SubnetPoolNotFound", f"Subnet pool {POOL} could not be found.")


def test_a_pool_comes_back_from_its_row():
    past = given(
        a_pool("10.0.0.0/8", default_quota=9), allocated("10.0.0.0/24", SUBNET), allocated("10.0.1.0/24", SUBNET2)
    )
    resource = past.resources[f"subnetpool-{POOL}"]
    assert resource_of(row_of(resource)) == resource
    assert resource.state.used == ("10.0.0.0/23",)
    assert resource.state.usage == {US: 512}
    scope = given(a_scope()).resources[f"address_scope-{SCOPE}"]
    assert resource_of(row_of(scope)) == scope


def test_a_pools_body_has_every_attribute_of_neutrons():
    assert body_of(given(a_pool(is_default=True)).resources[f"subnetpool-{POOL}"]) == {
        "id": POOL,
        "name": "pool",
        "tenant_id": US,
        "project_id": US,
        "prefixes": ["10.0.0.0/8"],
        "ip_version": 4,
        "min_prefixlen": "8",
        "default_prefixlen": "24",
        "max_prefixlen": "32",
        "default_quota": None,
        "is_default": True,
        "shared": False,
        "address_scope_id": None,
        "description": "",
        "created_at": "2026-11-22T15:30:00Z",
        "updated_at": "2026-11-22T15:30:00Z",
        "revision_number": 1,
        "tags": [],
    }
