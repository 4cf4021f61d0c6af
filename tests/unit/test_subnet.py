"""Subnets: what can be asked of them, and what comes of it."""

from __future__ import annotations

import pytest

from libs.commands import CreateSubnets, DeleteSubnet, NewSubnet, UpdateSubnet
from libs.errors import Refusal
from libs.eventlog.lost import refusal_of_guard
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressAllocated,
    AddressReleased,
    NetworkSubnetAdded,
    NetworkSubnetRemoved,
    SubnetCreated,
    SubnetDeleted,
)
from libs.model import HostRoute
from libs.network.deciders.joining import STAYING
from libs.network.kinds import body_of
from tests.unit.given import Outcome, given
from tests.unit.people import (
    DHCP_PORT,
    MAC2,
    NET,
    NET2,
    PORT,
    PORT2,
    PORT3,
    SUBNET,
    SUBNET2,
    SUBNET6,
    US,
    a_network,
    a_port,
    a_slaac_subnet,
    a_subnet,
    dhcp_served,
    pool,
)


def made(cidr: str, version: int = 4, past=None, **more) -> Outcome:
    past = given(a_network()) if past is None else past
    return past.when(CreateSubnets((NewSubnet(SUBNET, NET, US, version, cidr, **more),)))


def created(outcome: Outcome) -> SubnetCreated:
    return outcome.of(SubnetCreated)[0]


def test_a_subnet_is_a_fact_of_its_own_and_one_of_its_network():
    made("10.0.0.0/24", name="green").then(
        NetworkSubnetAdded(NET, SUBNET, "10.0.0.0/24"),
        SubnetCreated(
            subnet_id=SUBNET,
            network_id=NET,
            project_id=US,
            name="green",
            description="",
            ip_version=4,
            cidr="10.0.0.0/24",
            gateway_ip="10.0.0.1",
            allocation_pools=(pool("10.0.0.2", "10.0.0.254"),),
            dns_nameservers=(),
            host_routes=(),
            enable_dhcp=True,
        ),
    )


def test_a_subnets_body_has_every_attribute_of_neutrons():
    routes = (HostRoute("10.9.0.0/16", "10.0.0.9"),)
    past = given(a_network(), *a_subnet(dns_nameservers=("192.0.2.53",), host_routes=routes))
    assert body_of(past.resources[f"subnet-{SUBNET}"]) == {
        "id": SUBNET,
        "name": "",
        "tenant_id": US,
        "project_id": US,
        "network_id": NET,
        "ip_version": 4,
        "cidr": "10.0.0.0/24",
        "gateway_ip": "10.0.0.1",
        "allocation_pools": [{"start": "10.0.0.2", "end": "10.0.0.254"}],
        "dns_nameservers": ["192.0.2.53"],
        "host_routes": [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}],
        "enable_dhcp": True,
        "ipv6_ra_mode": None,
        "ipv6_address_mode": None,
        "subnetpool_id": None,
        "service_types": [],
        "description": "",
        "created_at": "2026-11-22T15:30:00Z",
        "updated_at": "2026-11-22T15:30:00Z",
        "revision_number": 1,
        "tags": [],
    }


def test_a_subnet_may_have_no_gateway_and_then_uses_the_whole_range():
    subnet = created(made("10.0.0.0/24", gateway_ip=None))
    assert (subnet.gateway_ip, subnet.allocation_pools) == (None, (pool("10.0.0.1", "10.0.0.254"),))


def test_a_gateway_in_the_middle_splits_the_pool():
    subnet = created(made("10.0.0.0/24", gateway_ip="10.0.0.100"))
    assert subnet.allocation_pools == (pool("10.0.0.1", "10.0.0.99"), pool("10.0.0.101", "10.0.0.254"))


def test_a_gateway_outside_of_the_subnet_is_allowed_as_in_neutron():
    subnet = created(made("10.0.0.0/24", gateway_ip="10.9.9.9"))
    assert (subnet.gateway_ip, subnet.allocation_pools) == ("10.9.9.9", (pool("10.0.0.1", "10.0.0.254"),))


def test_an_ipv6_subnets_gateway_is_the_subnet_router_anycast_address_as_in_neutron():
    subnet = created(made("2001:db8::/64", 6))
    assert subnet.gateway_ip == "2001:db8::"
    assert subnet.allocation_pools == (pool("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"),)


@pytest.mark.parametrize("gateway", ["10.0.0.0", "10.0.0.255"])
def test_network_and_broadcast_addresses_are_no_gateways(gateway):
    made("10.0.0.0/24", gateway_ip=gateway).refused(400, "InvalidInput", "Gateway is not valid on subnet")


