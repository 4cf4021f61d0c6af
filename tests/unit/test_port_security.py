"""What ports say of their security: checked or not, by which groups, for which addresses beside their own."""

from __future__ import annotations

from typing import Any

import pytest

from libs.commands import (
    AddRouterInterface,
    CreateNetworks,
    CreatePorts,
    NewNetwork,
    NewPort,
    UpdateNetwork,
    UpdatePort,
    WantedPair,
)
from libs.events import (
    Event,
    NetworkCreated,
    NetworkPortSecurityChanged,
    PortAddressPairsChanged,
    PortCreated,
    PortDeviceChanged,
    PortSecurityChanged,
    PortSecurityGroupsChanged,
    SecurityGroupCreated,
)
from libs.model import AddressPair
from libs.network.kinds import body_of, resource_of, row_of
from tests.unit.given import Given, given
from tests.unit.guarded import DEFAULT, GROUP, GROUP2, THEIR_DEFAULT, a_group, the_default_group
from tests.unit.outside import ROUTER, a_router
from tests.unit.people import MAC, NET, PORT, PORT2, THEM, US, a_network, a_port, a_subnet, uuid_of

PAIR = AddressPair("203.0.113.0/28", MAC)
CHECKED: dict[str, Any] = {"port_security": True, "security_groups": (GROUP,)}


def blue(*events: Event, **network: Any) -> Given:
    """Our network with a subnet, the default group and one more."""
    return given(a_network(**network), *a_subnet(), *the_default_group(), a_group(), *events)


def created(past: Given, **wish: Any) -> PortCreated:
    [fact] = past.when(CreatePorts((NewPort(PORT, NET, US, mac_address=MAC, **wish),))).of(PortCreated)
    assert isinstance(fact, PortCreated)
    return fact


def said(fact: PortCreated) -> tuple[bool, tuple[str, ...]]:
    return fact.port_security, fact.security_groups


def changed(past: Given, **changes: Any) -> tuple[Event, ...]:
    return past.when(UpdatePort(PORT, changes)).events


def test_a_port_has_its_projects_default_group() -> None:
    assert said(created(blue())) == (True, (DEFAULT,))


def test_the_first_port_of_a_project_brings_its_default_group() -> None:
    bare = given(a_network(shared=True), *a_subnet())
    ports = (NewPort(PORT, NET, US), NewPort(PORT2, NET, THEM), NewPort(uuid_of(24), NET, US))
    outcome = bare.when(CreatePorts(ports))
    assert [one.security_group_id for one in outcome.of(SecurityGroupCreated)] == [DEFAULT, THEIR_DEFAULT]
    assert [one.security_groups for one in outcome.of(PortCreated)] == [(DEFAULT,), (THEIR_DEFAULT,), (DEFAULT,)]
    assert outcome.decision is not None
    assert outcome.decision.touched == tuple(f"port-{one.port_id}" for one in ports)


@pytest.mark.parametrize(
    ("wish", "enabled", "groups"),
    [
        ({"security_groups": ()}, True, ()),
        ({"security_groups": (GROUP, DEFAULT)}, True, (GROUP, DEFAULT)),
        ({"port_security": True}, True, (DEFAULT,)),
        ({"port_security": False}, False, ()),
        ({"port_security": False, "security_groups": ()}, False, ()),
        ({"device_owner": "network:dhcp"}, False, ()),
        ({"device_owner": "network:router_interface", "port_security": True}, False, ()),
    ],
)
def test_who_says_otherwise_gets_that(wish: dict[str, Any], enabled: bool, groups: tuple[str, ...]) -> None:
    assert said(created(blue(), **wish)) == (enabled, groups)


