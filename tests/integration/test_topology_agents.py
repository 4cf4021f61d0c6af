"""Agents that operators delete: who is told, what becomes of what they served, and how they come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.servers import PrivateRabbitMQ
from libs.commands import DeleteAgent
from libs.events import AgentDeleted, AgentRegistered
from libs.model import L3_AGENT, OVS_AGENT
from tests.integration.topology_routers import a_host, a_router, router, runs_on
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


def test_a_deleted_agent_loses_its_routers_and_is_another_one_when_it_comes_back(cloud: Cloud) -> None:
    host = a_host(cloud, "net1")
    id = a_router(cloud, None, cloud.subnet(cloud.network()))
    eventually("it runs", lambda: runs_on(cloud, id, host))
    other = a_host(cloud, "net2")
    [agent, _] = cloud.agent_row("net1", L3_AGENT) or ()
    cloud.commit(DeleteAgent(agent))
    eventually("it runs elsewhere", lambda: runs_on(cloud, id, other))
    assert cloud.log.read_streams([f"router-{id}"])[-2].event.reason == "agent deleted"  # type: ignore[union-attr]
    eventually("the agent still lives and is known again", lambda: cloud.agent_row("net1", L3_AGENT))
    [again, alive] = cloud.agent_row("net1", L3_AGENT) or ()
    assert again != agent
    assert alive
    eventually("it holds nothing of the router", lambda: f"router-{id}" not in host.l3.brain.holds.streams)
    cloud.commit(DeleteAgent(again))
    eventually("and a third time", lambda: cloud.agent_row("net1", L3_AGENT))
    assert router(cloud, id).host == other.name


@pytest.mark.parametrize("deaf", [False, True])
def test_neighbours_hear_that_a_switch_agent_was_deleted(cloud: Cloud, deaf: bool) -> None:
    """By the feed, or by what they fetch after they missed it."""
    one, other = cloud.host("compute1"), cloud.host("compute2")
    network = cloud.network()
    for name in ("compute1", "compute2"):
        cloud.port(network, name)
    eventually("they know each other", lambda: cloud.follows(one) and len(one.brain.holds.agents) == 1)
    other.runtime.close()
    [agent, _] = cloud.agent_row("compute2", OVS_AGENT) or ()
    one.link.deaf = deaf
    cloud.commit(DeleteAgent(agent))
    [farewell] = [at for at in cloud.log.read_streams([f"agent-{agent}"]) if isinstance(at.event, AgentDeleted)]
    if deaf:
        eventually("it missed it", lambda: one.link.lost)
        one.link.deaf = False
    eventually("it knows", lambda: farewell.position in one.brain.holds.agents)
    assert None not in one.brain.forgotten[1:]
    came = cloud.agent("compute2")
    eventually("it is back", lambda: cloud.agent_row("compute2", OVS_AGENT))
    [again, _] = cloud.agent_row("compute2", OVS_AGENT) or ()
    [hello] = [at for at in cloud.log.read_streams([f"agent-{again}"]) if isinstance(at.event, AgentRegistered)]
    eventually("it knows that, too", lambda: hello.position in one.brain.holds.agents and came.brain.holds.agents)
