"""Routers with a real database and broker: where they run, what their hosts hold, what agents may say of floating IPs."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cli.servers import PrivateRabbitMQ
from libs.commands import (
    AddRouterInterface,
    DeleteRouter,
    RemoveRouterInterface,
    UnscheduleRouter,
    UpdateAgent,
)
from libs.model import ACTIVE, DOWN, ERROR, L3_AGENT, OVS_AGENT
from tests.integration.topology_routers import (
    Host,
    a_floating_ip,
    a_host,
    a_router,
    an_outside,
    ports_bound_on,
    router,
    runs_on,
    says,
)
from tests.integration.topology_world import Cloud, a_cloud, eventually
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker]


@pytest.fixture(scope="module")
def running(database: Database, broker: PrivateRabbitMQ) -> Iterator[Cloud]:
    with a_cloud(database, broker, down_seconds=5.0) as found:
        yield found


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    return running.scene()


def test_a_router_runs_on_a_host_that_then_holds_its_facts_and_its_networks(cloud: Cloud) -> None:
    host, other = a_host(cloud, "net1"), cloud.host("compute1")
    external, red = an_outside(cloud), cloud.network()
    subnet = cloud.subnet(red)
    id = a_router(cloud, external, subnet)
    took = eventually("it runs", lambda: router(cloud, id).host == host.name)
    assert took < 2
    eventually("its host holds all of it", lambda: runs_on(cloud, id, host))
    assert {f"router-{id}", f"network-{red}", f"network-{external}"} <= host.l3.brain.holds.streams.keys()
    assert other.brain.holds.streams == {}
    blue = cloud.subnet(cloud.network(), "10.1.0.0/24")
    cloud.commit(AddRouterInterface(id, "22222222-2222-2222-2222-222222222222", subnet_id=blue))
    assert ports_bound_on(cloud, id) == {host.name}, "in that very commit"
    eventually("its host holds that, too", lambda: runs_on(cloud, id, host))
    host.l3.runtime.close()
    host.l3 = cloud.agent("net1", L3_AGENT)
    eventually("a restarted agent has it all at once", lambda: runs_on(cloud, id, host))
    for one in (subnet, blue):
        cloud.commit(RemoveRouterInterface(id, subnet_id=one))
    cloud.commit(DeleteRouter(id))
    eventually("nothing is left", lambda: f"router-{id}" not in host.l3.brain.holds.streams and cloud.follows(host.l3))


def test_a_router_waits_for_an_agent_and_routers_are_spread(cloud: Cloud) -> None:
    subnets = [cloud.subnet(cloud.network(), f"10.{number}.0.0/24") for number in range(6)]
    routers = [a_router(cloud, None, subnet) for subnet in subnets]
    time.sleep(0.3)
    assert {router(cloud, id).host for id in routers} == {""}
    hosts = [a_host(cloud, name) for name in ("net1", "net2")]
    eventually("all run", lambda: all(router(cloud, id).host for id in routers))
    more = [a_router(cloud, None, cloud.subnet(cloud.network(), f"10.{number}.0.0/24")) for number in range(6, 12)]
    eventually("all run", lambda: all(router(cloud, id).host for id in more))
    placed = [router(cloud, id).host for id in (*routers, *more)]
    assert sorted(placed.count(host.name) for host in hosts) == [6, 6]


def test_an_agent_that_takes_no_new_work_gets_none_and_keeps_its_own(cloud: Cloud) -> None:
    a_host(cloud, "net1")
    first = a_router(cloud, None, cloud.subnet(cloud.network()))
    eventually("it runs", lambda: router(cloud, first).host)
    [agent, _] = cloud.agent_row("net1", L3_AGENT) or ()
    cloud.commit(UpdateAgent(agent, {"admin_state_up": False}))
    second = a_router(cloud, None, cloud.subnet(cloud.network()))
    time.sleep(0.5)
    assert (router(cloud, first).host, router(cloud, second).host) == (cloud.named("net1"), "")
    cloud.commit(UpdateAgent(agent, {"admin_state_up": True}))
    eventually("now it does", lambda: router(cloud, second).host)


def test_floating_ips_work_when_the_agent_of_their_router_says_so(cloud: Cloud) -> None:
    right, wrong = a_host(cloud, "net1"), a_host(cloud, "net2")
    external, red = an_outside(cloud), cloud.network()
    id = a_router(cloud, external, cloud.subnet(red))
    eventually("it runs", lambda: router(cloud, id).host)
    if router(cloud, id).host == wrong.name:
        right, wrong = wrong, right
    one, two = (a_floating_ip(cloud, external, cloud.port(red)) for _ in range(2))

    def status() -> tuple[str, str]:
        return cloud.state("floatingip", one).status, cloud.state("floatingip", two).status

    eventually("its host holds them", lambda: runs_on(cloud, id, right))
    assert f"floatingip-{one}" in right.l3.brain.holds.streams
    says(cloud, wrong, (one, True, ""), (two, True, ""))
    says(cloud, wrong, complete=True)
    says(cloud, right, (one, True, ""))
    eventually("one works", lambda: status() == (ACTIVE, DOWN))
    says(cloud, right, (one, True, ""), (two, False, "no way"), complete=True)
    eventually("the other failed", lambda: status() == (ACTIVE, ERROR))
    says(cloud, wrong, complete=True)
    says(cloud, right, (two, True, ""), complete=True)
    eventually("and now works, alone", lambda: status() == (DOWN, ACTIVE))
    assert cloud.facts_of(f"floatingip-{one}")[2:] == ["FloatingIpBecameActive", "FloatingIpWentDown"]


def test_what_an_operator_takes_from_an_agent_is_not_given_back_at_once(cloud: Cloud) -> None:
    a_host(cloud, "net1")
    id = a_router(cloud, None, cloud.subnet(cloud.network()))
    eventually("it runs", lambda: router(cloud, id).host)
    server = router(cloud, id).server
    assert server is not None
    cloud.commit(UnscheduleRouter(id, server.agent_id))
    time.sleep(0.5)
    assert router(cloud, id).server is None
    assert ports_bound_on(cloud, id) == {""}


def test_a_router_moves_when_its_host_cannot_carry_what_it_gets(cloud: Cloud) -> None:
    near = a_host(cloud, "net1")
    id = a_router(cloud, None, cloud.subnet(cloud.network()))
    eventually("it runs", lambda: runs_on(cloud, id, near))
    vlan = cloud.network(network_type="vlan", physical_network="physnet1", segmentation_id=150)
    far = a_host(cloud, "net2")
    loses_its_physical_networks(cloud, near)
    subnet = cloud.subnet(vlan, "10.7.0.0/24")
    cloud.commit(AddRouterInterface(id, "33333333-3333-3333-3333-333333333333", subnet_id=subnet))
    eventually("it runs where that is", lambda: runs_on(cloud, id, far))


def loses_its_physical_networks(cloud: Cloud, host: Host) -> None:
    """The host's switch agent says so."""
    host.ovs.brain._configurations = {**host.ovs.brain._configurations, "bridge_mappings": {}}
    host.ovs.runtime.announce()
    known = "select 1 from agent where host = %s and agent_type = %s and body not like %s"
    eventually("that is known", lambda: cloud.log.pool.query(known, (host.name, OVS_AGENT, "%physnet1%")))
