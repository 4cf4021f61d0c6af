"""Servers that move, and what Nova is told, with topology as processes: real database and broker, agents that only write down."""

from __future__ import annotations

import os
import signal
import statistics
import time
import uuid
from collections.abc import Iterator

import pytest

from cli.servers import PrivateRabbitMQ
from libs.commands import ActivatePortBinding, AddPortBinding, RemovePortBinding
from libs.model import ACTIVE
from tests.fakes.nova_events import NovaEvents, fails
from tests.integration.topology_world import Cloud, eventually, leads
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker]
PLUGGED = "network-vif-plugged"


@pytest.fixture(scope="module")
def nova() -> Iterator[NovaEvents]:
    server = NovaEvents().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def running(database: Database, broker: PrivateRabbitMQ, nova: NovaEvents) -> Iterator[Cloud]:
    cloud = Cloud(database.fresh(), broker)
    cloud.more = {"NETLEDGER_NOVA_URL": nova.url, "NETLEDGER_NOVA_SECONDS": "2"}
    try:
        for modules in (("ipam",), ("topology",), ("topology",)):
            cloud.start(*modules)
        eventually("topology leads", lambda: leads(cloud))
        yield cloud
    finally:
        cloud.stop()


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    return running.scene()


def server_port(cloud: Cloud, network: str) -> str:
    return cloud.port(network, "compute1", device_id=str(uuid.uuid4()), device_owner="compute:nova")


def test_the_second_host_gets_the_networks_facts_and_reports_its_tap(cloud: Cloud, nova: NovaEvents) -> None:
    one, two = cloud.host("compute1"), cloud.host("compute2")
    network = cloud.network()
    cloud.subnet(network)
    port = server_port(cloud, network)
    one.plug(port)
    eventually("ACTIVE", lambda: cloud.state("port", port).status == ACTIVE)
    assert not two.brain.holds.streams
    cloud.commit(AddPortBinding(port, cloud.named("compute2")))
    eventually(
        "compute2 holds the network", lambda: {f"network-{network}", f"port-{port}"} <= set(two.brain.holds.streams)
    )
    eventually("compute1 knows compute2's tunnel", lambda: len(one.brain.holds.agents) == 1)
    two.plug(port, 2)
    eventually("ready", lambda: "PortBindingWired" in cloud.facts_of(f"port-{port}"))
    eventually("Nova knows", lambda: nova.told(port) == [PLUGGED, PLUGGED])
    assert cloud.state("port", port).host == cloud.named("compute1")

    cloud.commit(ActivatePortBinding(port, cloud.named("compute2")))
    state = cloud.state("port", port)
    assert (state.host, state.status) == (cloud.named("compute2"), ACTIVE)
    eventually("compute1 left", lambda: not one.brain.holds.streams)
    eventually("Nova knows", lambda: nova.told(port) == [PLUGGED] * 3)
    one.unplug(port)
    cloud.commit(RemovePortBinding(port, cloud.named("compute1")))
    two.unplug(port)
    eventually("unplugged there", lambda: nova.told(port)[-1] == "network-vif-unplugged")


def test_nothing_is_lost_when_the_leader_dies_while_nova_fails(cloud: Cloud, nova: NovaEvents) -> None:
    one = cloud.host("compute1")
    network = cloud.network()
    ports = [server_port(cloud, network) for _ in range(6)]
    one.plug(ports[0])
    eventually("the first", lambda: nova.told(ports[0]) == [PLUGGED])
    nova.plan = [fails(503)] * 1000
    for port in ports[1:4]:
        one.plug(port)
    eventually("ACTIVE", lambda: all(cloud.state("port", port).status == ACTIVE for port in ports[:4]))
    leader = cloud.leader()
    assert leader is not None
    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()
    for port in ports[4:]:
        one.plug(port)
    eventually("another leads", lambda: cloud.leader() not in (None, leader))
    eventually("ACTIVE", lambda: all(cloud.state("port", port).status == ACTIVE for port in ports))
    assert not any(nova.told(port) for port in ports[1:])
    nova.plan = []
    eventually("Nova knows all", lambda: all(set(nova.told(port)) == {PLUGGED} for port in ports))
    cloud.start("topology")


def test_a_plug_is_told_within_milliseconds(cloud: Cloud, nova: NovaEvents) -> None:
    """Guests wait for it: this is a part of their boot time."""
    one = cloud.host("compute1")
    network = cloud.network()
    ports = [server_port(cloud, network) for _ in range(30)]
    eventually("compute1 holds them", lambda: set(one.brain.holds.streams) >= {f"port-{port}" for port in ports})
    taken = []
    for port in ports:
        began = time.monotonic()
        one.plug(port)
        eventually("told", lambda port=port: nova.told(port) == [PLUGGED])
        taken.append(1000 * (next(at for at, event in nova.taken if event["tag"] == port) - began))
    print(f"reported by the agent -> Nova: p50 {statistics.median(taken):.1f} ms, slowest {max(taken):.1f} ms")
    assert statistics.median(taken) < 250
