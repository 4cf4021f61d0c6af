"""Networks: what can be asked of them, and what comes of it."""

from __future__ import annotations

import pytest

from libs.commands import CreateNetworks, CreateSubnets, DeleteNetwork, NewNetwork, NewSubnet, UpdateNetwork
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressReleased,
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDeleted,
    NetworkDescribed,
    NetworkMtuChanged,
    NetworkRenamed,
    PortDeleted,
    SubnetDeleted,
)
from libs.model import Segment
from libs.network.kinds import body_of
from libs.network.world import ChooseSegment
from tests.unit.given import given
from tests.unit.people import (
    DHCP_PORT,
    MAC,
    NET,
    NET2,
    NET3,
    SUBNET,
    SUBNET2,
    SUBNET6,
    US,
    a_network,
    a_port,
    a_slaac_subnet,
    a_subnet,
    dhcp_served,
)


def test_a_network_gets_a_segment_and_the_largest_mtu_that_it_carries():
    outcome = given().when(CreateNetworks((NewNetwork(NET, US, "blue"),)))
    outcome.then(NetworkCreated(NET, US, "blue", "", True, False, False, 1450, "vxlan", None, 100))
    assert outcome.decision.touched == (f"network-{NET}",)


def test_a_networks_body_has_every_attribute_of_neutrons():
    resource = given(a_network(), *a_subnet(), *dhcp_served()).resources[f"network-{NET}"]
    assert body_of(resource) == {
        "id": NET,
        "name": "blue",
        "tenant_id": US,
        "project_id": US,
        "admin_state_up": True,
        "mtu": 1450,
        "status": "ACTIVE",
        "subnets": [SUBNET],
        "shared": False,
        "availability_zone_hints": [],
        "availability_zones": ["nova"],
        "provider:network_type": "vxlan",
        "provider:physical_network": None,
        "provider:segmentation_id": 7,
        "router:external": False,
        "description": "",
        "created_at": "2026-11-22T15:30:00Z",
        "updated_at": "2026-11-22T15:30:00Z",
        "revision_number": 3,
        "tags": [],
        "port_security_enabled": True,
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "dns_domain": "",
    }


def test_a_given_segment_is_kept_and_checked_by_topology():
    new = NewNetwork(NET, US, network_type="vlan", physical_network="physnet1", segmentation_id=12)
    outcome = given().when(CreateNetworks((new,)))
    assert outcome.asked == (ChooseSegment(NET, "vlan", "physnet1", 12),)
    [created] = outcome.of(NetworkCreated)
    assert (created.network_type, created.physical_network, created.segmentation_id) == ("vlan", "physnet1", 12)


def test_networks_made_together_do_not_get_a_number_that_another_of_them_asks_for():
    wished = NewNetwork(NET2, US, network_type="vxlan", segmentation_id=100)
    some_vlan = NewNetwork(NET3, US, network_type="vlan", physical_network="physnet1")
    outcome = given().when(CreateNetworks((NewNetwork(NET, US), wished, some_vlan)))
    assert outcome.asked[0].avoid == (Segment("vxlan", None, 100),)
    assert [one.segmentation_id for one in outcome.of(NetworkCreated)][:2] == [101, 100]


def test_one_bad_network_among_many_refuses_all():
    both = (NewNetwork(NET, US), NewNetwork(NET2, US, mtu=9000))
    given().when(CreateNetworks(both)).refused(400, "InvalidInput", "Requested MTU is too big, maximum is 1450")


@pytest.mark.parametrize("mtu, got", [(None, 1450), (0, 1450), (1450, 1450), (68, 68)])
def test_a_wished_mtu_is_taken_when_the_segment_carries_it(mtu, got):
    [created] = given().when(CreateNetworks((NewNetwork(NET, US, mtu=mtu),))).events
    assert created.mtu == got


@pytest.mark.parametrize("mtu, words", [(1451, "too big"), (67, "too small")])
def test_a_wished_mtu_that_cannot_be_is_refused(mtu, words):
    given().when(CreateNetworks((NewNetwork(NET, US, mtu=mtu),))).refused(400, "InvalidInput", words)


