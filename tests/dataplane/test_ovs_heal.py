"""What dies comes back, and nobody's packets notice."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.shell import run
from libs.feed import Drift
from tests.dataplane.ovs_process import until
from tests.dataplane.ovs_world import World
from tests.fakes.ovs_facts import APort

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(Path(tempfile.mkdtemp(prefix="nlo")), f"nlp{os.getpid() % 10000}-")
    made.agents["h2"].audit_seconds = 1.0
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def pair(world: World) -> tuple[APort, APort]:
    net, vlan = world.facts.network("vxlan", 5001), world.facts.network("vlan", 77, "physnet1")
    here, there = world.boot(net, "h1", "10.1.0.1"), world.boot(net, "h2", "10.1.0.2")
    assert world.reaches(world.boot(vlan, "h1", "10.2.0.1"), world.boot(vlan, "h2", "10.2.0.2"))
    assert world.reaches(here, there)
    return here, there


def test_an_agent_that_is_killed_and_started_again_changes_nothing(world: World, pair: tuple[APort, APort]) -> None:
    agent, before = world.agents["h1"], world.flows("h1", "br-int") + world.flows("h1", "br-tun")
    pinging = world.pinging(*pair)
    agent.kill()
    time.sleep(0.3)
    agent.start()
    agent.ready()
    time.sleep(0.3)
    sent, lost = world.lost(pinging)
    print(f"after kill -9 and restart: {agent.operations()}, pings sent {sent}, lost {lost}")
    assert agent.changes() == 0, agent.operations()
    assert sent > 20 and lost == 0
    assert world.flows("h1", "br-int") + world.flows("h1", "br-tun") == before
    assert pair[0].id in agent.wired


def test_hands_that_are_killed_come_back_and_change_nothing(world: World, pair: tuple[APort, APort]) -> None:
    agent = world.agents["h1"]
    changes, readbacks = agent.changes(), agent.operations()["readbacks"]
    pinging = world.pinging(*pair)
    for child in Path(f"/proc/{agent.process.pid}/task/{agent.process.pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    until(lambda: agent.operations()["readbacks"] > readbacks)
    sent, lost = world.lost(pinging)
    assert (agent.changes(), lost) == (changes, 0) and sent > 5
    world.boot(pair[0].network, "h1", "10.1.0.3")


def test_a_restarted_vswitchd_gets_its_flows_back_at_once(world: World, pair: tuple[APort, APort]) -> None:
    """Flows are whole within 200 ms of its being up. Of up to eight times the best counts: a busy machine delays some, a timer
    that somebody waits for would delay all."""
    times = [_restart(world, pair)]
    while len(times) < 8 and (min(one[0] for one in times) > 0.2 or min(one[1] for one in times) > 0.3):
        times.append(_restart(world, pair))
    said = [f"flows {flows * 1000:.0f}, first ping {answer * 1000:.0f}" for flows, answer in times]
    print(f"ms after vswitchd was up: {'; '.join(said)}")
    assert min(flows for flows, _ in times) < 0.2
    assert min(answer for _, answer in times) < 0.3
    assert world.reaches(*pair)


def _restart(world: World, pair: tuple[APort, APort]) -> tuple[float, float]:
    """(seconds from vswitchd's being up until all flows are there, until a ping across it is answered)."""
    before = {bridge: world.flows("h1", bridge) for bridge in ("br-int", "br-tun", "br-physnet1", "br-public")}
    world.kill_switch("h1", "ovs-vswitchd")
    pinging = world.pinging(*pair)
    world.run_switch("h1", "ovs-vswitchd")
    until(lambda: _answers(world.lab.host("h1").run / "br-int.mgmt"), 10)
    up = time.time()
    until(lambda: {bridge: world.flows("h1", bridge) for bridge in before} == before, 10)
    healed = time.time()
    until(lambda: world.reaches(*pair), 10)
    return healed - up, world.answered(pinging) - up


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as one, contextlib.suppress(OSError):
        one.connect(str(path))
        return True
    return False


def test_a_restarted_database_is_followed_again(world: World, pair: tuple[APort, APort]) -> None:
    changes = world.agents["h1"].changes()
    world.kill_switch("h1", "ovsdb-server")
    world.run_switch("h1", "ovsdb-server")
    assert world.agents["h1"].changes() == changes
    world.boot(pair[0].network, "h1", "10.1.0.4")
    assert world.reaches(*pair)


def test_flows_that_somebody_spoiled_are_put_right_by_the_next_audit(world: World, pair: tuple[APort, APort]) -> None:
    agent, host = world.agents["h2"], world.lab.host("h2")
    before = world.flows("h2", "br-int")
    for words in (
        ("del-flows", "br-int", "table=60"),
        ("add-flow", "br-int", "priority=99,actions=NORMAL"),
        ("add-flow", "br-physnet1", "priority=9,in_port=77,actions=drop"),
    ):
        run("ovs-ofctl", "-O", "OpenFlow14", *words, env=host.environment)
    until(lambda: world.flows("h2", "br-int") == before)
    drift = until(lambda: [message for message in agent.messages if isinstance(message, Drift)])
    assert sum(one.counts.get("flows", 0) for one in drift) == len([flow for flow in before if "table=60" in flow]) + 1
    assert any("in_port=77" in flow for flow in world.flows("h2", "br-physnet1")), "not ours, left alone"
    assert world.reaches(*pair)


def test_from_plug_to_report_is_a_matter_of_milliseconds(world: World, pair: tuple[APort, APort]) -> None:
    times = []
    for number in range(10, 18):
        port = world.facts.port(pair[0].network, "h1", f"10.1.0.{number}")
        world.publish()
        world.build(port)
        time.sleep(0.1)
        at = time.time()
        world.plug(port)
        times.append((world.wired(port) - at) * 1000)
    times.sort()
    print(f"plug to report: median {times[len(times) // 2]:.0f} ms, all {[round(one) for one in times]}")
    assert times[len(times) // 2] < 1500, "40 ms is the aim on a quiet machine"


def test_a_burst_of_plugs_is_served_together(world: World, pair: tuple[APort, APort]) -> None:
    ports = [world.facts.port(pair[0].network, "h1", f"10.1.0.{number}") for number in range(20, 32)]
    world.publish()
    for port in ports:
        world.build(port)
    time.sleep(0.1)
    before, at = world.agents["h1"].operations(), time.time()
    plugs = [threading.Thread(target=world.plug, args=(port,)) for port in ports]
    for plug in plugs:
        plug.start()
    took = (max(world.wired(port) for port in ports) - at) * 1000
    for plug in plugs:
        plug.join()
    print(f"burst of {len(ports)}: all reported {took:.0f} ms after the first plug began")
    until(lambda: world.agents["h1"].operations()["flows_added"] - before["flows_added"] == 2 * len(ports))
    assert world.reaches(ports[0], ports[-1]) and world.reaches(pair[1], ports[5])
    assert took < 5000, "200 ms is the aim on a quiet machine"