@pytest.mark.parametrize(
    "pools, status, type",
    [
        ((pool("10.0.1.1", "10.0.1.9"),), 400, "OutOfBoundsAllocationPool"),
        ((pool("10.0.0.250", "10.0.1.9"),), 400, "OutOfBoundsAllocationPool"),
        ((pool("10.0.0.0", "10.0.0.9"),), 400, "OutOfBoundsAllocationPool"),
        ((pool("10.0.0.9", "10.0.0.255"),), 400, "OutOfBoundsAllocationPool"),
        ((pool("10.0.0.9", "10.0.0.2"),), 400, "InvalidAllocationPool"),
        ((pool("10.0.0.9", "cat"),), 400, "InvalidAllocationPool"),
        ((pool("2001:db8::1", "2001:db8::9"),), 400, "InvalidAllocationPool"),
        ((pool("10.0.0.2", "10.0.0.9"), pool("10.0.0.9", "10.0.0.20")), 409, "OverlappingAllocationPools"),
        ((pool("10.0.0.50", "10.0.0.60"), pool("10.0.0.2", "10.0.0.90")), 409, "OverlappingAllocationPools"),
        ((pool("10.0.0.1", "10.0.0.9"),), 409, "GatewayConflictWithAllocationPools"),
    ],
)
def test_pools_that_cannot_be_are_refused_when_made_and_when_changed(pools, status, type):
    made("10.0.0.0/24", allocation_pools=pools).refused(status, type)
    past = given(a_network(), *a_subnet())
    past.when(UpdateSubnet(SUBNET, {"allocation_pools": pools})).refused(status, type)


def test_a_pool_may_hold_every_host_address():
    for cidr, version, whole in (
        ("10.0.0.0/24", 4, pool("10.0.0.1", "10.0.0.254")),
        ("10.0.0.0/30", 4, pool("10.0.0.1", "10.0.0.2")),
        ("10.0.0.7/32", 4, pool("10.0.0.7", "10.0.0.7")),
        ("2001:db8::/64", 6, pool("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff")),
    ):
        subnet = created(made(cidr, version, gateway_ip=None, allocation_pools=(whole,), enable_dhcp=False))
        assert subnet.allocation_pools == (whole,)
        assert created(made(cidr, version, gateway_ip=None, enable_dhcp=False)).allocation_pools == (whole,)


def test_pools_may_touch_each_other():
    pools = (pool("10.0.0.2", "10.0.0.9"), pool("10.0.0.10", "10.0.0.20"))
    assert created(made("10.0.0.0/24", allocation_pools=pools)).allocation_pools == pools


@pytest.mark.parametrize("cidr", ["10.0.0.0/24", "10.0.0.128/25", "10.0.0.0/8", "10.0.0.7/32"])
def test_subnets_of_one_network_do_not_overlap(cidr):
    past = given(a_network(), *a_subnet())
    command = CreateSubnets((NewSubnet(SUBNET2, NET, US, 4, cidr, enable_dhcp=False),))
    past.when(command).refused(400, "InvalidInput", f"cidr: {cidr} for network: {NET} overlaps with another subnet")


def test_subnets_of_two_networks_may_overlap():
    past = given(a_network(), *a_subnet(), a_network(NET2))
    assert past.when(CreateSubnets((NewSubnet(SUBNET2, NET2, US, 4, "10.0.0.0/24"),))).events


def test_subnets_made_together_do_not_overlap_either_and_none_is_made():
    def asked(*cidrs):
        return CreateSubnets(
            tuple(NewSubnet(id, NET, US, 4, cidr) for id, cidr in zip((SUBNET, SUBNET2), cidrs, strict=True))
        )

    past = given(a_network())
    past.when(asked("10.0.0.0/24", "10.0.0.0/25")).refused(400, "InvalidInput", "overlaps")
    outcome = past.when(asked("10.0.0.0/24", "10.0.1.0/24"))
    assert [change.stream for change in outcome.decision.changes] == [
        f"network-{NET}",
        f"subnet-{SUBNET}",
        f"subnet-{SUBNET2}",
    ]
    assert outcome.decision.touched == (f"subnet-{SUBNET}", f"subnet-{SUBNET2}")
    assert outcome.after().state("network", NET).subnet_ids == (SUBNET, SUBNET2)


@pytest.mark.parametrize(
    "cidr, version, words",
    [
        ("10.0.0.0/24", 6, "cidr '10.0.0.0/24' does not match the ip_version '6'"),
        ("2001:db8::/64", 4, "does not match the ip_version '4'"),
        ("0.0.0.0/0", 4, "0 is not allowed as CIDR prefix length"),
        ("::/64", 6, "IPv6 subnet '::' is not supported"),
        ("10.0.0.0/31", 4, "prefix length that is incompatible with DHCP"),
        ("2001:db8::/127", 6, "prefix length that is incompatible with DHCP"),
        ("224.0.0.0/24", 4, "Multicast IP subnet is not supported"),
        ("127.0.0.0/24", 4, "Loopback IP subnet is not supported"),
        ("0.0.0.0/24", 4, "First IP '0.0.0.0' of network is not supported"),
        ("ff02::/64", 6, "Multicast IP subnet is not supported"),
    ],
)
def test_cidrs_that_cannot_be_served_are_refused(cidr, version, words):
    made(cidr, version).refused(400, "InvalidInput", words)


