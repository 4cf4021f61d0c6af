"""Which DHCP agents serve a network: the fact and the agent's port in one commit."""

from __future__ import annotations

import uuid

from libs.commands import (
    CreateNetworks,
    CreateSubnets,
    DeletePort,
    DeleteSubnet,
    NewNetwork,
    NewSubnet,
    ScheduleDhcp,
    UnscheduleDhcp,
    UpdatePort,
    WantedAddress,
)
from libs.events import (
    AddressAllocated,
    AddressReleased,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    NetworkSubnetRemoved,
    PortBindingFailed,
    PortBound,
    PortCreated,
    PortDeleted,
    SubnetDeleted,
)
from libs.network.addresses import eui64
from libs.network.world import ChooseAddresses
from tests.unit.given import given, member
from tests.unit.histories import Life
from tests.unit.people import (
    AGENT,
    DHCP_PORT,
    NET,
    SUBNET,
    SUBNET2,
    SUBNET6,
    US,
    a_network,
    a_slaac_subnet,
    a_subnet,
    dhcp_served,
    uuid_of,
)

SCHEDULE = ScheduleDhcp(NET, AGENT, "net1", "nova", DHCP_PORT)
UNSCHEDULE = UnscheduleDhcp(NET, AGENT, "net1", DHCP_PORT)
OTHER_AGENT, OTHER_PORT = uuid_of(40), uuid_of(41)
INSTEAD = ScheduleDhcp(NET, OTHER_AGENT, "net2", "nova", OTHER_PORT, AGENT, "agent down")


def test_an_agent_gets_a_bound_port_with_an_address_on_each_subnet_with_dhcp():
    past = given(
        a_network(),
        *a_subnet(),
        *a_subnet("10.0.1.0/24", SUBNET2, enable_dhcp=False),
        *a_subnet("10.0.2.0/24", uuid_of(13)),
    )
    device = f"dhcp{uuid.uuid5(uuid.NAMESPACE_DNS, 'net1')}-{NET}"
    mac = "fa:16:3e:00:00:01"
    past.when(SCHEDULE).then(
        NetworkDhcpScheduled(NET, AGENT, "net1", "nova", DHCP_PORT),
        PortCreated(DHCP_PORT, NET, US, "", "", mac, True, device, "network:dhcp"),
        AddressAllocated(DHCP_PORT, SUBNET, "10.0.0.2"),
        AddressAllocated(DHCP_PORT, uuid_of(13), "10.0.2.2"),
        PortBound(DHCP_PORT, NET, "net1", "", 1, "ovs", {"bridge_name": "br-int", "datapath_type": "netdev"}),
    )


def test_a_full_subnet_does_not_keep_dhcp_from_the_others():
    past = given(a_network(), *a_subnet(), *a_subnet("10.0.1.0/24", SUBNET2)).with_full(SUBNET)
    assert past.when(SCHEDULE).of(AddressAllocated) == [AddressAllocated(DHCP_PORT, SUBNET2, "10.0.1.2")]


def test_beside_a_full_subnet_an_address_from_the_mac_is_enough():
    past = given(a_network(), *a_subnet(), *a_slaac_subnet()).with_full(SUBNET)
    assert [one.subnet_id for one in past.when(SCHEDULE).of(AddressAllocated)] == [SUBNET6]


def test_a_network_whose_subnets_are_all_full_is_not_served():
    past = given(a_network(), *a_subnet(), *a_subnet("10.0.1.0/24", SUBNET2)).with_full(SUBNET, SUBNET2)
    past.when(SCHEDULE).refused(409, "IpAddressGenerationFailure")


def test_on_a_slaac_subnet_the_dhcp_port_forms_its_address_as_every_host_does():
    outcome = given(a_network(), *a_slaac_subnet()).when(SCHEDULE)
    assert outcome.of(AddressAllocated) == [
        AddressAllocated(DHCP_PORT, SUBNET6, eui64("2001:db8::/64", "fa:16:3e:00:00:01"))
    ]


