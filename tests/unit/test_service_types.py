"""Subnet service types: which ports get addresses from which subnets."""

from __future__ import annotations

from libs.commands import CreatePorts, CreateSubnets, NewPort, NewSubnet, UpdatePort, UpdateSubnet, WantedAddress
from libs.events import AddressAllocated, SubnetCreated, SubnetServiceTypesChanged
from libs.network.kinds import resource_of, row_of
from libs.network.world import ChooseAddresses
from tests.unit.given import Outcome, given
from tests.unit.people import NET, PORT, SUBNET, SUBNET2, SUBNET6, US, a_network, a_port, a_slaac_subnet, a_subnet

GATEWAYS, FLOATING = ("network:router_gateway",), ("network:floatingip",)


def two_subnets(**of_second):
    return given(
        a_network(),
        *a_subnet("10.0.0.0/24", SUBNET),
        *a_subnet("192.0.2.0/24", SUBNET2, **of_second),
    )


def made(past, owner: str, **more) -> Outcome:
    return past.when(CreatePorts((NewPort(PORT, NET, US, device_owner=owner, **more),)))


def addresses(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.subnet_id, one.ip_address) for one in outcome.of(AddressAllocated)]


def test_a_subnet_with_service_types_is_for_such_ports_alone():
    past = two_subnets(service_types=GATEWAYS)
    assert addresses(made(past, "compute:nova")) == [(SUBNET, "10.0.0.2")]
    assert addresses(made(past, "")) == [(SUBNET, "10.0.0.2")]


def test_such_ports_get_theirs_from_it_first():
    past = two_subnets(service_types=GATEWAYS)
    outcome = made(past, GATEWAYS[0])
    assert addresses(outcome) == [(SUBNET2, "192.0.2.2")]
    [question] = [one for one in outcome.asked if isinstance(one, ChooseAddresses)]
    assert [id for id, _ in question.subnets] == [SUBNET2, SUBNET]


def test_a_port_that_no_subnet_is_for_is_refused():
    past = given(a_network(), *a_subnet("192.0.2.0/24", SUBNET2, service_types=GATEWAYS))
    made(past, "compute:nova").refused(409, "IpAddressGenerationFailureNoMatchingSubnet", "compute:nova")
    assert made(given(a_network()), "compute:nova").events


def test_addresses_that_are_named_are_of_subnets_for_such_ports():
    past = two_subnets(service_types=GATEWAYS)
    named = (WantedAddress(None, "192.0.2.9"),)
    made(past, "compute:nova", fixed_ips=named).refused(400, "InvalidIpForNetwork")
    made(past, "compute:nova", fixed_ips=(WantedAddress(SUBNET2),)).refused(400, "InvalidInput", SUBNET2)
    assert addresses(made(past, GATEWAYS[0], fixed_ips=named)) == [(SUBNET2, "192.0.2.9")]


def test_an_update_goes_by_the_ports_owner():
    past = two_subnets(service_types=GATEWAYS).and_then(*a_port("10.0.0.9", device_owner="compute:nova"))
    more = {"fixed_ips": (WantedAddress(SUBNET, "10.0.0.9"), WantedAddress(SUBNET2))}
    past.when(UpdatePort(PORT, more)).refused(400, "InvalidInput", SUBNET2)
    both = past.when(UpdatePort(PORT, {**more, "device_owner": GATEWAYS[0]}))
    assert addresses(both) == [(SUBNET2, "192.0.2.2")]


def test_a_port_keeps_what_it_has_when_its_subnet_becomes_anothers():
    past = two_subnets().and_then(*a_port("192.0.2.9", subnet=SUBNET2, device_owner="compute:nova"))
    changed = past.when(UpdateSubnet(SUBNET2, {"service_types": FLOATING}))
    changed.then(SubnetServiceTypesChanged(SUBNET2, (), FLOATING))
    assert changed.after().when(UpdatePort(PORT, {"name": "kept"})).events
    assert not changed.after().when(UpdatePort(PORT, {"mac_address": "fa:16:3e:aa:00:07"})).of(AddressAllocated)


def test_dhcp_is_on_every_subnet_that_has_dhcp():
    past = given(a_network(), *a_subnet("192.0.2.0/24", SUBNET2, service_types=GATEWAYS))
    assert addresses(made(past, "network:dhcp")) == [(SUBNET2, "192.0.2.2")]
    off = given(a_network(), *a_subnet("192.0.2.0/24", SUBNET2, service_types=GATEWAYS, enable_dhcp=False))
    made(off, "network:dhcp").refused(409, "IpAddressGenerationFailureNoMatchingSubnet")


def test_a_new_slaac_subnet_is_joined_by_the_ports_that_it_is_for():
    past = given(a_network(), *a_subnet(), *a_port("10.0.0.9", device_owner="compute:nova"))
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}

    def joined(*service_types: str) -> list[tuple[str, str]]:
        new = NewSubnet(SUBNET6, NET, US, 6, "2001:db8::/64", service_types=service_types, **modes)
        return addresses(past.when(CreateSubnets((new,), (PORT,))))

    assert joined() and joined("compute:nova")
    assert not joined("compute:az2")


def test_slaac_subnets_that_are_not_for_a_port_give_it_nothing():
    past = given(a_network(), *a_subnet(), *a_slaac_subnet())
    past = past.when(UpdateSubnet(SUBNET6, {"service_types": GATEWAYS})).after()
    assert [subnet for subnet, _ in addresses(made(past, "compute:nova"))] == [SUBNET]
    moved = past.and_then(*a_port("10.0.0.9")).when(UpdatePort(PORT, {"mac_address": "fa:16:3e:aa:00:07"}))
    assert not moved.of(AddressAllocated)


def test_service_types_are_kept_with_the_subnet():
    new = NewSubnet(SUBNET, NET, US, 4, "10.0.0.0/24", service_types=GATEWAYS)
    outcome = given(a_network()).when(CreateSubnets((new,)))
    assert outcome.of(SubnetCreated)[0].service_types == GATEWAYS
    resource = outcome.after().resources[f"subnet-{SUBNET}"]
    assert resource_of(row_of(resource)) == resource