@pytest.mark.parametrize(
    ("wish", "enabled", "groups"),
    [
        ({}, False, ()),
        ({"port_security": True}, True, (DEFAULT,)),
        ({"security_groups": (GROUP,)}, True, (GROUP,)),
        ({"security_groups": ()}, True, ()),
    ],
)
def test_on_an_open_network_ports_are_open_unless_somebody_says(
    wish: dict[str, Any], enabled: bool, groups: tuple[str, ...]
) -> None:
    assert said(created(blue(port_security=False), **wish)) == (enabled, groups)


def test_groups_on_an_open_network_want_an_address() -> None:
    past = blue(port_security=False)
    wish = NewPort(PORT, NET, US, security_groups=(GROUP,), fixed_ips=())
    past.when(CreatePorts((wish,))).refused(400, "PortSecurityAndIPRequiredForSecurityGroups")


@pytest.mark.parametrize(
    ("wish", "status", "type"),
    [
        ({"port_security": False, "security_groups": (GROUP,)}, 400, "PortSecurityAndIPRequiredForSecurityGroups"),
        ({"port_security": False, "address_pairs": (WantedPair("10.0.0.9"),)}, 409, "AddressPairAndPortSecurityRequired"),
        ({"device_owner": "network:dhcp", "security_groups": (GROUP,)}, 400, "PortSecurityAndIPRequiredForSecurityGroups"),
        ({"security_groups": (GROUP, uuid_of(9))}, 404, "SecurityGroupNotFound"),
        ({"security_groups": tuple(uuid_of(900 + n) for n in range(21))}, 400, "InvalidInput"),
        ({"address_pairs": (WantedPair("10.0.0.9"), WantedPair("10.0.0.9", MAC))}, 400, "DuplicateAddressPairInRequest"),
        ({"address_pairs": tuple(WantedPair(f"10.0.0.{n}") for n in range(11))}, 400, "AllowedAddressPairExhausted"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(wish: dict[str, Any], status: int, type: str) -> None:
    port = NewPort(PORT, NET, US, mac_address=MAC, **wish)
    blue().when(CreatePorts((port,))).refused(status, type)


def test_stateful_and_stateless_groups_do_not_mix() -> None:
    past = blue(a_group(GROUP2, stateful=False))
    assert said(created(past, security_groups=(GROUP2,))) == (True, (GROUP2,))
    mixed = NewPort(PORT, NET, US, security_groups=(GROUP, GROUP2))
    past.when(CreatePorts((mixed,))).refused(409, "SecurityGroupConflict", "both stateful and stateless")


def test_an_address_pair_has_the_ports_mac_unless_it_names_another() -> None:
    pairs = (WantedPair("10.0.0.9"), WantedPair("10.0.1.0/24", "fa:16:3e:00:00:09"))
    fact = created(blue(), address_pairs=pairs)
    assert fact.address_pairs == (AddressPair("10.0.0.9", MAC), AddressPair("10.0.1.0/24", "fa:16:3e:00:00:09"))
    resource = blue(fact).resources[f"port-{PORT}"]
    assert resource is not None and resource_of(row_of(resource)) == resource
    assert body_of(resource)["allowed_address_pairs"][0] == {"mac_address": MAC, "ip_address": "10.0.0.9"}


@pytest.mark.parametrize(
    ("address", "fits"),
    [("10.1.0.0/24", True), ("10.1.0.0/23", False), ("10.1.0.1", True), ("fd00::/64", True), ("0.0.0.0/0", False)],
)
def test_on_anothers_network_an_address_pair_is_narrow(address: str, fits: bool) -> None:
    theirs = blue(project=THEM, shared=True)
    outcome = theirs.when(CreatePorts((NewPort(PORT, NET, US, address_pairs=(WantedPair(address),)),)))
    assert (outcome.refusal is None) == fits
    assert created(blue(), address_pairs=(WantedPair("0.0.0.0/0"),)).address_pairs


def test_each_change_is_a_fact() -> None:
    past = blue(*a_port("10.0.0.5", **CHECKED))
    assert changed(past, security_groups=(DEFAULT,)) == (PortSecurityGroupsChanged(PORT, NET, (GROUP,), (DEFAULT,)),)
    assert changed(past, address_pairs=(WantedPair("203.0.113.0/28"),)) == (
        PortAddressPairsChanged(PORT, NET, (), (PAIR,)),
    )
    assert changed(past, security_groups=(), port_security=False) == (
        PortSecurityGroupsChanged(PORT, NET, (GROUP,), ()),
        PortSecurityChanged(PORT, NET, False),
    )
    assert changed(past, security_groups=(GROUP,), address_pairs=(), port_security=True) == ()
    two = blue(*a_port("10.0.0.5", port_security=True, security_groups=(GROUP, DEFAULT)))
    assert changed(two, security_groups=(DEFAULT, GROUP)) == (), "their order says nothing"


def test_who_is_checked_again_has_no_groups_until_somebody_says() -> None:
    past = blue(*a_port("10.0.0.5"))
    assert changed(past, port_security=True) == (PortSecurityChanged(PORT, NET, True),)
    assert changed(past, port_security=True, security_groups=(GROUP,)) == (
        PortSecurityChanged(PORT, NET, True),
        PortSecurityGroupsChanged(PORT, NET, (), (GROUP,)),
    )


@pytest.mark.parametrize(
    ("port", "changes", "status", "type"),
    [
        (CHECKED, {"port_security": False}, 409, "PortSecurityPortHasSecurityGroup"),
        (CHECKED, {"port_security": False, "security_groups": (GROUP,)}, 400, "PortSecurityAndIPRequiredForSecurityGroups"),
        ({}, {"security_groups": (GROUP,)}, 400, "PortSecurityAndIPRequiredForSecurityGroups"),
        ({}, {"address_pairs": (WantedPair("10.0.0.9"),)}, 409, "AddressPairAndPortSecurityRequired"),
        ({"port_security": True, "address_pairs": (PAIR,)}, {"port_security": False}, 409, "AddressPairAndPortSecurityRequired"),
        (CHECKED, {"security_groups": (uuid_of(9),)}, 404, "SecurityGroupNotFound"),
        ({"device_owner": "network:x"}, {"port_security": True}, 409, "UnsupportedPortDeviceOwner"),
    ],
)  # fmt: skip
def test_changes_that_do_not_go_together_are_refused(
    port: dict[str, Any], changes: dict[str, Any], status: int, type: str
) -> None:
    blue(*a_port("10.0.0.5", **port)).when(UpdatePort(PORT, changes)).refused(status, type)


def test_a_port_that_a_device_of_ours_takes_is_trusted() -> None:
    held = a_port("10.0.0.5", **CHECKED, address_pairs=(PAIR,))
    ends = (
        PortSecurityGroupsChanged(PORT, NET, (GROUP,), ()),
        PortAddressPairsChanged(PORT, NET, (PAIR,), ()),
        PortSecurityChanged(PORT, NET, False),
    )
    events = changed(blue(*held), device_owner="network:x")
    assert tuple(one for one in events if not isinstance(one, PortDeviceChanged)) == ends
    joined = blue(*held, *a_router(gateway=None)).when(AddRouterInterface(ROUTER, uuid_of(77), port_id=PORT))
    assert joined.events[1:4] == ends


def test_networks_say_what_their_ports_get() -> None:
    [fact] = given().when(CreateNetworks((NewNetwork(NET, US, port_security=False),))).of(NetworkCreated)
    assert isinstance(fact, NetworkCreated) and not fact.port_security
    past = given(a_network())
    past.when(UpdateNetwork(NET, {"port_security": False})).then(NetworkPortSecurityChanged(NET, False))
    past.when(UpdateNetwork(NET, {"port_security": True})).then()
    resource = past.and_then(NetworkPortSecurityChanged(NET, False)).resources[f"network-{NET}"]
    assert resource is not None and body_of(resource)["port_security_enabled"] is False
    assert resource_of(row_of(resource)) == resource
