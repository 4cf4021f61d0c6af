"""The L3 agent as a process on a real Open vSwitch: what servers reach and how they are reached, and what a crash costs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs import events
from tests.dataplane.hypervisor import wait_until
from tests.dataplane.l3_town import STRANGER, RouterHost
from tests.dataplane.tcp import echoes
from tests.fakes.dhcp_guests import sh

pytestmark = pytest.mark.root
FLOATING = "198.51.100.100"


@pytest.fixture
def host() -> Iterator[RouterHost]:
    host = RouterHost()
    try:
        host.up()
        yield host
    finally:
        host.down()


@pytest.fixture
def town(host: RouterHost) -> Iterator[RouterHost]:
    """A router that runs, and people; at the end the recompute."""
    host.start_agent()
    host.settle()
    host.settle_people()
    yield host
    host.recompute()


def hands_of(host: RouterHost) -> int:
    assert host.agent is not None
    return int(Path(f"/proc/{host.agent.pid}/task/{host.agent.pid}/children").read_text().split()[0])


def again(host: RouterHost) -> None:
    """The agent is killed, and another starts."""
    host.kill_agent()
    host.start_agent()
    wait_until(lambda: host.operations() != {}, 15.0)


def test_servers_reach_the_outside_and_are_reached_by_a_floating_ip(town: RouterHost) -> None:
    wait_until(lambda: town.asks("one", STRANGER) == "out 198.51.100.10")
    assert town.asks("out", FLOATING) == ""
    floating = town.town.floating(FLOATING, town.town.two, "10.4.0.12")
    before = time.monotonic()
    town.go()
    wait_until(lambda: town.asks("out", FLOATING) == f"two {STRANGER}")
    print(f"a floating IP answers {1000 * (time.monotonic() - before):.0f} ms after its fact")
    wait_until(lambda: town.asks("two", STRANGER) == f"out {FLOATING}")
    wait_until(lambda: town.asks("one", FLOATING) == "two 198.51.100.10")
    wait_until(lambda: town.reports().get(floating) is True)


def test_a_floating_ip_that_moves_takes_its_connections_away(town: RouterHost) -> None:
    place = town.town
    floating = place.floating(FLOATING, place.two, "10.4.0.12")
    town.go()
    wait_until(lambda: town.asks("out", FLOATING) == f"two {STRANGER}")
    link, _ = town.dial("out", FLOATING)
    other, _ = town.dial("one", STRANGER)
    assert echoes(link)
    town.l3.disassociate(floating, FLOATING, place.router, place.two, "10.4.0.12")
    town.l3.associate(floating, FLOATING, place.router, place.one, "10.4.0.11", place.inside)
    town.go()
    wait_until(lambda: town.asks("out", FLOATING) == f"one {STRANGER}")
    wait_until(lambda: not echoes(link), 1.0)
    wait_until(lambda: town.asks("two", STRANGER) == "out 198.51.100.10")
    link.close()
    other.close()


def test_a_killed_agent_costs_no_packet_and_its_successor_touches_nothing(town: RouterHost) -> None:
    town.town.floating(FLOATING, town.town.two, "10.4.0.12")
    town.go()
    wait_until(lambda: town.asks("out", FLOATING) == f"two {STRANGER}")
    link, _ = town.dial("out", FLOATING)
    outward, inward = town.pings("one", STRANGER), town.pings("out", FLOATING)
    again(town)
    assert town.operations()["total"] == 0
    os.kill(hands_of(town), signal.SIGKILL)
    time.sleep(0.5)
    assert town.operations()["total"] == 0
    assert echoes(link)
    assert (outward.lost(), inward.lost()) == (0, 0)
    link.close()


def test_what_changed_while_the_agent_was_dead_is_done_when_it_is_back(town: RouterHost) -> None:
    place = town.town
    floating = place.floating(FLOATING, place.two, "10.4.0.12")
    town.go()
    wait_until(lambda: town.asks("out", FLOATING) == f"two {STRANGER}")
    link, _ = town.dial("out", FLOATING)
    town.kill_agent()
    town.l3.disassociate(floating, FLOATING, place.router, place.two, "10.4.0.12")
    town.go()
    town.start_agent()
    wait_until(lambda: town.operations() != {}, 15.0)
    assert not echoes(link), "connections are cut also when nobody saw the change"
    assert town.asks("out", FLOATING) == ""
    link.close()


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.12])
def test_an_agent_killed_while_it_builds_a_router_is_completed_by_the_next(host: RouterHost, seconds: float) -> None:
    host.start_agent()
    wait_until(lambda: (host.run / "agent_l3").exists(), 15.0)
    host.town.floating(FLOATING, host.town.two, "10.4.0.12")
    host.go()
    wait_until(lambda: host.namespaces() != [], 15.0)
    time.sleep(seconds)
    host.kill_agent()
    host.start_agent()
    host.settle()
    host.settle_people()
    wait_until(lambda: host.asks("one", STRANGER) == "out 198.51.100.10")
    wait_until(lambda: host.asks("out", FLOATING) == f"two {STRANGER}")
    again(host)
    assert host.operations()["total"] == 0


def test_a_server_makes_an_ipv6_address_and_a_killed_radvd_is_started_again(town: RouterHost) -> None:
    place, modes = town.town, {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    subnet_id = town.l3.subnet(place.private, "fd00:4::/64", gateway="fd00:4::1", **modes)
    port_id = place.interface
    town.l3.interface(place.router, place.private, subnet_id, "fd00:4::1", "fd00:4::/64", port_id)
    town.go()
    server = town.people["one"]
    wait_until(lambda: "fd00:4::f816:3eff:fe00:1/64" in server.addresses6(), 10.0)
    server.run("ping", "-6", "-c1", "-W2", "fd00:4::1")
    folder = town.run / "agent_l3" / town.namespace
    before = town.pid_in(folder)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: town.pid_in(folder) not in (0, before))


def test_a_router_that_is_switched_off_forwards_nothing(town: RouterHost) -> None:
    wait_until(lambda: town.asks("one", STRANGER) != "")
    town.l3.about(town.town.router, events.RouterAdminStateChanged(town.town.router, False))
    town.go()
    wait_until(lambda: town.asks("one", STRANGER) == "")
    town.l3.about(town.town.router, events.RouterAdminStateChanged(town.town.router, True))
    town.go()
    wait_until(lambda: town.asks("one", STRANGER) != "")


def test_a_thousand_floating_ips_are_one_change_and_one_more_two_elements_and_an_address(town: RouterHost) -> None:
    place = town.town
    for number in range(1, 1000):
        address = f"198.51.{101 + number // 250}.{number % 250 + 1}"
        fixed = f"10.4.{1 + number // 250}.{number % 250 + 1}"
        place.floating(address, place.one, fixed)
    place.floating(FLOATING, place.two, "10.4.0.12")
    before = time.monotonic()
    town.go()
    wait_until(lambda: town.asks("out", FLOATING) == f"two {STRANGER}", 20.0)
    print(f"1,000 floating IPs {time.monotonic() - before:.2f} s after their facts")
    wait_until(lambda: town.operations()["operations"]["links"] >= 1000)
    counted = town.operations()
    place.floating("198.51.100.101", place.one, "10.4.0.11")
    before = time.monotonic()
    town.go()
    wait_until(lambda: town.asks("out", "198.51.100.101") == f"one {STRANGER}")
    print(f"one more {1000 * (time.monotonic() - before):.0f} ms after its fact")
    wait_until(lambda: town.operations()["total"] > counted["total"])
    more = {kind: count - counted["operations"][kind] for kind, count in town.operations()["operations"].items()}
    assert {kind: count for kind, count in more.items() if count} == {"links": 1, "nat": 2}


def test_an_unscheduled_router_leaves_nothing_behind(town: RouterHost) -> None:
    router_id = town.town.router
    town.l3.about(router_id, events.RouterUnscheduled(router_id, "l3", town.l3.host, "asked"))
    town.go()
    wait_until(lambda: town.namespaces() == [])
    taps = [name for name in town.vsctl("list-ports", "br-int").split() if name.startswith("tap")]
    assert taps == [] and "tap" not in sh("ip", "-n", town.name, "link")
    assert town.asks("one", STRANGER) == ""
