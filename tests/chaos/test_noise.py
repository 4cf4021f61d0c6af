"""Between relay and agents messages are lost, doubled and reordered, both ways; in the end every host holds the truth."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from functools import partial

import pytest

from cli.servers import PrivateRabbitMQ
from libs.commands import DeletePort, UpdatePort
from libs.errors import Refusal
from libs.feed import PortReport
from libs.model import ACTIVE, OVS_AGENT
from tests.chaos.noise import NoisyAgent
from tests.integration.topology_world import Cloud, a_cloud, eventually
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(240)]
HOSTS, STEPS, PATIENCE = ("compute1", "compute2", "compute3"), 150, 60.0


@pytest.fixture
def cloud(database: Database, broker: PrivateRabbitMQ) -> Iterator[Cloud]:
    with a_cloud(database, broker) as found:
        yield found


class Life:
    """Ports come, move, are plugged and unplugged, and go."""

    def __init__(self, cloud: Cloud, agents: dict[str, NoisyAgent], seed: int) -> None:
        self.cloud, self.agents, self.dice = cloud, agents, random.Random(seed)
        self.networks = [cloud.network() for _ in range(3)]
        self.ports: dict[str, str] = {}

    def step(self) -> None:
        """One thing happens."""
        port = self.dice.choice(list(self.ports)) if self.ports else ""
        what = self.dice.randrange(8) if port else 0
        if what in (0, 1):
            host = self.dice.choice(HOSTS)
            self.ports[self.cloud.port(self.dice.choice(self.networks), host)] = host
        elif what in (2, 3):
            self.plug(port)
        elif what == 4:
            self.unplug(port)
        elif what == 5:
            self.unplug(port)
            self.ports[port] = self.dice.choice(HOSTS)
            self.cloud.commit(UpdatePort(port, {"host": self.cloud.named(self.ports[port])}))
        elif what == 6:
            self.cloud.commit(UpdatePort(port, {"name": str(self.dice.random())}))
        else:
            self.unplug(port)
            del self.ports[port]
            self.cloud.commit(DeletePort(port))

    def plug(self, port: str) -> None:
        """Its host's agent wires it, and says so."""
        agent, generation = self.agents[self.ports[port]], self.cloud.state("port", port).generation
        agent.brain.wired[port] = generation
        agent.brain.news.append(PortReport(port, generation, True))
        agent.runtime.poke()

    def unplug(self, port: str) -> None:
        """It is taken away, if it was there."""
        agent = self.agents[self.ports[port]]
        if (generation := agent.brain.wired.pop(port, 0)) != 0:
            agent.brain.news.append(PortReport(port, generation, False))
            agent.runtime.poke()

    def statuses_are_true(self) -> bool:
        """ACTIVE if and only if the host's agent has the port wired."""
        return all(
            (self.cloud.state("port", port).status == ACTIVE) == (port in self.agents[host].brain.wired)
            for port, host in self.ports.items()
        )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bus_that_loses_doubles_and_reorders_leaves_nobody_wrong(cloud: Cloud, seed: int) -> None:
    agents = {name: NoisyAgent(cloud, name, seed + number * 10) for number, name in enumerate(HOSTS)}
    try:
        for name in HOSTS:
            eventually(f"{name} is known", partial(cloud.agent_row, name, OVS_AGENT), PATIENCE)
        life = Life(cloud, agents, seed)
        for _ in range(STEPS):
            try:
                life.step()
            except Refusal as refusal:
                assert refusal.status == 503
            time.sleep(0.01)
        took = eventually("the truth", lambda: all(cloud.follows(one) for one in agents.values()), PATIENCE)  # type: ignore[arg-type]
        true = eventually("true statuses", life.statuses_are_true, PATIENCE)
        print(f"every host held the truth after {took:.1f} s, statuses were true {true:.1f} s later")
        for name, agent in agents.items():
            print(name, dict(agent.heard.done))
            assert {"lost", "doubled", "late"} <= agent.heard.done.keys(), "the bus did not lie"
    finally:
        for agent in agents.values():
            agent.runtime.close()