def test_an_update_says_what_changed_and_only_that():
    changes = {
        "name": "red",
        "description": "for cats",
        "admin_state_up": False,
        "mtu": 1400,
    }
    given(a_network()).when(UpdateNetwork(NET, changes)).then(
        NetworkRenamed(NET, "blue", "red"),
        NetworkDescribed(NET, "", "for cats"),
        NetworkAdminStateChanged(NET, False),
        NetworkMtuChanged(NET, 1450, 1400),
    )


def test_an_update_to_what_is_already_so_changes_nothing_and_is_answered():
    outcome = given(a_network()).when(UpdateNetwork(NET, {"name": "blue", "shared": False, "mtu": 1450}))
    assert outcome.decision.changes == () and outcome.decision.touched == (f"network-{NET}",)
    assert outcome.asked == ()


def test_the_mtu_of_a_network_with_ipv6_stays_at_1280_or_more():
    past = given(a_network(), *a_slaac_subnet())
    past.when(UpdateNetwork(NET, {"mtu": 1279})).refused(409, "NetworkMTUSubnetConflict", "1280")
    assert past.when(UpdateNetwork(NET, {"mtu": 1280})).events


def test_an_ipv6_subnet_does_not_fit_a_network_with_a_small_mtu():
    command = CreateSubnets((NewSubnet(SUBNET6, NET, US, 6, "2001:db8::/64"),))
    given(a_network(mtu=1279)).when(command).refused(409, "NetworkMTUSubnetConflict", "minimum of 1280")
    assert given(a_network(mtu=1280)).when(command).events


def test_mtu_zero_in_an_update_goes_back_to_the_largest():
    given(a_network(mtu=1000)).when(UpdateNetwork(NET, {"mtu": 0})).then(NetworkMtuChanged(NET, 1000, 1450))


def test_a_network_is_unshared_only_while_no_other_project_uses_it():
    outcome = given(a_network(shared=True)).when(UpdateNetwork(NET, {"shared": False}))
    ports, subnets = outcome.guards
    assert ("project_id", (US,)) in ports.unless and ("project_id", (US,)) in subnets.unless
    assert (ports.kind, ports.column, ports.value) == ("port", "network_id", NET)
    assert "network:dhcp" in dict(ports.unless)["device_owner"]


def test_another_revision_than_the_expected_one_is_refused():
    past = given(a_network(), NetworkRenamed(NET, "x", "blue"))
    past.when(UpdateNetwork(NET, {"name": "y"}, if_revision=1)).refused(
        412, "RevisionNumberConstraintFailed", "Constrained to 1, but current revision is 2"
    )
    past.when(DeleteNetwork(NET, if_revision=3)).refused(412, "RevisionNumberConstraintFailed")
    assert past.when(UpdateNetwork(NET, {"name": "y"}, if_revision=2)).events


def test_what_is_not_there_is_not_found():
    for command in (UpdateNetwork(NET, {"name": "y"}), DeleteNetwork(NET)):
        given().when(command).refused(404, "NetworkNotFound", NET)


def test_a_deleted_network_takes_its_subnets_and_its_dhcp_ports_along():
    past = given(a_network(), *a_subnet(), *a_subnet("10.0.1.0/24", SUBNET2), *dhcp_served("10.0.0.2"))
    outcome = past.when(DeleteNetwork(NET)).then(
        AddressReleased(DHCP_PORT, SUBNET, "10.0.0.2"),
        PortDeleted(DHCP_PORT, NET, US, "fa:16:3e:dd:00:01", "net1", f"dhcp-{NET}", "network:dhcp"),
        SubnetDeleted(SUBNET, NET, US, "10.0.0.0/24"),
        SubnetDeleted(SUBNET2, NET, US, "10.0.1.0/24"),
        NetworkDeleted(NET, US, "vxlan", None, 7),
    )
    assert outcome.guards == (NoneRefers("port", "network_id", NET, besides=(DHCP_PORT,)),)
    assert not any(outcome.after().resources.values())


def test_a_dhcp_port_that_is_gone_already_does_not_keep_a_network():
    past = given(a_network(), *dhcp_served())
    past = past.and_then(PortDeleted(DHCP_PORT, NET, US, MAC, "net1", "", "network:dhcp"))
    past.when(DeleteNetwork(NET)).then(NetworkDeleted(NET, US, "vxlan", None, 7))


def test_ports_of_others_are_guarded_by_the_log_not_by_what_was_read():
    [guard] = given(a_network(), *a_port()).when(DeleteNetwork(NET)).guards
    assert guard == NoneRefers("port", "network_id", NET)
