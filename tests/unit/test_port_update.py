"""Ports: what can be changed of them, what is kept, and their end."""

from __future__ import annotations

import pytest

from libs.commands import DeletePort, UpdatePort, WantedAddress
from libs.events import (
    AddressAllocated,
    AddressReleased,
    PortAdminStateChanged,
    PortDeleted,
    PortDescribed,
    PortDeviceChanged,
    PortMacChanged,
    PortProfileChanged,
    PortRenamed,
    PortVnicTypeChanged,
)
from libs.network.addresses import eui64
from tests.unit.given import Outcome, given, member
from tests.unit.people import (
    MAC,
    MAC2,
    NET,
    NET2,
    PORT,
    SUBNET,
    SUBNET2,
    SUBNET6,
    THEM,
    US,
    a_network,
    a_port,
    a_slaac_subnet,
    a_subnet,
    bound,
)

BLUE = (a_network(), *a_subnet())
DUAL = (*BLUE, *a_slaac_subnet())
FORMED = eui64("2001:db8::/64", MAC)
HELD = (*BLUE, *a_port("10.0.0.5", "10.0.0.6"))


def changed(*past, by=None, **changes) -> Outcome:
    story = given(*past) if by is None else given(*past).by(by)
    return story.when(UpdatePort(PORT, changes))


def wish(ip: str | None = None, subnet: str | None = None) -> WantedAddress:
    return WantedAddress(subnet, ip)


def test_an_update_says_what_changed_and_only_that():
    changed(
        *BLUE,
        *a_port(),
        name="vm",
        description="a cat's",
        device_id="vm-1",
        device_owner="compute:nova",
        admin_state_up=False,
        mac_address=MAC2,
        vnic_type="direct",
        profile={"a": 1},
    ).then(
        PortRenamed(PORT, "", "vm"),
        PortDescribed(PORT, "", "a cat's"),
        PortDeviceChanged(PORT, "", "vm-1", "", "compute:nova"),
        PortAdminStateChanged(PORT, False),
        PortMacChanged(PORT, NET, MAC, MAC2),
        PortVnicTypeChanged(PORT, "normal", "direct"),
        PortProfileChanged(PORT, {}, {"a": 1}),
    )


def test_an_update_to_what_is_already_so_changes_nothing_and_is_answered():
    same = {"name": "", "mac_address": MAC.upper(), "fixed_ips": (wish("10.0.0.5"),), "profile": None, "host": ""}
    outcome = changed(*BLUE, *a_port("10.0.0.5"), **same)
    assert outcome.decision.changes == () and outcome.decision.touched == (f"port-{PORT}",)


def test_renaming_reads_nothing_but_the_port():
    outcome = changed(*HELD, name="vm")
    assert outcome.asked == () and len(outcome.decision.changes) == 1


def test_addresses_that_stay_are_kept_and_the_others_released():
    changed(*HELD, fixed_ips=(wish("10.0.0.6"), wish("10.0.0.9"))).then(
        AddressReleased(PORT, SUBNET, "10.0.0.5"), AddressAllocated(PORT, SUBNET, "10.0.0.9")
    )


def test_a_wish_for_a_subnet_is_fulfilled_by_an_address_held_there():
    changed(*HELD, fixed_ips=(wish(subnet=SUBNET), wish(subnet=SUBNET))).then()
    changed(*HELD, fixed_ips=(wish(subnet=SUBNET),)).then(AddressReleased(PORT, SUBNET, "10.0.0.6"))


def test_a_further_wish_is_chosen_anew_and_never_one_that_is_held():
    past = (*BLUE, *a_port("10.0.0.2"))
    changed(*past, fixed_ips=(wish("10.0.0.2"), wish(subnet=SUBNET))).then(AddressAllocated(PORT, SUBNET, "10.0.0.3"))


def test_all_addresses_can_be_given_up():
    changed(*HELD, fixed_ips=()).then(
        AddressReleased(PORT, SUBNET, "10.0.0.5"), AddressReleased(PORT, SUBNET, "10.0.0.6")
    )


def test_formed_addresses_stay_whatever_is_wished():
    past = (*DUAL, *a_port("10.0.0.5"), AddressAllocated(PORT, SUBNET6, FORMED))
    changed(*past, fixed_ips=()).then(AddressReleased(PORT, SUBNET, "10.0.0.5"))
    changed(*past, fixed_ips=(wish("10.0.0.5"), wish(subnet=SUBNET6))).then()
    changed(*past, fixed_ips=(wish("10.0.0.5"), wish(FORMED))).then()


def test_another_address_than_the_formed_one_cannot_be_wished():
    past = (*DUAL, *a_port("10.0.0.5"), AddressAllocated(PORT, SUBNET6, FORMED))
    changed(*past, fixed_ips=(wish("2001:db8::7"),)).refused(400, "AllocationOnAutoAddressSubnet")