def test_a_second_asking_changes_nothing():
    outcome = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.2")).when(SCHEDULE)
    assert outcome.decision.changes == () and outcome.asked == ()


def test_a_network_that_is_gone_cannot_be_served():
    given().when(SCHEDULE).refused(404, "NetworkNotFound")
    given().when(UNSCHEDULE).refused(404, "NetworkNotFound")


def test_a_host_without_a_switch_agent_still_gets_the_fact():
    outcome = given(a_network()).with_broken("net1").when(SCHEDULE)
    assert outcome.of(PortBindingFailed) == [PortBindingFailed(DHCP_PORT, NET, "net1", "", "no live agent")]


def test_an_unscheduled_agent_loses_its_port_and_addresses():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.2"))
    past.when(UNSCHEDULE).then(
        NetworkDhcpUnscheduled(NET, AGENT, "net1", DHCP_PORT, "asked"),
        AddressReleased(DHCP_PORT, SUBNET, "10.0.0.2"),
        PortDeleted(DHCP_PORT, NET, US, "fa:16:3e:dd:00:01", "net1", f"dhcp-{NET}", "network:dhcp"),
    )


def test_unscheduling_who_does_not_serve_changes_nothing():
    assert given(a_network()).when(UNSCHEDULE).decision.changes == ()


def test_an_agent_can_serve_again_after_it_was_unscheduled():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.2")).when(UNSCHEDULE).after()
    assert past.state("network", NET).dhcp == ()
    again = past.when(ScheduleDhcp(NET, AGENT, "net1", "nova", uuid_of(30))).after()
    assert again.state("network", NET).dhcp_port_ids == (uuid_of(30),)


def test_who_stands_in_for_a_lost_server_keeps_its_address_for_the_guests():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.9"))
    device = f"dhcp{uuid.uuid5(uuid.NAMESPACE_DNS, 'net2')}-{NET}"
    outcome = past.when(INSTEAD).then(
        NetworkDhcpUnscheduled(NET, AGENT, "net1", DHCP_PORT, "agent down"),
        NetworkDhcpScheduled(NET, OTHER_AGENT, "net2", "nova", OTHER_PORT),
        AddressReleased(DHCP_PORT, SUBNET, "10.0.0.9"),
        PortDeleted(DHCP_PORT, NET, US, "fa:16:3e:dd:00:01", "net1", f"dhcp-{NET}", "network:dhcp"),
        PortCreated(OTHER_PORT, NET, US, "", "", "fa:16:3e:00:00:01", True, device, "network:dhcp"),
        AddressAllocated(OTHER_PORT, SUBNET, "10.0.0.9"),
        PortBound(OTHER_PORT, NET, "net2", "", 1, "ovs", {"bridge_name": "br-int", "datapath_type": "netdev"}),
    )
    assert not [one for one in outcome.asked if isinstance(one, ChooseAddresses)], "nothing was to be chosen"
    assert outcome.after().state("network", NET).dhcp_port_ids == (OTHER_PORT,)


def test_the_log_gives_the_address_over_in_one_append():
    life = Life()
    life.does(CreateNetworks((NewNetwork("net", US, "blue"),)))
    life.does(CreateSubnets((NewSubnet("subnet", "net", US, 4, "10.0.0.0/24"),)))
    life.does(ScheduleDhcp("net", AGENT, "net1", "nova", "first"))
    before = {key: owner for key, owner in life.log.claims().items() if key.startswith("ip/")}
    again = ScheduleDhcp("net", OTHER_AGENT, "net2", "nova", "second", AGENT, "agent down")
    done = life.does(again)
    assert list(before.values()) == [f"port-{life.slots['first']}"]
    after = {key: owner for key, owner in life.log.claims().items() if key.startswith("ip/")}
    assert after == dict.fromkeys(before, f"port-{life.slots['second']}")
    assert done is not None and done.position == life.log.head()
    assert life.does(again) is not None
    assert life.log.head() == done.position, "a repeat writes nothing"