@pytest.mark.parametrize("cidr", ["fe80::/64", "fe80:1::/64", "febf::/64", "fe80::/9", "fe00::/8"])
@pytest.mark.parametrize("dhcp", [True, False])
def test_link_local_addresses_are_each_hosts_own_and_no_subnet(cidr, dhcp):
    made(cidr, 6, enable_dhcp=dhcp).refused(400, "InvalidInput", "link-local")


@pytest.mark.parametrize("cidr", ["::ffff:1.2.3.0/120", "::ffff:0:0/96"])
@pytest.mark.parametrize("dhcp", [True, False])
def test_ipv4_in_the_clothes_of_ipv6_is_no_subnet(cidr, dhcp):
    made(cidr, 6, enable_dhcp=dhcp).refused(400, "InvalidInput", "IPv4-mapped")


@pytest.mark.parametrize(
    "cidr, gateway, pools",
    [
        ("10.0.0.0/31", "10.0.0.1", (pool("10.0.0.0", "10.0.0.0"),)),
        ("10.0.0.7/32", "10.0.0.8", (pool("10.0.0.7", "10.0.0.7"),)),
        ("224.0.0.0/24", "224.0.0.1", (pool("224.0.0.2", "224.0.0.254"),)),
    ],
)
def test_without_dhcp_even_odd_cidrs_will_do(cidr, gateway, pools):
    subnet = created(made(cidr, enable_dhcp=False))
    assert (subnet.gateway_ip, subnet.allocation_pools) == (gateway, pools)


@pytest.mark.parametrize(
    "more, words",
    [
        ({"ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateful"}, "must be the same value"),
        ({"ipv6_ra_mode": "slaac", "enable_dhcp": False}, "cannot be set when enable_dhcp is set to False"),
        ({"ipv6_address_mode": "cat"}, "'cat' is not in"),
    ],
)
def test_ipv6_modes_must_go_together(more, words):
    made("2001:db8::/64", 6, **more).refused(400, "InvalidInput", words)


def test_formed_addresses_need_a_64():
    for mode in ("slaac", "dhcpv6-stateless"):
        outcome = made("2001:db8::/80", 6, ipv6_ra_mode=mode, ipv6_address_mode=mode)
        outcome.refused(400, "InvalidInput", "which requires the prefix to be /64")
    assert made("2001:db8::/80", 6, ipv6_ra_mode="dhcpv6-stateful", ipv6_address_mode="dhcpv6-stateful").events


def test_ipv6_modes_are_not_for_ipv4():
    made("10.0.0.0/24", ipv6_ra_mode="slaac").refused(400, "InvalidInput", "not valid when ip_version is 4")


def test_at_most_five_dns_servers_of_the_subnets_ip_version():
    six = tuple(f"192.0.2.{n}" for n in range(6))
    made("10.0.0.0/24", dns_nameservers=six).refused(400, "DNSNameServersExhausted", "limit 5")
    made("10.0.0.0/24", dns_nameservers=("2001:db8::53",)).refused(400, "InvalidInput", "dns_nameserver")
    made("10.0.0.0/24", dns_nameservers=("cat",)).refused(400, "InvalidInput", "Error parsing dns address cat")
    assert created(made("10.0.0.0/24", dns_nameservers=six[:5])).dns_nameservers == six[:5]


def test_at_most_twenty_valid_host_routes():
    routes = tuple(HostRoute(f"10.{n}.0.0/16", "10.0.0.9") for n in range(1, 22))
    made("10.0.0.0/24", host_routes=routes).refused(400, "HostRoutesExhausted", "limit 20")
    for bad in (HostRoute("cat", "10.0.0.9"), HostRoute("10.9.0.0/16", "cat")):
        made("10.0.0.0/24", host_routes=(bad,)).refused(400, "InvalidInput", "Invalid route")
    for other in (HostRoute("2001:db8::/64", "10.0.0.9"), HostRoute("10.9.0.0/16", "2001:db8::9")):
        made("10.0.0.0/24", host_routes=(other,)).refused(400, "InvalidInput", "does not match the ip_version")
    assert created(made("10.0.0.0/24", host_routes=routes[:20])).host_routes == routes[:20]


def test_subnets_are_made_on_networks_that_are_there():
    given().when(CreateSubnets((NewSubnet(SUBNET, NET, US, 4, "10.0.0.0/24"),))).refused(404, "NetworkNotFound")


