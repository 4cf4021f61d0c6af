"""A host dies: what it served goes to live hosts, whoever is killed meanwhile; and stays there when it comes back."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from cli.servers import PrivateRabbitMQ
from libs.events import RouterScheduled, RouterUnscheduled
from libs.model import DHCP_AGENT
from tests.integration.topology_routers import (
    a_host,
    a_router,
    an_outside,
    kill_leader,
    ports_bound_on,
    router,
    runs_on,
)
from tests.integration.topology_world import Cloud, a_cloud, eventually, leads
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker]


@pytest.fixture
def cloud(database: Database, broker: PrivateRabbitMQ) -> Iterator[Cloud]:
    """Two replicas of topology, and ipam in a process of its own; networks are served by two DHCP agents each."""
    with a_cloud(database, broker, (("ipam",), ("topology",), ("topology",)), dhcp_agents=2, down_seconds=5.0) as found:
        yield found.scene()


def servers(cloud: Cloud, network: str) -> list[str]:
    """Hosts that serve the network, each with a working port."""
    found = cloud.state("network", network)
    ports = [cloud.state("port", one.port_id) for one in found.dhcp]
    assert all(port is not None and port.is_bound for port in ports)
    return sorted(one.host for one in found.dhcp)


def dhcp_addresses(cloud: Cloud, network: str) -> list[str]:
    """What guests are told to ask for names, and go through for metadata."""
    ports = [cloud.state("port", one.port_id) for one in cloud.state("network", network).dhcp]
    return sorted(one.ip_address for port in ports for one in port.fixed_ips)


def test_a_dead_hosts_router_and_networks_are_served_by_others_and_not_given_back(cloud: Cloud) -> None:
    hosts = {host.name: host for host in (a_host(cloud, f"net{number}") for number in range(3))}
    red, external = cloud.network(), an_outside(cloud)
    subnet = cloud.subnet(red)
    id = a_router(cloud, external, subnet)
    eventually("the router runs", lambda: router(cloud, id).host)
    eventually("two serve the network", lambda: len(servers(cloud, red)) == 2)
    dead = hosts[router(cloud, id).host]
    eventually("the host holds it", lambda: runs_on(cloud, id, dead))
    before, known = servers(cloud, red), dhcp_addresses(cloud, red)
    dead.falls_silent()
    took = eventually("the router runs elsewhere", lambda: router(cloud, id).host != dead.name)
    assert took < 4 * cloud.settings.agent_down_seconds
    new = hosts[router(cloud, id).host]
    eventually("the new host holds it", lambda: runs_on(cloud, id, new))
    eventually("two live ones serve the network", lambda: dead.name not in servers(cloud, red))
    assert len(servers(cloud, red)) == 2
    assert set(servers(cloud, red)) >= set(before) - {dead.name}
    assert dhcp_addresses(cloud, red) == known
    assert f"router-{id}" in dead.l3.brain.holds.streams, "it does not know yet"
    dead.falls_silent(False)
    for agent in (dead.ovs, dead.l3, dead.dhcp):
        agent.runtime.on_up()
        eventually("who comes back holds nothing of it", lambda agent=agent: not agent.brain.holds.streams)  # type: ignore[misc]
        assert None not in agent.brain.forgotten[1:], "it was told what to leave"
    time.sleep(1.0)
    assert router(cloud, id).host == new.name
    assert dead.name not in servers(cloud, red)
    kinds = Counter(cloud.facts_of(f"router-{id}"))
    assert (kinds["RouterScheduled"], kinds["RouterUnscheduled"]) == (2, 1)


def test_the_leader_is_killed_while_it_moves_routers(cloud: Cloud) -> None:
    """Again and again, at moments that come by chance."""
    dead = a_host(cloud, "net0")
    routers = many_routers(cloud, 60)
    eventually("all run", lambda: placed(cloud) == {dead.name: 60})
    alive = [a_host(cloud, f"net{number}") for number in (1, 2)]
    dead.falls_silent()
    eventually("it is given up", lambda: placed(cloud)[dead.name] < 60)
    for _ in range(2):
        kill_leader(cloud)
        print("still there:", placed(cloud)[dead.name])
        cloud.start("topology")
        eventually("another leads", lambda: leads(cloud))
    eventually("all run on live hosts", lambda: placed(cloud)[dead.name] == 0)
    assert set(placed(cloud)) == {host.name for host in alive}
    for id in routers:
        moves = [one.event for one in cloud.log.read_streams([f"router-{id}"])]
        assert sum(isinstance(one, RouterScheduled) for one in moves) == 2, "none was moved twice"
        assert [one.reason for one in moves if isinstance(one, RouterUnscheduled)] == ["agent down"]
        assert len(ports_bound_on(cloud, id)) == 1
    for host in alive:
        eventually("the hosts hold the truth", lambda host=host: cloud.follows(host.l3))  # type: ignore[misc]


def test_nothing_moves_because_topology_was_away(cloud: Cloud) -> None:
    hosts = [a_host(cloud, f"net{number}") for number in range(2)]
    red = cloud.network()
    id = a_router(cloud, None, cloud.subnet(red))
    eventually("the router runs", lambda: router(cloud, id).host)
    eventually("two serve the network", lambda: len(servers(cloud, red)) == 2)
    before = router(cloud, id)
    for process in cloud.processes[1:]:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(cloud.settings.agent_down_seconds + 0.5)
    cloud.start("topology")
    eventually("it leads", lambda: leads(cloud))
    time.sleep(2 * cloud.settings.agent_down_seconds)
    assert router(cloud, id) == before
    assert servers(cloud, red) == sorted(host.name for host in hosts)


def test_who_died_while_topology_was_away_is_noticed_and_the_rest_stays(cloud: Cloud) -> None:
    hosts = [a_host(cloud, f"net{number}") for number in range(3)]
    many_routers(cloud, 12)
    eventually("all run", lambda: sorted(placed(cloud).values()) == [4, 4, 4])
    for process in cloud.processes[1:]:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    hosts[0].falls_silent()
    cloud.start("topology")
    eventually("it leads", lambda: leads(cloud))
    eventually("its routers run elsewhere", lambda: hosts[0].name not in placed(cloud))
    assert placed(cloud) == {hosts[1].name: 6, hosts[2].name: 6}


def test_the_first_host_that_comes_back_after_all_were_down_does_not_get_everything(cloud: Cloud) -> None:
    hosts = [a_host(cloud, f"net{number}") for number in range(2)]
    many_routers(cloud, 8)
    eventually("all run", lambda: placed(cloud) == {host.name: 4 for host in hosts})
    for host in hosts:
        host.falls_silent()
    down = "select count(*) from agent where agent_type = 'L3 agent' and not alive"
    eventually("all are down", lambda: cloud.log.pool.query(down) == [(2,)])
    time.sleep(0.5)
    before = placed(cloud)  # the one that was found silent first may have lost some to the other meanwhile
    hosts[0].falls_silent(False)
    eventually("one is up", lambda: cloud.log.pool.query(down) == [(1,)])
    hosts[1].falls_silent(False)
    eventually("both are up", lambda: cloud.log.pool.query(down) == [(0,)])
    time.sleep(cloud.settings.agent_down_seconds + 1)
    assert placed(cloud) == before


def test_the_next_leader_knows_which_networks_wait_for_another_server(cloud: Cloud) -> None:
    dead, alive = a_host(cloud, "net0"), a_host(cloud, "net1")
    red = cloud.network()
    cloud.subnet(red)
    eventually("both serve the network", lambda: servers(cloud, red) == sorted([dead.name, alive.name]))
    known = dhcp_addresses(cloud, red)
    dead.falls_silent()
    eventually("it is down", lambda: cloud.agent_row("net0", DHCP_AGENT)[1] is False)  # type: ignore[index]
    time.sleep(1.0)
    assert len(servers(cloud, red)) == 2, "nobody else can take it"
    kill_leader(cloud)
    eventually("another leads", lambda: leads(cloud))
    late = a_host(cloud, "net2")
    eventually("it is served by two again", lambda: servers(cloud, red) == sorted([alive.name, late.name]))
    assert dhcp_addresses(cloud, red) == known, "guests need not learn anything"
    kinds = Counter(cloud.facts_of(f"network-{red}"))
    assert (kinds["NetworkDhcpScheduled"], kinds["NetworkDhcpUnscheduled"]) == (3, 1)


def many_routers(cloud: Cloud, number: int) -> list[str]:
    """Routers with a network each, without DHCP."""
    nets = [f"10.{index // 200}.{index % 200}.0/24" for index in range(number)]
    return [a_router(cloud, None, cloud.subnet(cloud.network(), cidr, enable_dhcp=False)) for cidr in nets]


def placed(cloud: Cloud) -> Counter[str]:
    """{host: number of routers}, empty for nowhere."""
    return Counter(dict(cloud.log.pool.query("select host, count(*) from router group by host")))
