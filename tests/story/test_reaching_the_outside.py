"""A tenant builds a network that reaches the outside, is reached by a floating IP, changes its mind, and takes it all down again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from libs.commands import (
    CreateFloatingIps,
    DeleteFloatingIp,
    DeleteNetwork,
    DeletePort,
    DeleteRouter,
    DeleteSubnet,
    NewFloatingIp,
    RemoveRouterInterface,
    ScheduleRouter,
    UpdateNetwork,
    UpdatePort,
    UpdateRouter,
)
from libs.errors import Refusal
from libs.eventlog.commit import Ledger
from tests.fakes.rows import all_rows
from tests.story.cloud import GUEST, NOVA, OWNER, Cloud, a_port, a_tenants_network, boots, user
from tests.story.contest import Contest
from tests.story.layer3 import (
    L3_AGENTS,
    a_floating_ip,
    a_router,
    check_layer3,
    joins,
    leads,
    points,
    reported,
    runs,
    the_outside,
)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.check()
    check_layer3(cloud)


def refused(do: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        do()
    return caught.value.status, caught.value.type


def test_from_an_empty_cloud_to_a_floating_ip_and_back_to_nothing(cloud: Cloud) -> None:
    outside, outer_subnet = the_outside(cloud)
    network, subnet = a_tenants_network(cloud)
    first, second = (boots(cloud, a_port(cloud, network), "compute1")["id"] for _ in range(2))
    router = a_router(cloud)
    leads(cloud, router, outside)
    interface = joins(cloud, router, subnet)
    runs(cloud, router)
    assert cloud.body("port", interface)["binding:host_id"] == "net1"
    assert cloud.body("port", interface)["fixed_ips"] == [{"subnet_id": subnet, "ip_address": "10.0.0.1"}]

    floating = a_floating_ip(cloud, outside, port_id=first)
    assert (floating["status"], floating["router_id"]) == ("DOWN", router)
    assert reported(cloud, floating, "ACTIVE", "compute2") == "DOWN"
    assert reported(cloud, floating, "ACTIVE") == "ACTIVE"

    moved = points(cloud, floating, second)
    assert (moved["port_id"], moved["status"]) == (second, "DOWN")
    assert reported(cloud, floating, "ACTIVE") == "ACTIVE"

    cloud.does(user(), DeletePort(second))
    kept = cloud.body("floatingip", floating["id"])
    assert (kept["port_id"], kept["router_id"], kept["fixed_ip_address"], kept["status"]) == (None, None, None, "DOWN")
    assert kept["floating_ip_address"] == floating["floating_ip_address"]
    assert cloud.facts("floatingip", floating["id"]) == [
        "FloatingIpAllocated",
        "FloatingIpAssociated",
        "FloatingIpBecameActive",
        "FloatingIpAssociated",
        "FloatingIpBecameActive",
        "FloatingIpDisassociated",
    ]

    cloud.does(user(), DeleteFloatingIp(floating["id"]))
    cloud.does(user(), RemoveRouterInterface(router, subnet_id=subnet))
    cloud.does(user(), DeleteRouter(router))
    cloud.does(user(), DeletePort(first))
    for one in (subnet, outer_subnet):
        cloud.does(NOVA, DeleteSubnet(one))
    for one in (network, outside):
        cloud.does(NOVA, DeleteNetwork(one))
    assert cloud.claims_left() == set()


def test_what_a_floating_ip_needs_stays(cloud: Cloud) -> None:
    outside, _ = the_outside(cloud)
    network, subnet = a_tenants_network(cloud)
    port, router = a_port(cloud, network)["id"], a_router(cloud)
    leads(cloud, router, outside)
    interface = joins(cloud, router, subnet)
    floating = a_floating_ip(cloud, outside, port_id=port)
    holder = next(one.id for one in all_rows(cloud.log, "port") if "network:floatingip" in one.body)
    we = user()

    def to(command: object) -> tuple[int, str]:
        return refused(lambda: cloud.does(we, command))  # type: ignore[arg-type]

    assert to(RemoveRouterInterface(router, subnet_id=subnet)) == (409, "RouterInterfaceInUseByFloatingIP")
    assert to(UpdateRouter(router, {"gateway": None})) == (409, "RouterExternalGatewayInUseByFloatingIp")
    assert to(DeleteRouter(router)) == (409, "RouterInUse")
    assert to(UpdatePort(port, {"fixed_ips": ()})) == (400, "BadRequest")
    assert refused(lambda: cloud.does(NOVA, DeletePort(holder))) == (409, "ServicePortInUse")
    assert refused(lambda: cloud.does(NOVA, DeletePort(interface))) == (409, "ServicePortInUse")
    assert refused(lambda: cloud.does(NOVA, UpdateNetwork(outside, {"external": False}))) == (
        409,
        "ExternalNetworkInUse",
    )

    points(cloud, floating, None)
    cloud.does(we, UpdateRouter(router, {"gateway": None}))
    cloud.does(we, RemoveRouterInterface(router, subnet_id=subnet))
    assert refused(lambda: points(cloud, floating, port)) == (404, "ExternalGatewayForFloatingIPNotFound")


def test_one_floating_ip_for_an_address(cloud: Cloud) -> None:
    outside, _ = the_outside(cloud)
    network, subnet = a_tenants_network(cloud)
    port, router = a_port(cloud, network)["id"], a_router(cloud)
    leads(cloud, router, outside)
    joins(cloud, router, subnet)
    first, second = a_floating_ip(cloud, outside, port_id=port), a_floating_ip(cloud, outside)
    assert refused(lambda: points(cloud, second, port)) == (409, "FloatingIPPortAlreadyAssociated")
    assert refused(lambda: a_floating_ip(cloud, outside, port_id=port)) == (409, "FloatingIPPortAlreadyAssociated")
    twins = [NewFloatingIp(cloud.new_id(), cloud.new_id(), OWNER, outside, port_id=port) for _ in range(2)]
    points(cloud, first, None)
    assert refused(lambda: cloud.does(user(), CreateFloatingIps(tuple(twins)))) == (
        409,
        "FloatingIPPortAlreadyAssociated",
    )
    assert points(cloud, second, port)["port_id"] == port
    cloud.does(user(), DeleteFloatingIp(second["id"]))
    assert points(cloud, first, port)["port_id"] == port


def test_an_exhausted_pool_makes_none_of_a_bulk(cloud: Cloud) -> None:
    outside, _ = the_outside(cloud, pool=("203.0.113.10", "203.0.113.12"))
    head = cloud.log.head()
    wishes = tuple(NewFloatingIp(cloud.new_id(), cloud.new_id(), OWNER, outside) for _ in range(4))
    assert refused(lambda: cloud.does(user(), CreateFloatingIps(wishes))) == (400, "ExternalIpAddressExhausted")
    assert cloud.log.head() == head
    rows = cloud.does(user(), CreateFloatingIps(wishes[:3])).rows
    assert [row is not None and row.id for row in rows] == [one.floatingip_id for one in wishes[:3]]
    assert refused(lambda: a_floating_ip(cloud, outside)) == (400, "ExternalIpAddressExhausted")
    cloud.does(user(), DeleteFloatingIp(wishes[0].floatingip_id))
    assert a_floating_ip(cloud, outside, GUEST)["project_id"] == GUEST


def test_an_address_that_somebody_has_is_told_so(cloud: Cloud) -> None:
    outside, _ = the_outside(cloud)
    held = a_floating_ip(cloud, outside)["floating_ip_address"]
    wish = NewFloatingIp(cloud.new_id(), cloud.new_id(), GUEST, outside, floating_ip_address=held)
    assert refused(lambda: cloud.does(NOVA, CreateFloatingIps((wish,)))) == (409, "IpAddressAlreadyAllocated")


def test_a_router_that_moves_takes_its_floating_ips_reports_to_the_new_host(cloud: Cloud) -> None:
    outside, _ = the_outside(cloud)
    network, subnet = a_tenants_network(cloud)
    port, router = a_port(cloud, network)["id"], a_router(cloud)
    leads(cloud, router, outside)
    interface = joins(cloud, router, subnet)
    runs(cloud, router)
    floating = a_floating_ip(cloud, outside, port_id=port)
    assert reported(cloud, floating, "ACTIVE") == "ACTIVE"
    cloud.does(NOVA, ScheduleRouter(router, L3_AGENTS["compute1"], "compute1", "nova", "agent down"))
    assert cloud.body("port", interface)["binding:host_id"] == "compute1"
    assert reported(cloud, floating, "DOWN", "net1") == "ACTIVE"
    assert reported(cloud, floating, "ERROR", "compute1") == "ERROR"
    assert reported(cloud, floating, "ACTIVE", "compute1") == "ACTIVE"


def test_whoever_comes_first_floating_ips_never_lead_nowhere(cloud: Cloud) -> None:
    outside, _ = the_outside(cloud)
    network, subnet = a_tenants_network(cloud)
    contest = Contest(cloud, Ledger(cloud.log, cloud.choosers.ask), outside, network, subnet, a_router(cloud))
    for _ in range(20):
        contest.round()
        check_layer3(cloud)
