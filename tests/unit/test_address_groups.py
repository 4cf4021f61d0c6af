"""Address groups: sets of CIDRs that rules name."""

from __future__ import annotations

from libs.commands import (
    AddAddresses,
    CreateAddressGroups,
    DeleteAddressGroup,
    NewAddressGroup,
    RemoveAddresses,
    UpdateAddressGroup,
)
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    AddressGroupDeleted,
    AddressGroupDescribed,
    AddressGroupRenamed,
)
from libs.network.kinds import body_of, resource_of, row_of
from libs.network.resources import scope_of
from tests.unit.given import given
from tests.unit.guarded import OFFICES, offices
from tests.unit.people import US


def make(*addresses: str) -> CreateAddressGroups:
    return CreateAddressGroups((NewAddressGroup(OFFICES, US, "offices", "", addresses),))


def test_addresses_are_kept_once_with_their_host_bits_cleared() -> None:
    outcome = given().when(make("192.0.2.7/24", "192.0.2.0/24", "2001:DB8::1/64"))
    outcome.then(AddressGroupCreated(OFFICES, US, "offices", "", ("192.0.2.0/24", "2001:db8::/64")))
    resource = outcome.after().resources[f"address_group-{OFFICES}"]
    assert resource is not None and scope_of(resource) == OFFICES and resource_of(row_of(resource)) == resource
    assert body_of(resource)["addresses"] == ["192.0.2.0/24", "2001:db8::/64"]
    given().when(make("192.0.2.0")).refused(400, "InvalidInput")


def test_addresses_come_and_go() -> None:
    past = given(offices("192.0.2.0/24"))
    added = past.when(AddAddresses(OFFICES, ("198.51.100.9/24",)))
    added.then(AddressGroupAddressesChanged(OFFICES, added=("198.51.100.0/24",)))
    both = added.after()
    assert both.state("address_group", OFFICES).addresses == ("192.0.2.0/24", "198.51.100.0/24")
    removed = both.when(RemoveAddresses(OFFICES, ("192.0.2.0/24",)))
    removed.then(AddressGroupAddressesChanged(OFFICES, removed=("192.0.2.0/24",)))
    assert removed.after().state("address_group", OFFICES).addresses == ("198.51.100.0/24",)


def test_what_is_there_is_not_added_and_what_is_not_is_not_removed() -> None:
    past = given(offices("192.0.2.0/24"))
    past.when(AddAddresses(OFFICES, ("192.0.2.5/24", "10.0.0.0/8"))).refused(
        400, "AddressesAlreadyExist", f"Addresses ['192.0.2.0/24'] already exist in the address group {OFFICES}."
    )
    past.when(RemoveAddresses(OFFICES, ("10.0.0.0/8",))).refused(404, "AddressesNotFound", "['10.0.0.0/8']")


def test_a_group_holds_a_thousand_addresses_and_no_more() -> None:
    many = tuple(f"10.{n // 256}.{n % 256}.0/24" for n in range(1000))
    full = given().when(make(*many)).after()
    full.when(AddAddresses(OFFICES, ("192.0.2.0/24",))).refused(400, "InvalidInput", "more than 1000 addresses")
    given().when(make(*many, "192.0.2.0/24")).refused(400, "InvalidInput")


def test_names_change_and_the_end_waits_for_the_rules() -> None:
    past = given(offices())
    past.when(UpdateAddressGroup(OFFICES, {"name": "sites", "description": "all"})).then(
        AddressGroupRenamed(OFFICES, "offices", "sites"), AddressGroupDescribed(OFFICES, "", "all")
    )
    outcome = past.when(DeleteAddressGroup(OFFICES)).then(AddressGroupDeleted(OFFICES, US, "offices"))
    assert NoneRefers("security_group_rule", "remote_address_group_id", OFFICES) in outcome.guards
    for command in (DeleteAddressGroup(OFFICES), AddAddresses(OFFICES, ()), UpdateAddressGroup(OFFICES, {})):
        outcome.after().when(command).refused(404, "AddressGroupNotFound", f"{OFFICES} could not be found.")
    past.when(DeleteAddressGroup(OFFICES, 5)).refused(412, "RevisionNumberConstraintFailed")