@pytest.mark.parametrize("command", [UpdateSubnet(SUBNET, {"name": "x"}), DeleteSubnet(SUBNET)])
def test_a_subnet_that_is_not_there_is_not_found(command):
    given().when(command).refused(404, "SubnetNotFound", SUBNET)


def test_a_deleted_subnet_is_guarded_against_ports_that_hold_its_addresses():
    outcome = given(a_network(), *a_subnet()).when(DeleteSubnet(SUBNET))
    outcome.then(NetworkSubnetRemoved(NET, SUBNET, "10.0.0.0/24"), SubnetDeleted(SUBNET, NET, US, "10.0.0.0/24"))
    assert outcome.guards == (NoneRefers("port", "subnet_ids", SUBNET),)
    assert outcome.after().state("network", NET).subnets == ()


def slaac(*port_ids: str) -> CreateSubnets:
    new = NewSubnet(SUBNET6, NET, US, 6, "2001:db8::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
    return CreateSubnets((new,), port_ids)


def test_ports_that_are_there_join_a_slaac_subnet_with_its_commit():
    elsewhere = a_port(id=PORT3, network_id=NET2)
    router = a_port(id=PORT2, mac=MAC2, device_owner="network:router_interface")
    past = given(a_network(), a_network(NET2), *a_subnet(), *a_port("10.0.0.5"), *dhcp_served(), *router, *elsewhere)
    outcome = past.when(slaac(PORT, PORT2, PORT3, DHCP_PORT))
    assert outcome.of(AddressAllocated) == [
        AddressAllocated(PORT, SUBNET6, "2001:db8::f816:3eff:feaa:1"),
        AddressAllocated(DHCP_PORT, SUBNET6, "2001:db8::f816:3eff:fedd:1"),
    ]
    assert [one.ip_address for one in outcome.after().state("port", PORT).fixed_ips][0] == "10.0.0.5"


def test_a_slaac_subnet_is_guarded_against_ports_that_were_overlooked():
    [guard] = given(a_network(), *a_port()).when(slaac(PORT)).guards
    assert guard == NoneRefers("port", "network_id", NET, (PORT,), (("device_owner", STAYING),))
    assert refusal_of_guard(guard, {}).type == "RetryRequest"
    assert made("10.0.0.0/24").guards == ()


def test_ports_do_not_keep_a_slaac_subnet():
    past = given(a_network(), *a_subnet(), *a_port("10.0.0.5")).when(slaac(PORT)).after()
    outcome = past.when(DeleteSubnet(SUBNET6, port_ids=(PORT,)))
    assert outcome.of(AddressReleased) == [AddressReleased(PORT, SUBNET6, "2001:db8::f816:3eff:feaa:1")]
    assert outcome.guards == (NoneRefers("port", "subnet_ids", SUBNET6, besides=(PORT,)),)
    assert [one.subnet_id for one in outcome.after().state("port", PORT).fixed_ips] == [SUBNET]


def test_a_router_keeps_its_slaac_subnet_and_a_port_its_plain_one():
    router = a_port("2001:db8::1", subnet=SUBNET6, device_owner="network:router_interface")
    outcome = given(a_network(), *a_slaac_subnet(), *router).when(DeleteSubnet(SUBNET6, port_ids=(PORT,)))
    assert (outcome.of(AddressReleased), outcome.guards) == ([], (NoneRefers("port", "subnet_ids", SUBNET6),))
    outcome = given(a_network(), *a_subnet(), *a_port("10.0.0.5")).when(DeleteSubnet(SUBNET, port_ids=(PORT,)))
    assert (outcome.of(AddressReleased), outcome.guards) == ([], (NoneRefers("port", "subnet_ids", SUBNET),))


def test_another_revision_than_the_expected_one_is_refused():
    for command in (UpdateSubnet(SUBNET, {"name": "x"}, 2), DeleteSubnet(SUBNET, 2)):
        given(a_network(), *a_subnet()).when(command).refused(412, "RevisionNumberConstraintFailed")


def test_refusals_travel_between_processes():
    import pickle

    refusal = made("0.0.0.0/0").refusal
    again = pickle.loads(pickle.dumps(refusal))
    assert isinstance(again, Refusal) and (again.status, again.message) == (400, refusal.message)


def test_a_cidr_is_stored_in_its_one_form():
    assert created(made("10.0.0.77/24")).cidr == "10.0.0.0/24"
    subnet = created(made("2001:DB8:0::/64", 6, gateway_ip="2001:DB8:0::1"))
    assert (subnet.cidr, subnet.gateway_ip) == ("2001:db8::/64", "2001:db8::1")
    made("10.0.0.0", 4).refused(400, "InvalidInput", "'10.0.0.0' is not a valid IP subnet")
