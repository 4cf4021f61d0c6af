"""Ports: made on a network, with MAC, addresses and a place."""

from __future__ import annotations

import pytest

from libs.commands import CreatePorts, NewPort, WantedAddress
from libs.events import AddressAllocated, PortBindingFailed, PortBound, PortCreated
from libs.model import FixedIp, Segment
from libs.network.addresses import eui64
from libs.network.kinds import body_of
from libs.network.world import ChooseAddresses, ChooseBinding, ChooseMac
from tests.unit.given import Outcome, given
from tests.unit.people import (
    MAC,
    NET,
    NET2,
    PORT,
    PORT2,
    SUBNET,
    SUBNET2,
    SUBNET6,
    US,
    a_network,
    a_port,
    a_slaac_subnet,
    a_subnet,
    active,
    bound,
    uuid_of,
)

BLUE = (a_network(), *a_subnet())
DUAL = (*BLUE, *a_slaac_subnet())


def made(*past, by=None, **more) -> Outcome:
    story = given(*past) if by is None else given(*past).by(by)
    return story.when(CreatePorts((NewPort(PORT, NET, more.pop("project_id", US), **more),)))


def wish(ip: str | None = None, subnet: str | None = None) -> WantedAddress:
    return WantedAddress(subnet, ip)


def held(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.subnet_id, one.ip_address) for one in outcome.of(AddressAllocated)]


def test_a_port_gets_a_mac_and_an_address():
    outcome = made(*BLUE, name="vm", port_security=False).then(
        PortCreated(PORT, NET, US, "vm", "", "fa:16:3e:00:00:01", True, "", ""),
        AddressAllocated(PORT, SUBNET, "10.0.0.2"),
    )
    assert outcome.asked == (ChooseMac(PORT), ChooseAddresses(PORT, NET, None, ((SUBNET, 1),), None))
    assert outcome.decision.touched == (f"port-{PORT}",)


def test_a_ports_body_has_every_attribute_of_neutrons():
    past = given(*BLUE, *a_port("10.0.0.5", device_id="vm-1", device_owner="compute:nova"), bound(), active())
    assert body_of(past.resources[f"port-{PORT}"]) == {
        "id": PORT,
        "name": "",
        "network_id": NET,
        "tenant_id": US,
        "project_id": US,
        "mac_address": MAC,
        "admin_state_up": True,
        "status": "ACTIVE",
        "device_id": "vm-1",
        "device_owner": "compute:nova",
        "fixed_ips": [{"subnet_id": SUBNET, "ip_address": "10.0.0.5"}],
        "binding:vnic_type": "normal",
        "binding:host_id": "compute1",
        "binding:profile": {},
        "binding:vif_type": "ovs",
        "binding:vif_details": {"bridge_name": "br-int"},
        "ip_allocation": "immediate",
        "extra_dhcp_opts": [],
        "description": "",
        "created_at": "2026-11-22T15:30:00Z",
        "updated_at": "2026-11-22T15:30:00Z",
        "revision_number": 4,
        "tags": [],
        "port_security_enabled": False,
        "security_groups": [],
        "allowed_address_pairs": [],
        "dns_name": "",
        "dns_assignment": [
            {"ip_address": "10.0.0.5", "hostname": "host-10-0-0-5", "fqdn": "host-10-0-0-5.openstacklocal."}
        ],
    }


def test_one_address_per_ip_version_and_one_on_each_slaac_subnet():
    outcome = made(*DUAL, *a_subnet("10.0.1.0/24", SUBNET2), mac_address=MAC)
    assert held(outcome) == [(SUBNET, "10.0.0.2"), (SUBNET6, eui64("2001:db8::/64", MAC))]


def test_on_a_network_with_slaac_alone_nobody_is_asked_for_an_address():
    outcome = made(a_network(), *a_slaac_subnet())
    assert outcome.asked == (ChooseMac(PORT),)
    assert held(outcome) == [(SUBNET6, eui64("2001:db8::/64", "fa:16:3e:00:00:01"))]


def test_a_network_without_subnets_gives_no_addresses():
    outcome = made(a_network())
    assert held(outcome) == [] and outcome.of(PortCreated)[0].ip_allocation == "immediate"


def test_a_port_that_wants_no_addresses_gets_none():
    outcome = made(*BLUE, fixed_ips=())
    assert held(outcome) == [] and outcome.of(PortCreated)[0].ip_allocation == "none"


def test_a_given_address_and_mac_are_questions_to_nobody():
    outcome = made(*BLUE, fixed_ips=(wish("10.0.0.77"),), mac_address=MAC)
    assert outcome.asked == () and held(outcome) == [(SUBNET, "10.0.0.77")]
    assert outcome.of(PortCreated)[0].mac_address == MAC


def test_an_address_outside_of_the_pools_may_be_given_and_the_gateways_too():
    past = (a_network(), *a_subnet(allocation_pools=()))
    assert held(made(*past, fixed_ips=(wish("10.0.0.1"),))) == [(SUBNET, "10.0.0.1")]


def test_given_addresses_are_not_proposed_again_in_the_same_request():
    outcome = made(*BLUE, fixed_ips=(wish("10.0.0.2"), wish(subnet=SUBNET)))
    assert held(outcome) == [(SUBNET, "10.0.0.2"), (SUBNET, "10.0.0.3")]


def test_ports_made_together_do_not_get_what_one_of_them_asks_for():
    ports = (NewPort(PORT, NET, US), NewPort(PORT2, NET, US, fixed_ips=(wish("10.0.0.2"),)))
    outcome = given(*BLUE).when(CreatePorts(ports))
    assert held(outcome) == [(SUBNET, "10.0.0.3"), (SUBNET, "10.0.0.2")]
    assert outcome.asked[1].avoid == (FixedIp(SUBNET, "10.0.0.2"),)


