"""topology when things break: its leader dies, its database and its broker cut it off; nothing is lost, nothing stays wrong."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import psycopg2
import pytest
import requests

from cli.servers import PrivateRabbitMQ
from libs.commands import UpdatePort, UpdateSubnet
from libs.errors import Refusal
from libs.eventlog.pool import Pool
from libs.model import ACTIVE, DOWN, OVS_AGENT, AddressRange
from services.topology.remembered import LeadershipLost
from services.topology.scopes import Plan
from services.topology.store import PgFeedStore
from tests.integration.topology_world import Cloud, a_cloud, eventually, leads
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker]


@pytest.fixture
def cloud(database: Database, broker: PrivateRabbitMQ) -> Iterator[Cloud]:
    """Two replicas of topology, and ipam in a process of its own."""
    with a_cloud(database, broker, processes=(("ipam",), ("topology",), ("topology",))) as found:
        yield found


class Churn:
    """Changes ports of a network for as long as the block lasts; what is refused meanwhile is tried again."""

    def __init__(self, cloud: Cloud, network: str) -> None:
        self.cloud, self.network, self.made = cloud, network, list[str]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Churn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def goes_on(self, count: int) -> None:
        """Wait until it has made so many more ports."""
        goal = len(self.made) + count
        eventually(f"{count} more ports", lambda: len(self.made) >= goal)

    def _work(self) -> None:
        while not self._over.wait(0.01):
            try:
                host = "compute1" if len(self.made) % 2 else "compute2"
                self.made.append(self.cloud.port(self.network, host))
                self.cloud.commit(UpdatePort(self.made[-1], {"name": "renamed"}))
                if len(self.made) > 5:
                    moved = self.cloud.named("compute1" if len(self.made) % 3 else "compute2")
                    self.cloud.commit(UpdatePort(self.made[-5], {"host": moved}))
            except Refusal as refusal:
                assert refusal.status == 503


def kill(cloud: Cloud) -> None:
    leader = cloud.leader()
    assert leader is not None
    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()


def test_the_leader_is_killed_again_and_again_and_another_goes_on(cloud: Cloud) -> None:
    agents = [cloud.host("compute1"), cloud.host("compute2")]
    network = cloud.network()
    with Churn(cloud, network) as churn:
        for _ in range(3):
            churn.goes_on(10)
            eventually("somebody leads", lambda: cloud.leader() is not None)
            kill(cloud)
            eventually("another leads", lambda: leads(cloud))
            cloud.start("topology")
        churn.goes_on(10)
    eventually("both hosts hold the truth", lambda: all(cloud.follows(agent) for agent in agents))
    assert all(None not in agent.brain.forgotten[1:] for agent in agents), "nobody had to start from nothing"
    bound = cloud.log.pool.query(
        "select vif, count(*) from (select body::json->>'binding:vif_type' as vif from port) p group by 1"
    )
    assert bound == [("ovs", len(churn.made))], "no binding failed meanwhile"


def test_a_leader_that_stands_still_is_replaced(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    port = cloud.port(cloud.network(), "compute1")
    eventually("in", lambda: cloud.follows(agent) and agent.brain.holds.holds())
    stopped = cloud.leader()
    assert stopped is not None
    stopped.send_signal(signal.SIGSTOP)
    try:
        cloud.commit(UpdatePort(port, {"name": "meanwhile"}))
        eventually("another leads", lambda: cloud.leader() not in (None, stopped))
        eventually("the host is told", lambda: cloud.follows(agent))
    finally:
        stopped.send_signal(signal.SIGCONT)
    cloud.commit(UpdatePort(port, {"name": "afterwards"}))
    eventually("the host is told", lambda: cloud.follows(agent))
    assert cloud.leader() is not stopped
    assert stopped.poll() is None


def test_the_next_leader_knows_which_subnets_wait_for_room(cloud: Cloud) -> None:
    cloud.dhcp_host("compute1")
    network = cloud.network()
    roomy, empty = cloud.subnet(network, "10.1.0.0/24"), cloud.subnet(network, "10.2.0.0/24", allocation_pools=())

    def on() -> set[str]:
        found = "select id from port where network_id = %s"
        ports = [cloud.state("port", id) for (id,) in cloud.log.pool.query(found, (network,))]
        return {one.subnet_id for port in ports for one in port.fixed_ips}

    eventually("the one with room", lambda: on() == {roomy})
    leader = cloud.leader()
    assert leader is not None
    leader.kill()
    eventually("another leads", lambda: cloud.leader() not in (None, leader), 15)
    cloud.commit(UpdateSubnet(empty, {"allocation_pools": (AddressRange("10.2.0.2", "10.2.0.9"),)}))
    eventually("both", lambda: on() == {roomy, empty}, 15)


def test_agents_stay_up_while_topology_is_restarted(cloud: Cloud) -> None:
    cloud.host("compute1")
    [id, _] = cloud.agent_row("compute1", OVS_AGENT) or ()
    for process in cloud.processes[1:]:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(cloud.settings.agent_down_seconds + 0.5)  # nobody writes heartbeats
    cloud.start("topology")
    eventually("it leads", lambda: leads(cloud))
    time.sleep(1.5)
    assert cloud.facts_of(f"agent-{id}") == ["AgentRegistered"]


def test_all_database_sessions_are_cut(cloud: Cloud, database: Database) -> None:
    agent = cloud.host("compute1")
    cloud.host("compute2")
    network = cloud.network()
    with Churn(cloud, network) as churn:
        churn.goes_on(5)
        with psycopg2.connect(database.url) as session, session.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'netledger%'"
                " and usename = current_user and pid <> pg_backend_pid()"
            )
            assert len(cursor.fetchall()) > 8
        session.close()
        churn.goes_on(10)
    port = cloud.port(network, "compute1")
    agent.plug(port)
    eventually("ACTIVE", lambda: cloud.state("port", port).status == ACTIVE)
    eventually("the truth", lambda: cloud.follows(agent))


def test_all_broker_connections_are_cut(cloud: Cloud, broker: PrivateRabbitMQ) -> None:
    agent = cloud.host("compute1")
    cloud.host("compute2")
    network = cloud.network()
    port = cloud.port(network, "compute1")
    agent.plug(port)
    eventually("ACTIVE", lambda: cloud.state("port", port).status == ACTIVE)
    with Churn(cloud, network) as churn:
        churn.goes_on(5)
        assert cut_off(broker) > 5
        agent.unplug(port)
        churn.goes_on(10)
    eventually("the truth about what hosts hold", lambda: cloud.follows(agent))
    eventually("the truth about the port", lambda: cloud.state("port", port).status == DOWN)


def cut_off(broker: PrivateRabbitMQ) -> int:
    """Close every connection of the broker; how many there were."""
    connections = requests.get(f"{broker.admin_url}/api/connections", timeout=10).json()
    for one in connections:
        requests.delete(f"{broker.admin_url}/api/connections/{one['name']}", timeout=10)
    return len(connections)


def test_a_relay_that_lost_the_lead_can_store_nothing(cloud: Cloud, database: Database) -> None:
    for process in cloud.processes[1:]:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with Pool(database.url).connection() as ours, Pool(database.url).connection() as theirs:
        old, new = PgFeedStore(ours), PgFeedStore(theirs)
        position, _ = old.start()
        new.save(position, position + 3, Plan({}, {("port-a", "h"): "red"}, frozenset(), {}), ["h"])
        with pytest.raises(LeadershipLost):
            old.save(position, position + 1, Plan({}, {("port-a", "g"): "red"}, frozenset(), {}), ["g"])
        assert new.places(["port-a"]) == {"port-a": frozenset({"h"})}
        assert new.last_sent(["g", "h"]) == {"h": position + 3}
        assert new.hosts_of(["red", "blue"]) == {"red": {"h": 1}, "blue": {}}