def test_a_second_standing_in_changes_nothing():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.9")).when(INSTEAD).after()
    assert past.when(INSTEAD).decision.changes == ()


def test_only_a_subnet_that_the_lost_server_had_no_address_on_is_chosen_for():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.9"), *a_subnet("10.0.1.0/24", SUBNET2))
    assert past.when(INSTEAD).of(AddressAllocated) == [
        AddressAllocated(OTHER_PORT, SUBNET, "10.0.0.9"),
        AddressAllocated(OTHER_PORT, SUBNET2, "10.0.1.2"),
    ]


def test_a_full_subnet_lets_the_lost_servers_address_go_over():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.9")).with_full(SUBNET)
    assert past.when(INSTEAD).of(AddressAllocated) == [AddressAllocated(OTHER_PORT, SUBNET, "10.0.0.9")]


def test_an_address_on_a_subnet_that_lost_its_dhcp_goes_free():
    silent = a_subnet("10.0.1.0/24", SUBNET2, enable_dhcp=False)
    past = given(
        a_network(), *a_subnet(), *silent, *dhcp_served("10.0.0.9"), AddressAllocated(DHCP_PORT, SUBNET2, "10.0.1.9")
    )
    outcome = past.when(INSTEAD)
    assert len(outcome.of(AddressReleased)) == 2
    assert outcome.of(AddressAllocated) == [AddressAllocated(OTHER_PORT, SUBNET, "10.0.0.9")]


def test_on_a_slaac_subnet_the_new_port_forms_its_own_address():
    past = given(a_network(), *a_slaac_subnet(), *dhcp_served(), AddressAllocated(DHCP_PORT, SUBNET6, "2001:db8::9"))
    assert past.when(INSTEAD).of(AddressAllocated) == [
        AddressAllocated(OTHER_PORT, SUBNET6, eui64("2001:db8::/64", "fa:16:3e:00:00:01"))
    ]


def test_who_was_to_be_replaced_but_serves_no_longer_leaves_nothing():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.9")).when(UNSCHEDULE).after()
    outcome = past.when(INSTEAD)
    assert outcome.of(NetworkDhcpUnscheduled) == []
    assert outcome.of(AddressAllocated) == [AddressAllocated(OTHER_PORT, SUBNET, "10.0.0.2")]


def test_a_further_subnet_is_served_through_the_same_port():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.2"), *a_subnet("10.0.1.0/24", SUBNET2))
    wishes = (WantedAddress(SUBNET, "10.0.0.2"), WantedAddress(SUBNET2))
    past.when(UpdatePort(DHCP_PORT, {"fixed_ips": wishes})).then(AddressAllocated(DHCP_PORT, SUBNET2, "10.0.1.2"))


def test_a_deleted_subnet_takes_the_dhcp_ports_address_along():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.2"))
    outcome = past.when(DeleteSubnet(SUBNET)).then(
        AddressReleased(DHCP_PORT, SUBNET, "10.0.0.2"),
        NetworkSubnetRemoved(NET, SUBNET, "10.0.0.0/24"),
        SubnetDeleted(SUBNET, NET, US, "10.0.0.0/24"),
    )
    [guard] = outcome.guards
    assert (guard.column, guard.value, guard.besides) == ("subnet_ids", SUBNET, (DHCP_PORT,))


def test_an_owner_who_deletes_the_dhcp_port_ends_that_agents_service_in_the_log_too():
    past = given(a_network(), *a_subnet(), *dhcp_served("10.0.0.2")).by(member(US))
    outcome = past.when(DeletePort(DHCP_PORT))
    assert outcome.of(NetworkDhcpUnscheduled) == [NetworkDhcpUnscheduled(NET, AGENT, "net1", DHCP_PORT, "port deleted")]
    assert outcome.after().state("network", NET).dhcp == ()
