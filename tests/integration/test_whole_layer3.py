"""Layer 3 of the whole system with real packets: a router for two servers, whatever dies. Each story ends with a recompute: agents
that start anew, and so fetch and compute everything from the log, find nothing to change."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from cli.metadata import port as nova_port
from cli.power import Mains
from cli.process import alive
from lab import nova, tcp
from tests.city import AGENTS, WORLD, City, await_order, kill_agents, operations, recompute, routers
from tests.tenant import TENANT, Ping, Talk, Tenant, offers
from tests.whole import Whole, eventually

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]


@pytest.fixture
def city(lab: Whole) -> Iterator[City]:
    """A city whose router stands, and the recompute at the end of its story."""
    one = City(lab)
    one.attach()
    try:
        yield one
        recompute(lab, tuple({one.host(), *(server.host.name for server in one.guests)}))
    finally:
        one.leave()
        eventually("no router is left", lambda: not routers(lab), 20)


def test_packets_flow_and_nothing_is_done_when_agents_are_killed(lab: Whole, city: City) -> None:
    one, other = city.boot("compute2"), city.boot("compute3")
    assert other.reaches(WORLD) and tcp.answer(other.netns, WORLD, 2.0).startswith("outside 198.51.100.")
    address, home = city.floating(other), city.host()
    assert one.reaches(WORLD)
    assert tcp.answer(other.netns, WORLD, 2.0) == f"outside {address}", "now it goes out by an address of its own"
    pings = [Ping(one.netns, WORLD), Ping(city.outside.netns, address), Ping(one.netns, address)]
    talks = [Talk(city.outside.netns, address), Talk(one.netns, WORLD)]
    for _ in range(2):
        kill_agents(lab, (home,), AGENTS)
        for agent in AGENTS:
            assert set(operations(lab, agent, home)) == {"pid"}, (agent, operations(lab, agent, home))
    counted, echoed = [ping.stop() for ping in pings], [talk.stop() for talk in talks]
    print(f"pings (answered, lost): {counted}; echoes (number, slowest): {echoed}")
    assert all(answered >= 20 and not lost for answered, lost in counted)
    assert all(echoes >= 20 for echoes, _ in echoed)


@pytest.mark.parametrize("seconds", [0.1, 0.3])
def test_a_router_whose_agent_is_killed_while_it_builds_is_completed(lab: Whole, seconds: float) -> None:
    city = City(lab)
    try:
        one = city.boot("compute2")
        city.attach()
        addresses = [city.floating(one, working=False)]
        eventually("the router begins", lambda: bool(routers(lab)), 10)
        time.sleep(seconds)
        kill_agents(lab, (city.host(),), ("agent_l3",))
        eventually("the floating IP answers", lambda: city.asked(addresses[0]) == one.name)
        assert one.reaches(WORLD)
        recompute(lab, (city.host(),))
    finally:
        city.leave()


def test_a_host_that_was_dead_to_the_world_serves_nothing_that_it_lost(lab: Whole, city: City) -> None:
    one = city.boot("compute2")
    address, home = city.floating(one), city.host()
    assert home != "compute2"
    agents = [lab.pids()[f"{agent}@{home}"] for agent in AGENTS]
    for pid in agents:
        os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    try:
        eventually("another host runs the router", lambda: city.host() not in ("", home), 40)
        print(f"a frozen host's router is scheduled elsewhere after {time.monotonic() - begun:.1f} s")
        eventually("it stands there", lambda: bool(routers(lab, city.host())))
        assert routers(lab, home), "nobody could tell the frozen host"
    finally:
        for pid in agents:
            os.kill(pid, signal.SIGCONT)
    eventually("the old host lets go", lambda: not routers(lab, home), 20)
    eventually("the floating IP answers", lambda: city.asked(address) == one.name)
    assert one.reaches(WORLD) and city.host() != home


def test_a_host_without_power_loses_its_routers_and_networks_and_is_clean_when_it_is_back(
    lab: Whole, city: City
) -> None:
    one = city.boot("compute2")
    address, home = city.floating(one), city.host()
    mains, begun = Mains(lab.places, lab.lab), time.monotonic()
    mains.off(home)
    try:
        assert city.asked(address) == ""
        eventually("the floating IP answers again", lambda: city.asked(address) == one.name, 40)
        print(f"a dead host's router works elsewhere after {time.monotonic() - begun:.1f} s")
        assert one.reaches(WORLD) and one.ask_address()["ip"] == one.address
    finally:
        mains.on(home)
    eventually("nothing of it is left there", lambda: not routers(lab, home), 20)
    eventually("its agents are back", lambda: all(agent["alive"] for agent in city.admin.get("agents")["agents"]), 30)
    await_order(lab, (home,), AGENTS)
    assert city.asked(address) == one.name


def test_two_dhcp_agents_of_a_network_answer_from_the_same_facts(lab: Whole, city: City) -> None:
    one = city.boot("compute2")
    network = city.network["id"]
    assert len(offers(one)) == 1
    serving = {agent["id"] for agent in city.admin.get(f"networks/{network}/dhcp-agents")["agents"]}
    agents = city.admin.get("agents?binary=neutron-dhcp-agent")["agents"]
    other = next(agent["id"] for agent in agents if agent["id"] not in serving)
    city.admin.send("POST", f"agents/{other}/dhcp-networks", {"network_id": network})
    eventually("both answer", lambda: len(offers(one)) == 2)
    assert set(offers(one).values()) == {one.address}


def test_a_server_learns_who_it_is_and_none_learns_of_others(lab: Whole, city: City) -> None:
    one, other = city.boot("compute2"), city.boot("compute3")
    assert one.reaches(WORLD)
    with nova.running(nova_port(lab.places), lab.places.password("metadata")) as here:
        here.servers = {one.port["device_id"]: (TENANT, "one"), other.port["device_id"]: ("f0" * 16, "theirs")}
        assert tcp.fetch(one.netns, "169.254.169.254", nova.PATH) == (200, "one")
        assert tcp.fetch(other.netns, "169.254.169.254", nova.PATH)[0] == 404
    assert tcp.fetch(one.netns, "169.254.169.254", nova.PATH)[0] == 503, "nobody is there to ask"


def test_a_server_on_a_network_without_a_router_asks_by_way_of_its_dhcp_server(lab: Whole) -> None:
    tenant = Tenant(lab, "192.168.78.0/24")
    try:
        alone = tenant.boot("compute3")
        with nova.running(nova_port(lab.places), lab.places.password("metadata")) as here:
            here.servers = {alone.port["device_id"]: (TENANT, "alone")}
            assert tcp.fetch(alone.netns, "169.254.169.254", nova.PATH) == (200, "alone")
        recompute(lab)
    finally:
        tenant.leave()


def test_nothing_died_on_its_own_this_time_either(lab: Whole) -> None:
    assert all(alive(pid) for pid in lab.pids().values())
    log = (lab.places.log / "supervisor.log").read_text()
    deaths = [line for line in log.splitlines() if " ended" in line and "status -9" not in line]
    assert not deaths, deaths