def test_a_slaac_subnet_that_came_later_is_joined_with_the_next_wish():
    past = (*DUAL, *a_port("10.0.0.5"))
    changed(*past, fixed_ips=(wish("10.0.0.5"),)).then(AddressAllocated(PORT, SUBNET6, FORMED))


def test_with_another_mac_comes_another_formed_address():
    past = (*DUAL, *a_port("10.0.0.5"), AddressAllocated(PORT, SUBNET6, FORMED))
    changed(*past, mac_address=MAC2).then(
        PortMacChanged(PORT, NET, MAC, MAC2),
        AddressReleased(PORT, SUBNET6, FORMED),
        AddressAllocated(PORT, SUBNET6, eui64("2001:db8::/64", MAC2)),
    )


@pytest.mark.parametrize(
    "wishes, status, type",
    [
        ((wish("192.0.2.1"),), 400, "InvalidIpForNetwork"),
        ((wish("10.0.0.255", SUBNET),), 400, "InvalidIpForSubnet"),
        ((wish(),), 400, "InvalidInput"),
        ((wish(subnet=SUBNET2),), 404, "SubnetNotFound"),
        ((wish("10.0.0.9"), wish("10.0.0.9")), 400, "HTTPBadRequest"),
        ((wish("10.9"),), 400, "HTTPBadRequest"),
    ],
)
def test_addresses_that_cannot_be_are_refused(wishes, status, type):
    changed(*HELD, fixed_ips=wishes).refused(status, type)


def test_a_full_subnet_is_a_conflict():
    command = UpdatePort(PORT, {"fixed_ips": (wish(subnet=SUBNET),)})
    given(*BLUE, *a_port()).with_full(SUBNET).when(command).refused(409, "IpAddressGenerationFailure")


def test_the_mac_of_a_bound_port_stays():
    changed(*BLUE, *a_port(), bound(), mac_address=MAC2).refused(409, "PortBound", MAC, MAC2)


def test_the_mac_of_our_own_devices_stays():
    router = a_port(device_owner="network:router_interface")
    changed(*BLUE, *router, mac_address=MAC2).refused(409, "UnsupportedPortDeviceOwner", "mac address update")


def test_a_malformed_mac_is_refused():
    changed(*BLUE, *a_port(), mac_address="cat").refused(400, "HTTPBadRequest", "'cat' is not a valid MAC")


def test_another_revision_than_the_expected_one_is_refused():
    given(*HELD).when(UpdatePort(PORT, {"name": "x"}, 1)).refused(412, "RevisionNumberConstraintFailed")
    given(*HELD).when(DeletePort(PORT, 1)).refused(412, "RevisionNumberConstraintFailed")


def test_on_anothers_network_a_ports_owner_says_what_device_it_belongs_to():
    past = (a_network(shared=True), *a_subnet(), *a_port(project_id=THEM))
    assert changed(*past, by=member(THEM), device_owner="compute:nova").events
    our_device = (a_network(shared=True), *a_subnet(), *a_port(project_id=THEM, device_owner="network:dhcp"))
    assert changed(*our_device, by=member(THEM), device_owner="network:dhcp", name="x").of(PortRenamed)


def test_a_profile_too_large_is_refused():
    changed(*BLUE, *a_port(), profile={"a": "x" * 4096}).refused(400, "InvalidInput", "binding:profile value too large")


def test_a_deleted_port_releases_what_it_held():
    past = (*HELD, bound())
    outcome = given(*past).when(DeletePort(PORT))
    outcome.then(
        AddressReleased(PORT, SUBNET, "10.0.0.5"),
        AddressReleased(PORT, SUBNET, "10.0.0.6"),
        PortDeleted(PORT, NET, US, MAC, "compute1", "", ""),
    )
    assert outcome.decision.touched == (f"port-{PORT}",)
    assert outcome.after().resources[f"port-{PORT}"] is None


@pytest.mark.parametrize("owner", ["network:router_interface", "network:router_gateway", "network:floatingip"])
def test_a_port_that_no_router_or_floating_ip_holds_goes_whatever_it_calls_itself(owner):
    for device_id in ("", NET2):
        assert given(*BLUE, *a_port(device_owner=owner, device_id=device_id)).when(DeletePort(PORT)).events


def test_a_port_cannot_be_wished_onto_another_networks_subnet():
    other = (a_network(NET2), *a_subnet("10.0.1.0/24", SUBNET2, NET2))
    changed(*HELD, *other, fixed_ips=(wish(subnet=SUBNET2),)).refused(400, "InvalidInput", "invalid subnet")
