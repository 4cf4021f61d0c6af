"""The scene: a running cloud with two hosts, and what must be as before after each attempt on it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from cli.places import free_ports
from cli.servers import PrivateRabbitMQ
from libs import enrol
from libs.commands import CreateSecurityGroupRules, CreateSecurityGroups, NewSecurityGroup, NewSecurityGroupRule
from libs.events import AgentCameUp, AgentWentDown
from libs.model import DHCP_AGENT, OVS_AGENT
from tests.fakes.launched import Launched
from tests.fakes.recording_brain import FakeAgent
from tests.integration.topology_world import Cloud, a_cloud, eventually
from tests.redteam.attacker import Attacker
from tests.servers import Database

PASSWORD = "of-the-compromised-host"


@dataclass
class Scene:
    """compute1 is the attacker's, compute2 is another one's. `shared` is on both hosts, `private` on compute2 alone.

    `mine` and `theirs` are ports in `shared` on compute1 and on compute2; `unbound` is one of no host. They have their project's
    default group; the ports of `private` have another, `secret`, that no port on compute1 has or lets pass.
    """

    cloud: Cloud
    api: str
    topology: Launched
    victim: FakeAgent
    victim_dhcp: FakeAgent
    shared: str
    private: str
    secret: str
    mine: str
    theirs: str
    unbound: str

    def unharmed(self) -> bool:
        """Both agents of compute2 hold exactly what they must, and the broken message counters are where they were."""
        return all(self.cloud.follows(agent) for agent in (self.victim, self.victim_dhcp))

    def works(self) -> None:
        """A port can be made, its host is told, and it can go again."""
        body = {"port": {"network_id": self.shared, "binding:host_id": self.cloud.named("compute2")}}
        made = requests.post(f"{self.api}/v2.0/ports", json=body, timeout=5)
        assert made.status_code == 201, made.text
        eventually("compute2 is told", self.unharmed)
        gone = requests.delete(f"{self.api}/v2.0/ports/{made.json()['port']['id']}", timeout=5)
        assert gone.status_code == 204, gone.text

    def head(self) -> int:
        """The log's head, once nothing follows any more from what was said."""
        head = -1
        while head != (head := self.cloud.log.head()):
            time.sleep(0.15)
        return head

    def news(self, head: int) -> list[str]:
        """Facts after `head`, but for the attacker's own agents' going down and coming up, which is theirs to say."""
        life = (AgentWentDown, AgentCameUp)
        facts = [one.event for one in self.cloud.log.read(head, 100)]
        own = self.cloud.named("compute1")
        return [repr(fact) for fact in facts if not (isinstance(fact, life) and fact.host == own)]


@pytest.fixture(scope="module")
def scene(database: Database, broker: PrivateRabbitMQ) -> Iterator[Scene]:
    with a_cloud(database, broker) as cloud:
        (port,) = free_ports(1)
        settings = {"database_url": database.url, "amqp_url": broker.url, "api_port": str(port)}
        api = Launched("services.api.service", settings=settings)
        try:
            yield set_up(cloud, f"http://127.0.0.1:{port}", api)
        finally:
            api.stop()


def set_up(cloud: Cloud, api: str, process: Launched) -> Scene:
    cloud.scene()
    cloud.host("compute1")  # it was honest once, so it is known
    cloud.agents.pop().runtime.close()
    dhcp = cloud.dhcp_host("compute2")
    victim = cloud.agents[-2]
    shared, private = cloud.network(), cloud.network()
    cloud.subnet(shared)
    mine, theirs = cloud.port(shared, "compute1"), cloud.port(shared, "compute2")
    secret = str(uuid.uuid4())
    cloud.commit(CreateSecurityGroups((NewSecurityGroup(secret, "p", "secret"),)))
    rule = NewSecurityGroupRule(str(uuid.uuid4()), "p", secret, "ingress", remote_group_id=secret)
    cloud.commit(CreateSecurityGroupRules((rule,)))
    cloud.port(private, "compute2", security_groups=(secret,))
    victim.plug(theirs)
    eventually("ACTIVE", lambda: cloud.state("port", theirs).status == "ACTIVE")
    eventually("the API answers", lambda: answers(api))
    unbound = cloud.port(shared)
    return Scene(cloud, api, process, victim, dhcp, shared, private, secret, mine, theirs, unbound)


def answers(api: str) -> bool:
    try:
        return requests.get(api, timeout=1).ok
    except requests.RequestException:
        return False


@pytest.fixture(params=[OVS_AGENT, DHCP_AGENT], ids=["ovs", "dhcp"])
def attacker(request: pytest.FixtureRequest, scene: Scene, broker: PrivateRabbitMQ) -> Iterator[Attacker]:
    one = attacker_of(scene, broker, request.param)
    yield one
    one.close()


@pytest.fixture
def ovs_attacker(scene: Scene, broker: PrivateRabbitMQ) -> Iterator[Attacker]:
    one = attacker_of(scene, broker, OVS_AGENT)
    yield one
    one.close()


def attacker_of(scene: Scene, broker: PrivateRabbitMQ, agent_type: str) -> Attacker:
    user = enrol.agent(broker.admin_url, agent_type, scene.cloud.named("compute1"), PASSWORD)
    return Attacker(f"amqp://{user}:{PASSWORD}@{broker.url.rpartition('@')[2]}")


@pytest.fixture
def harmless(scene: Scene) -> Iterator[None]:
    """After the test the log, the other host and the services are as before."""
    head = scene.head()
    yield
    scene.head()
    assert scene.news(head) == []
    assert scene.unharmed()
    scene.works()
    scene.head()


def fresh_id() -> str:
    return str(uuid.uuid4())