@pytest.mark.parametrize(
    "wishes, status, type",
    [
        ((wish("192.0.2.1"),), 400, "InvalidIpForNetwork"),
        ((wish("2001:db8::5"),), 400, "InvalidIpForNetwork"),
        ((wish("10.0.0.0"),), 400, "InvalidIpForNetwork"),
        ((wish("10.0.0.255"),), 400, "InvalidIpForNetwork"),
        ((wish("192.0.2.1", SUBNET),), 400, "InvalidIpForSubnet"),
        ((wish("10.0.0.255", SUBNET),), 400, "InvalidIpForSubnet"),
        ((wish(),), 400, "InvalidInput"),
        ((wish(subnet=uuid_of(99)),), 404, "SubnetNotFound"),
        ((wish("10.0.0.5"), wish("10.0.0.5", SUBNET)), 400, "HTTPBadRequest"),
        (tuple(wish(f"10.0.0.{n}") for n in range(2, 19)), 400, "InvalidInput"),
    ],
)
def test_addresses_that_cannot_be_are_refused(wishes, status, type):
    made(*BLUE, fixed_ips=wishes).refused(status, type)


def test_a_port_may_have_sixteen_addresses():
    assert len(held(made(*BLUE, fixed_ips=tuple(wish(f"10.0.0.{n}") for n in range(2, 18))))) == 16


def test_a_subnet_of_another_network_is_refused():
    other = (a_network(NET2), *a_subnet("10.0.1.0/24", SUBNET2, NET2))
    outcome = made(*BLUE, *other, fixed_ips=(wish(subnet=SUBNET2),))
    outcome.refused(400, "InvalidInput", f"fixed_ips included invalid subnet {SUBNET2}")


def test_addresses_cannot_be_wished_where_there_are_no_subnets():
    made(a_network(), fixed_ips=(wish("10.0.0.5"),)).refused(400, "InvalidInput", "requires subnets")


def test_on_a_slaac_subnet_only_the_formed_address_may_be_asked_for():
    formed = eui64("2001:db8::/64", MAC)
    made(*DUAL, mac_address=MAC, fixed_ips=(wish("2001:db8::5"),)).refused(400, "AllocationOnAutoAddressSubnet")
    assert held(made(*DUAL, mac_address=MAC, fixed_ips=(wish(formed),))) == [(SUBNET6, formed)]
    assert held(made(*DUAL, mac_address=MAC, fixed_ips=(wish(subnet=SUBNET6),))) == [(SUBNET6, formed)]


def test_a_routers_port_gets_no_formed_address_but_may_choose_one():
    owner = "network:router_interface"
    outcome = made(*DUAL, device_owner=owner, fixed_ips=(wish("2001:db8::", SUBNET6), wish(subnet=SUBNET)))
    assert held(outcome) == [(SUBNET6, "2001:db8::"), (SUBNET, "10.0.0.2")]
    outcome = made(*DUAL, device_owner=owner, fixed_ips=(wish(subnet=SUBNET6),))
    assert held(outcome) == [(SUBNET6, "2001:db8::1")]
    stateful = a_subnet("2001:db8::/64", SUBNET6)
    made(*BLUE, *stateful, device_owner="compute:nova", fixed_ips=(wish("2001:db8::", SUBNET6),)).refused(
        400, "InvalidIpForSubnet"
    )


def test_a_full_subnet_is_a_conflict_and_nothing_happens():
    outcome = given(*BLUE).with_full(SUBNET).when(CreatePorts((NewPort(PORT, NET, US),)))
    outcome.refused(409, "IpAddressGenerationFailure")


def test_a_port_with_a_host_is_bound_at_once():
    outcome = made(*BLUE, host="compute1", vnic_type="normal", profile={"a": 1})
    assert ChooseBinding(PORT, "compute1", Segment("vxlan", None, 7), "normal") in outcome.asked
    details = {"bridge_name": "br-int", "datapath_type": "netdev"}
    assert outcome.of(PortBound) == [PortBound(PORT, NET, "compute1", "", 1, "ovs", details)]
    port = outcome.after().state("port", PORT)
    assert (port.status, port.host, port.generation, port.profile) == ("DOWN", "compute1", 1, {"a": 1})


def test_a_host_that_cannot_attach_it_makes_a_port_with_a_failed_binding():
    outcome = given(*BLUE).with_broken("compute9").when(CreatePorts((NewPort(PORT, NET, US, host="compute9"),)))
    assert outcome.of(PortBindingFailed) == [PortBindingFailed(PORT, NET, "compute9", "", "no live agent")]
    body = body_of(outcome.after().resources[f"port-{PORT}"])
    assert (body["binding:vif_type"], body["binding:host_id"]) == ("binding_failed", "compute9")


def test_a_profile_too_large_is_refused():
    largest = "x" * (4095 - len('{"a": ""}'))
    assert made(*BLUE, profile={"a": largest}).events
    made(*BLUE, profile={"a": largest + "x"}).refused(400, "InvalidInput", "binding:profile value too large")


def test_a_profile_with_a_number_beyond_all_numbers_is_refused():
    made(*BLUE, profile={"a": [float("inf")]}).refused(400, "InvalidInput", "not finite")


def test_one_bad_port_among_many_refuses_all():
    ports = (NewPort(PORT, NET, US), NewPort(PORT2, NET, US, fixed_ips=(wish("192.0.2.1"),)))
    given(*BLUE).when(CreatePorts(ports)).refused(400, "InvalidIpForNetwork")
