"""Topologies made for projects: several decisions as one, on a world that each of them leaves to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from libs.commands import AllocateTopology, CreateSubnetPools, NewSubnetPool, PooledSubnet, ReleaseTopology
from libs.events import (
    NetworkAccessGranted,
    NetworkCreated,
    NetworkDeleted,
    PortCreated,
    PortDeleted,
    RouterCreated,
    RouterDeleted,
    RouterGatewaySet,
    RouterInterfaceAttached,
    RouterInterfaceDetached,
    SubnetCreated,
    SubnetPoolPrefixAllocated,
    SubnetPoolPrefixReleased,
    TopologyAllocated,
    TopologyReleased,
)
from libs.network.kinds import resource_of, row_of
from libs.network.topology import topology_id
from tests.unit.given import Given, given
from tests.unit.people import NET, NET2, THEM, US, a_network, a_subnet, uuid_of

POOL, POOL6, ROUTER, GATE = uuid_of(81), uuid_of(86), uuid_of(82), uuid_of(83)
ID = topology_id(THEM)
WANTED = AllocateTopology(
    THEM,
    NET,
    NET2,
    ROUTER,
    GATE,
    (PooledSubnet(uuid_of(84), uuid_of(85), POOL, 4), PooledSubnet(uuid_of(87), uuid_of(88), POOL6, 6)),
)


def a_cloud() -> Given:
    """Our external network and two pools."""
    pools = (
        NewSubnetPool(POOL, US, "four", ("10.0.0.0/16",), default_prefixlen=26),
        NewSubnetPool(POOL6, US, "six", ("2001:db8::/48",), default_prefixlen=64),
    )
    past = given(a_network(), *a_subnet("203.0.113.0/24"), NetworkAccessGranted(NET, "access_as_external", "*", ""))
    return past.when(CreateSubnetPools(pools)).after()


def test_all_of_it_is_one_decision():
    outcome = a_cloud().when(WANTED)
    assert outcome.of(TopologyAllocated) == [TopologyAllocated(ID, THEM, NET2, ROUTER, NET)]
    assert [len(outcome.of(kind)) for kind in (NetworkCreated, RouterCreated, RouterGatewaySet)] == [1, 1, 1]
    assert [one.cidr for one in outcome.of(SubnetPoolPrefixAllocated)] == ["10.0.0.0/26", "2001:db8::/64"]
    assert [(one.cidr, one.name) for one in outcome.of(SubnetCreated)] == [
        ("10.0.0.0/26", "auto_allocated_subnet_v4"),
        ("2001:db8::/64", "auto_allocated_subnet_v6"),
    ]
    assert [one.ip_address for one in outcome.of(RouterInterfaceAttached)] == ["10.0.0.1", "2001:db8::1"]
    assert {one.project_id for one in outcome.of(PortCreated)} == {"", THEM}
    resource = outcome.after().resources[f"topology-{ID}"]
    assert resource_of(row_of(resource)) == resource


def test_what_is_there_is_shown_and_asks_for_nothing():
    outcome = a_cloud().when(WANTED).after().when(replace(WANTED, network_id=uuid_of(99)))
    assert (outcome.events, outcome.asked, outcome.decision.touched) == ((), (), (f"topology-{ID}",))


def test_all_of_it_ends_in_one_decision():
    outcome = a_cloud().when(WANTED).after().when(ReleaseTopology(THEM))
    assert outcome.of(TopologyReleased) == [TopologyReleased(ID, THEM, NET2, ROUTER)]
    assert [len(outcome.of(kind)) for kind in (RouterInterfaceDetached, RouterDeleted, NetworkDeleted)] == [2, 1, 1]
    assert len(outcome.of(PortDeleted)) == 3
    assert [one.cidr for one in outcome.of(SubnetPoolPrefixReleased)] == ["10.0.0.0/26", "2001:db8::/64"]
    [guard] = [one for one in outcome.guards if (one.kind, one.column) == ("port", "network_id")]
    assert {uuid_of(85), uuid_of(88)} <= set(guard.besides), "its own interfaces are not in its way"
    after = outcome.after()
    resource = after.resources[f"topology-{ID}"]
    assert resource_of(row_of(resource)) == resource and resource.state.network_id == ""
    assert after.when(ReleaseTopology(THEM)).events == () == given().when(ReleaseTopology(THEM)).events
    anew = replace(WANTED, network_id=uuid_of(91), router_id=uuid_of(92))
    again = after.when(
        replace(anew, gateway_port_id=uuid_of(93), subnets=(PooledSubnet(uuid_of(94), uuid_of(95), POOL, 4),))
    )
    assert [one.network_id for one in again.of(TopologyAllocated)] == [uuid_of(91)]


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"external_network_id": NET2}, "external connectivity"),
        ({"subnets": (PooledSubnet(uuid_of(84), uuid_of(85), uuid_of(99), 4),)}, "private network"),
        ({"subnets": (PooledSubnet(uuid_of(84), uuid_of(85), POOL6, 4),)}, "private network"),
    ],
)
def test_what_makes_no_sense_is_the_deployments_fault(wrong, words):
    past = a_cloud().and_then(a_network(NET2, segmentation_id=9))
    wanted = replace(WANTED, network_id=uuid_of(98), **wrong)
    past.when(wanted).refused(409, "AutoAllocationFailure", "Deployment error: Unable to provide", words)


def test_a_gateway_that_finds_no_address_is_told_as_it_is():
    full = a_cloud().with_full(*(a_subnet()[1].subnet_id,))
    full.when(WANTED).refused(409, "IpAddressGenerationFailure")
