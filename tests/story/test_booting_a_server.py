"""What Nova does with the network when servers boot, move and go, on the pure model and the log in memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from libs.commands import (
    CreateNetworks,
    CreatePorts,
    DeleteNetwork,
    DeletePort,
    DeleteSubnet,
    NewNetwork,
    NewPort,
    ScheduleDhcp,
    UpdateNetwork,
    UpdatePort,
    WantedAddress,
)
from libs.errors import Refusal
from tests.story.cloud import DHCP_AGENT_ID, GUEST, NOVA, OWNER, Cloud, a_port, a_tenants_network, boots, user, wired


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.check()


def test_from_post_to_active_and_back_to_nothing(cloud: Cloud) -> None:
    network, subnet = a_tenants_network(cloud)
    dhcp_port = cloud.new_id()
    cloud.does(NOVA, ScheduleDhcp(network, DHCP_AGENT_ID, "net1", "nova", dhcp_port))
    assert cloud.body("port", dhcp_port)["fixed_ips"] == [{"subnet_id": subnet, "ip_address": "10.0.0.2"}]

    port = a_port(cloud, network)
    assert (port["status"], port["binding:vif_type"]) == ("DOWN", "unbound")
    assert port["fixed_ips"] == [{"subnet_id": subnet, "ip_address": "10.0.0.3"}]

    port = boots(cloud, port, "compute1")
    assert (port["status"], port["binding:vif_type"], port["binding:host_id"]) == ("DOWN", "ovs", "compute1")

    port = wired(cloud, port, "compute1", 1)
    assert (port["status"], port["revision_number"]) == ("ACTIVE", 5)
    assert cloud.body("port", port["id"]) == port

    with pytest.raises(Refusal) as refused:
        cloud.does(user(), DeleteNetwork(network))
    assert refused.value.type == "NetworkInUse"

    assert cloud.does(NOVA, DeletePort(port["id"])).rows == (None,)
    assert cloud.facts("port", port["id"]) == [
        "PortCreated",
        "AddressAllocated",
        "PortDeviceChanged",
        "PortBound",
        "PortBecameActive",
        "AddressReleased",
        "PortDeleted",
    ]
    assert cloud.does(user(), DeleteNetwork(network)).rows == (None,)
    assert cloud.claims_left() == set()


def test_a_server_moves_and_late_reports_of_the_old_host_are_ignored(cloud: Cloud) -> None:
    network, _ = a_tenants_network(cloud)
    port = boots(cloud, a_port(cloud, network), "compute1")
    wired(cloud, port, "compute1", 1)
    moved = boots(cloud, port, "compute2")
    assert (moved["status"], moved["binding:host_id"]) == ("DOWN", "compute2")
    assert wired(cloud, port, "compute1", 1)["status"] == "DOWN"
    assert wired(cloud, port, "compute2", 2)["status"] == "ACTIVE"
    assert wired(cloud, port, "compute1", 1, wired=False)["status"] == "ACTIVE"


def test_a_host_without_an_agent_fails_and_is_tried_again_when_named_again(cloud: Cloud) -> None:
    network, _ = a_tenants_network(cloud)
    port = boots(cloud, a_port(cloud, network), "compute9")
    assert port["binding:vif_type"] == "binding_failed"
    cloud.choosers.topology.hosts.add("compute9")
    [row] = cloud.does(NOVA, UpdatePort(port["id"], {"host": "compute9"})).rows
    assert json.loads(row.body)["binding:vif_type"] == "ovs"


def test_an_ipam_that_lags_behind_costs_a_further_question_and_no_refusal(cloud: Cloud) -> None:
    network, _ = a_tenants_network(cloud)
    a_port(cloud, network)
    cloud.choosers.ipam.blind = True
    addresses = [a_port(cloud, network)["fixed_ips"][0]["ip_address"] for _ in range(4)]
    assert addresses == ["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]


def test_many_at_once_on_one_subnet_get_distinct_addresses(cloud: Cloud) -> None:
    network, _ = a_tenants_network(cloud)
    made: list[str] = []
    failed: list[Exception] = []

    def client() -> None:
        try:
            for _ in range(5):
                made.append(a_port(cloud, network)["fixed_ips"][0]["ip_address"])
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=client) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed and len(set(made)) == 40


def test_a_bulk_is_all_or_nothing(cloud: Cloud) -> None:
    network, _ = a_tenants_network(cloud, "10.0.0.0/29")
    head = cloud.log.head()
    many = tuple(NewPort(cloud.new_id(), network, OWNER) for _ in range(6))
    with pytest.raises(Refusal) as refused:
        cloud.does(user(), CreatePorts(many))
    assert (refused.value.status, refused.value.type) == (409, "IpAddressGenerationFailure")
    assert cloud.log.head() == head
    rows = cloud.does(user(), CreatePorts(many[:5])).rows
    assert len({json.loads(row.body)["fixed_ips"][0]["ip_address"] for row in rows}) == 5


def test_an_address_of_a_deleted_port_is_free_at_once(cloud: Cloud) -> None:
    network, subnet = a_tenants_network(cloud)
    wish = (WantedAddress(subnet, "10.0.0.77"),)
    port = a_port(cloud, network, fixed_ips=wish)
    with pytest.raises(Refusal) as refused:
        a_port(cloud, network, fixed_ips=wish)
    assert (refused.value.status, refused.value.type) == (409, "IpAddressAlreadyAllocated")
    cloud.does(user(), DeletePort(port["id"]))
    assert a_port(cloud, network, fixed_ips=wish)["fixed_ips"][0]["ip_address"] == "10.0.0.77"


def test_a_mac_and_an_address_are_asked_for_twice_in_one_request(cloud: Cloud) -> None:
    network, subnet = a_tenants_network(cloud)

    def two(**same: Any) -> CreatePorts:
        return CreatePorts(tuple(NewPort(cloud.new_id(), network, OWNER, **same) for _ in range(2)))

    with pytest.raises(Refusal) as refused:
        cloud.does(user(), two(mac_address="fa:16:3e:aa:00:01"))
    assert (refused.value.status, refused.value.type) == (409, "MacAddressInUse")
    with pytest.raises(Refusal) as refused:
        cloud.does(user(), two(fixed_ips=(WantedAddress(subnet, "10.0.0.9"),)))
    assert (refused.value.status, refused.value.type) == (409, "IpAddressAlreadyAllocated")


def test_the_same_mac_may_be_on_two_networks(cloud: Cloud) -> None:
    for cidr in ("10.0.0.0/24", "10.0.1.0/24"):
        network, _ = a_tenants_network(cloud, cidr)
        assert a_port(cloud, network, mac_address="fa:16:3e:aa:00:01")["mac_address"] == "fa:16:3e:aa:00:01"


def test_a_network_stays_shared_while_another_project_uses_it(cloud: Cloud) -> None:
    network, _ = a_tenants_network(cloud, shared=True)
    own, port = a_port(cloud, network), a_port(cloud, network, GUEST)
    cloud.does(NOVA, ScheduleDhcp(network, DHCP_AGENT_ID, "net1", "nova", cloud.new_id()))
    with pytest.raises(Refusal) as refused:
        cloud.does(NOVA, UpdateNetwork(network, {"shared": False}))
    assert (refused.value.status, refused.value.type) == (409, "InvalidSharedSetting")
    cloud.does(user(GUEST), DeletePort(port["id"]))
    cloud.does(NOVA, UpdateNetwork(network, {"shared": False}))
    assert cloud.body("network", network)["shared"] is False and cloud.body("port", own["id"])


def test_a_subnet_with_a_servers_address_stays(cloud: Cloud) -> None:
    network, subnet = a_tenants_network(cloud)
    cloud.does(NOVA, ScheduleDhcp(network, DHCP_AGENT_ID, "net1", "nova", dhcp_port := cloud.new_id()))
    port = a_port(cloud, network)
    with pytest.raises(Refusal) as refused:
        cloud.does(user(), DeleteSubnet(subnet))
    assert (refused.value.status, refused.value.type) == (409, "SubnetInUse")
    cloud.does(user(), DeletePort(port["id"]))
    cloud.does(user(), DeleteSubnet(subnet))
    assert cloud.body("port", dhcp_port)["fixed_ips"] == []
    assert cloud.body("network", network)["subnets"] == []


def test_given_segments_are_unique(cloud: Cloud) -> None:
    def provider(type: str, physnet: str | None, number: int | None) -> CreateNetworks:
        return CreateNetworks(
            (NewNetwork(cloud.new_id(), OWNER, "", "", True, False, False, None, type, physnet, number),)
        )

    for segment, type in (
        (("vlan", "physnet1", 12), "VlanIdInUse"),
        (("flat", "public", None), "FlatNetworkInUse"),
        (("vxlan", None, 5000), "TunnelIdInUse"),
    ):
        cloud.does(NOVA, provider(*segment))
        with pytest.raises(Refusal) as refused:
            cloud.does(NOVA, provider(*segment))
        assert (refused.value.status, refused.value.type) == (409, type)


def test_a_repeated_request_is_answered_as_the_first_one(cloud: Cloud) -> None:
    network, _ = a_tenants_network(cloud)
    context = cloud.context(user())
    command = CreatePorts((NewPort(cloud.new_id(), network, OWNER),))
    first = cloud.ledger.commit(command, context)
    again = cloud.ledger.commit(command, context)
    assert again.repeated and again.rows == first.rows and again.position == first.position
