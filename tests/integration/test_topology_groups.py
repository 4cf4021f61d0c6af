"""Security groups with a real database and broker: from a commit to what hosts know of whom their ports let pass."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest

from cli.servers import PrivateRabbitMQ
from libs.commands import (
    CreateSecurityGroupRules,
    CreateSecurityGroups,
    DeletePort,
    DeleteSecurityGroupRule,
    NewSecurityGroup,
    NewSecurityGroupRule,
    UpdatePort,
)
from libs.feed import members_of
from libs.network.security_group import default_group_id
from tests.integration.topology_world import Cloud, a_cloud, eventually
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker]


@pytest.fixture(scope="module")
def running(database: Database, broker: PrivateRabbitMQ) -> Iterator[Cloud]:
    with a_cloud(database, broker) as found:
        yield found


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    return running.scene()


def a_group(cloud: Cloud) -> str:
    id = str(uuid.uuid4())
    cloud.commit(CreateSecurityGroups((NewSecurityGroup(id, "p", f"group {id}"),)))
    return id


def lets_pass(cloud: Cloud, group: str, remote: str) -> str:
    """A rule of `group` about the ports of another."""
    id = str(uuid.uuid4())
    cloud.commit(CreateSecurityGroupRules((NewSecurityGroupRule(id, "p", group, "ingress", remote_group_id=remote),)))
    return id


def test_ports_of_the_default_group_know_of_each_other_wherever_they_are(cloud: Cloud) -> None:
    one, other = cloud.host("compute1"), cloud.host("compute2")
    red, blue = cloud.network(), cloud.network()
    for network in (red, blue):
        cloud.subnet(network)
    first = cloud.port(red, "compute1")
    eventually("compute1 knows its group", lambda: cloud.follows(one) and one.brain.holds.ports())
    group = default_group_id("p")
    assert {red, group, members_of(group)} <= one.brain.holds.networks_held
    second = cloud.port(blue, "compute2")
    eventually("both know both", lambda: cloud.follows(one) and cloud.follows(other))
    assert f"port-{second}" in one.brain.holds.ports() and f"port-{second}" not in one.brain.holds.streams
    assert len(one.brain.holds.agents) == 0, "a group is no reason for a tunnel"
    cloud.commit(DeletePort(second))
    eventually("it is gone", lambda: cloud.follows(one) and f"port-{second}" not in one.brain.holds.ports())
    cloud.commit(DeletePort(first))
    eventually("both left", lambda: cloud.follows(one) and not (one.brain.holds.streams or one.brain.holds.ports()))


def test_rules_and_groups_that_change_while_a_host_is_deaf_are_fetched(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    web, db, network = a_group(cloud), a_group(cloud), cloud.network()
    cloud.subnet(network)
    clients = [cloud.port(network, security_groups=(web,)) for _ in range(3)]
    cloud.port(network, "compute1", security_groups=(db,))
    eventually("in", lambda: cloud.follows(agent) and agent.brain.holds.holds())
    rule = lets_pass(cloud, db, web)
    eventually("web is known", lambda: cloud.follows(agent) and len(agent.brain.holds.ports()) == 3)
    agent.link.deaf = True
    cloud.commit(UpdatePort(clients[0], {"security_groups": (db,)}))
    cloud.commit(DeletePort(clients[1]))
    cloud.port(network, security_groups=(web,))
    eventually("lost", lambda: agent.link.lost)
    time.sleep(0.2)
    agent.link.deaf = False
    eventually("caught up", lambda: cloud.follows(agent), 15)
    assert len(agent.brain.holds.ports()) == 2
    cloud.commit(DeleteSecurityGroupRule(rule))
    eventually("web is none of its business", lambda: cloud.follows(agent) and not agent.brain.holds.ports())


def test_a_restarted_topology_goes_on_with_groups_where_it_was(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    group, network = a_group(cloud), cloud.network()
    cloud.subnet(network)
    lets_pass(cloud, group, group)
    port = cloud.port(network, "compute1", security_groups=(group,))
    eventually("in", lambda: cloud.follows(agent) and agent.brain.holds.ports())
    for process in cloud.processes:
        process.kill()
        process.wait()
    cloud.start("ipam", "topology")
    other = cloud.network()
    cloud.subnet(other)
    further = cloud.port(other, security_groups=(group,))
    eventually("told of a further member", lambda: f"port-{further}" in agent.brain.holds.ports())
    cloud.commit(UpdatePort(port, {"security_groups": ()}))
    eventually("out of the group", lambda: cloud.follows(agent) and not agent.brain.holds.ports())
    assert agent.brain.holds.holds()
