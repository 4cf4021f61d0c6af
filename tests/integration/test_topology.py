"""topology with a real database and broker: from a commit to what hosts hold, and from an agent's word to a port's status."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator

import pytest

from cli.servers import PrivateRabbitMQ
from libs.bus import Wire
from libs.commands import CreatePorts, DeleteNetwork, DeletePort, NewPort, UpdatePort, UpdateSubnet, WantedAddress
from libs.errors import Refusal
from libs.feed import REQUESTS_EXCHANGE
from libs.model import ACTIVE, DHCP_AGENT, DOWN, OVS_AGENT, AddressRange
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


def test_a_host_is_told_what_its_ports_need_and_nothing_else(cloud: Cloud) -> None:
    one, other = cloud.host("compute1"), cloud.host("compute2")
    red, blue = cloud.network(), cloud.network()
    cloud.subnet(red)
    cloud.port(blue, "compute2")
    first = cloud.port(red, "compute1")
    eventually("compute1 holds red", lambda: cloud.follows(one) and one.brain.holds.holds())
    second = cloud.port(red, "compute2")
    eventually("both hold red", lambda: cloud.follows(one) and cloud.follows(other))
    assert len(one.brain.holds.agents) == 1, "compute1 knows compute2's tunnel"
    assert f"network-{blue}" not in one.brain.holds.streams
    cloud.commit(DeletePort(first))
    eventually("compute1 left", lambda: not one.brain.holds.streams)
    assert cloud.state("port", second).host == cloud.named("compute2")


def test_a_port_becomes_active_and_goes_down_as_its_host_says(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    port = cloud.port(cloud.network(), "compute1")
    agent.plug(port)
    eventually("ACTIVE", lambda: cloud.state("port", port).status == ACTIVE)
    agent.unplug(port)
    eventually("DOWN", lambda: cloud.state("port", port).status == DOWN)
    assert cloud.facts_of(f"port-{port}")[-2:] == ["PortBecameActive", "PortWentDown"]


def test_a_lost_report_is_made_good_by_the_next_complete_one(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    network = cloud.network()
    gone, come = cloud.port(network, "compute1"), cloud.port(network, "compute1")
    agent.plug(gone)
    eventually("ACTIVE", lambda: cloud.state("port", gone).status == ACTIVE)
    agent.link.mute = True
    agent.unplug(gone)
    agent.plug(come)
    eventually("the reports are lost", lambda: not agent.brain.news)
    time.sleep(0.1)
    agent.link.mute = False
    agent.runtime.on_up()  # as after any reconnection: it fetches, and then reports completely
    eventually("the truth", lambda: cloud.state("port", come).status == ACTIVE)
    eventually("the truth", lambda: cloud.state("port", gone).status == DOWN)


def test_the_complete_report_of_a_host_with_very_many_ports_comes_in_parts_and_counts_as_one(cloud: Cloud) -> None:
    agent, network = cloud.host("compute1"), cloud.network()
    ids = [str(uuid.uuid4()) for _ in range(1_200)]
    for start in range(0, len(ids), 200):
        some = tuple(NewPort(id, network, "p", host=cloud.named("compute1")) for id in ids[start : start + 200])
        cloud.commit(CreatePorts(some))
    states = "select status, count(*) from port where host = %s group by status"
    for id in ids[5:]:
        agent.plug(id)
    counted = lambda: dict(cloud.log.pool.query(states, (cloud.named("compute1"),)))  # noqa: E731
    eventually("ACTIVE", lambda: counted() == {ACTIVE: 1_195, DOWN: 5})
    agent.link.mute = True
    for id in ids[-7:]:
        agent.unplug(id)
    agent.plug(ids[0])
    eventually("the reports are lost", lambda: not agent.brain.news)
    time.sleep(0.1)
    agent.link.mute = False
    agent.runtime.on_up()
    eventually("the truth", lambda: counted() == {ACTIVE: 1_189, DOWN: 11})
    assert {cloud.state("port", id).status for id in (ids[0], ids[600])} == {ACTIVE}


def test_a_report_from_the_wrong_host_changes_nothing(cloud: Cloud) -> None:
    right, wrong = cloud.host("compute1"), cloud.host("compute2")
    network = cloud.network()
    port, own = cloud.port(network, "compute1"), cloud.port(network, "compute2")
    wrong.plug(port)
    wrong.plug(port, generation=7)
    wrong.plug(own)
    eventually("what is its own counts", lambda: cloud.state("port", own).status == ACTIVE)
    assert cloud.state("port", port).status == DOWN
    right.plug(port)
    eventually("ACTIVE", lambda: cloud.state("port", port).status == ACTIVE)
    wrong.unplug(port)
    wrong.unplug(own)
    eventually("DOWN", lambda: cloud.state("port", own).status == DOWN)
    assert cloud.state("port", port).status == ACTIVE


def test_a_report_about_an_older_binding_changes_nothing(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    cloud.host("compute2")
    network = cloud.network()
    port, other = cloud.port(network, "compute1"), cloud.port(network, "compute1")
    cloud.commit(UpdatePort(port, {"host": cloud.named("compute2")}))
    cloud.commit(UpdatePort(port, {"host": cloud.named("compute1")}))
    assert cloud.state("port", port).generation == 3
    agent.plug(port, generation=1)
    agent.plug(other)
    eventually("ACTIVE", lambda: cloud.state("port", other).status == ACTIVE)
    assert cloud.state("port", port).status == DOWN
    agent.plug(port, generation=3)
    eventually("ACTIVE", lambda: cloud.state("port", port).status == ACTIVE)


def test_messages_without_a_vouched_sender_are_not_believed(cloud: Cloud) -> None:
    cloud.host("compute1")
    port = cloud.port(cloud.network(), "compute1")
    report = {"port_id": port, "generation": 1, "wired": True, "reason": ""}
    body = json.dumps({"kind": "Wiring", "ports": [report], "complete": False})
    wire = Wire(cloud.broker.url, lambda channel: None)
    wire.start()
    assert wire.wait_up(5)
    wire.publish(body, REQUESTS_EXCHANGE, "request.agent-ovs.compute1")
    own = cloud.port(cloud.network(), "compute1")
    cloud.agents[0].plug(own)
    eventually("a vouched one is", lambda: cloud.state("port", own).status == ACTIVE)
    assert cloud.state("port", port).status == DOWN
    wire.close()


def test_lost_messages_are_noticed_and_fetched(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    network = cloud.network()
    cloud.port(network, "compute1")
    eventually("in", lambda: cloud.follows(agent) and agent.brain.holds.holds())
    agent.link.deaf = True
    for _ in range(3):
        cloud.port(network, "compute1")
    eventually("lost", lambda: agent.link.lost)
    time.sleep(0.2)
    agent.link.deaf = False
    assert not cloud.follows(agent)
    cloud.port(network, "compute1")
    eventually("caught up", lambda: cloud.follows(agent))
    assert None not in agent.brain.forgotten[1:], "by what was missing, not by everything"


def test_a_lost_last_message_is_noticed_by_the_heartbeat(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    network = cloud.network()
    cloud.port(network, "compute1")
    eventually("in", lambda: cloud.follows(agent) and agent.brain.holds.holds())
    agent.link.deaf = True
    cloud.port(network, "compute1")
    eventually("lost", lambda: agent.link.lost)
    agent.link.deaf = False
    eventually("caught up", lambda: cloud.follows(agent), 15)


def test_a_large_network_comes_in_parts(cloud: Cloud) -> None:
    agent = cloud.host("compute1")
    network = cloud.network()
    cloud.subnet(network, "10.0.0.0/22")
    for _ in range(200):
        cloud.port(network)
    cloud.port(network, "compute1")
    eventually("all of it", lambda: len(agent.brain.holds.streams) >= 203 and cloud.follows(agent))


def test_a_restarted_agent_gets_its_hosts_state_at_once(cloud: Cloud) -> None:
    first = cloud.host("compute1")
    network = cloud.network()
    cloud.subnet(network)
    port = cloud.port(network, "compute1")
    eventually("in", lambda: cloud.follows(first) and first.brain.holds.holds())
    first.runtime.close()
    cloud.port(network)
    cloud.commit(UpdatePort(port, {"name": "renamed"}))
    second = cloud.agent("compute1")
    eventually("all of it", lambda: cloud.follows(second) and second.brain.holds.holds())


def test_a_silent_agent_is_marked_down_and_up_again(cloud: Cloud) -> None:
    cloud.host("compute2")
    agent = cloud.host("compute1")
    network = cloud.network()
    agent.link.mute = True
    eventually("down", lambda: cloud.agent_row("compute1", OVS_AGENT)[1] is False)  # type: ignore[index]
    eventually("not bound to", lambda: bound_now(cloud, network) == "binding_failed")
    assert cloud.agent_row("compute2", OVS_AGENT)[1] is True  # type: ignore[index]
    agent.link.mute = False
    eventually("up", lambda: cloud.agent_row("compute1", OVS_AGENT)[1] is True)  # type: ignore[index]
    eventually("bound to", lambda: bound_now(cloud, network) == "ovs")
    [id, _] = cloud.agent_row("compute1", OVS_AGENT) or ()
    assert cloud.facts_of(f"agent-{id}") == ["AgentRegistered", "AgentWentDown", "AgentCameUp"]


def bound_now(cloud: Cloud, network: str) -> str:
    """How a new port on compute1 is bound; topology's own model follows the read model a moment later."""
    return str(cloud.state("port", cloud.port(network, "compute1")).vif_type)


def test_heartbeats_write_no_events(cloud: Cloud) -> None:
    cloud.host("compute1")
    [id, _] = cloud.agent_row("compute1", OVS_AGENT) or ()
    time.sleep(1.5)
    assert cloud.facts_of(f"agent-{id}") == ["AgentRegistered"]
    fresh = "select clock_timestamp() - beat_at < interval '1 second' from agent_heartbeat where agent_id = %s"
    assert cloud.log.pool.query(fresh, (id,)) == [(True,)]


def test_segments_are_distinct_and_exhausted_ranges_say_so(cloud: Cloud) -> None:
    networks = [cloud.state("network", cloud.network()).segment.segmentation_id for _ in range(20)]
    assert len(set(networks)) == 20
    cloud.host("compute1")
    vlan = {"network_type": "vlan", "physical_network": "physnet1"}
    cloud.network(**vlan, segmentation_id=777)
    with pytest.raises(Refusal) as taken:
        cloud.network(**vlan, segmentation_id=777)
    assert taken.value.status == 409
    with pytest.raises(Refusal) as unknown:
        cloud.network(network_type="vlan", physical_network="nowhere", segmentation_id=1)
    assert (unknown.value.status, unknown.value.type) == (400, "InvalidInput")


def dhcp_ports(cloud: Cloud, network: str) -> list[str]:
    rows = cloud.log.pool.query(
        "select id from port where network_id = %s and device_owner = 'network:dhcp' order by id", (network,)
    )
    return [id for (id,) in rows]


def test_a_subnet_with_dhcp_gets_a_server_soon(cloud: Cloud) -> None:
    agent = cloud.dhcp_host("compute1")
    network = cloud.network()
    subnet = cloud.subnet(network)
    took = eventually("a DHCP port", lambda: dhcp_ports(cloud, network))
    [port] = [cloud.state("port", id) for id in dhcp_ports(cloud, network)]
    assert (port.host, port.vif_type) == (cloud.named("compute1"), "ovs")
    assert [one.subnet_id for one in port.fixed_ips] == [subnet]
    assert took < 0.5
    eventually("the DHCP agent knows the network", lambda: f"subnet-{subnet}" in agent.brain.holds.streams)
    causes = [one.meta["causation_id"] for one in cloud.log.read_streams([f"port-{port.id}"])]
    assert set(causes) == {f"subnet-{subnet}@1"}


def test_a_further_subnet_and_a_switched_off_one_change_the_ports_addresses(cloud: Cloud) -> None:
    cloud.dhcp_host("compute1")
    network = cloud.network()
    first = cloud.subnet(network)
    eventually("a DHCP port", lambda: dhcp_ports(cloud, network))
    [port] = dhcp_ports(cloud, network)

    def on() -> set[str]:
        return {one.subnet_id for one in cloud.state("port", port).fixed_ips}

    second = cloud.subnet(network, "10.1.0.0/24")
    eventually("both", lambda: on() == {first, second})
    cloud.commit(UpdateSubnet(first, {"enable_dhcp": False}))
    eventually("one", lambda: on() == {second})
    cloud.commit(UpdateSubnet(second, {"enable_dhcp": False}))
    eventually("no DHCP any more", lambda: not dhcp_ports(cloud, network))
    cloud.commit(UpdateSubnet(first, {"enable_dhcp": True}))
    eventually("and again", lambda: dhcp_ports(cloud, network))


def test_a_subnet_without_room_does_not_keep_the_others_from_being_served(cloud: Cloud) -> None:
    cloud.dhcp_host("compute1")
    network = cloud.network()
    narrow = AddressRange("10.9.0.2", "10.9.0.2")

    def on() -> set[str]:
        return {one.subnet_id for id in dhcp_ports(cloud, network) for one in cloud.state("port", id).fixed_ips}

    empty = cloud.subnet(network, "10.8.0.0/24", allocation_pools=())
    time.sleep(0.3)
    assert dhcp_ports(cloud, network) == []
    roomy = cloud.subnet(network, "10.1.0.0/24")
    eventually("the one with room", lambda: on() == {roomy})
    full = cloud.subnet(network, "10.9.0.0/24", allocation_pools=(narrow,), enable_dhcp=False)
    guest = cloud.port(network, fixed_ips=(WantedAddress(full),))
    cloud.commit(UpdateSubnet(full, {"enable_dhcp": True}))
    second = cloud.subnet(network, "10.2.0.0/24")
    eventually("both with room", lambda: on() == {roomy, second})
    cloud.commit(DeletePort(guest))
    cloud.commit(UpdateSubnet(empty, {"allocation_pools": (AddressRange("10.8.0.2", "10.8.0.9"),)}))
    eventually("all", lambda: on() == {roomy, second, full, empty})


def test_a_network_waits_for_a_dhcp_agent(cloud: Cloud) -> None:
    network = cloud.network()
    cloud.subnet(network)
    time.sleep(0.2)
    assert dhcp_ports(cloud, network) == []
    cloud.dhcp_host("compute1")
    eventually("served", lambda: dhcp_ports(cloud, network))


def test_a_deleted_dhcp_port_is_made_again(cloud: Cloud) -> None:
    cloud.dhcp_host("compute1")
    network = cloud.network()
    cloud.subnet(network)
    eventually("a DHCP port", lambda: dhcp_ports(cloud, network))
    [port] = dhcp_ports(cloud, network)
    cloud.commit(DeletePort(port, own=True))
    eventually("another", lambda: dhcp_ports(cloud, network) not in ([], [port]))


def test_dhcp_networks_are_spread_over_agents_and_gone_with_their_network(cloud: Cloud) -> None:
    for name in ("compute1", "compute2"):
        cloud.dhcp_host(name)
    networks = [cloud.network() for _ in range(6)]
    for network in networks:
        cloud.subnet(network)
    eventually("all served", lambda: all(dhcp_ports(cloud, network) for network in networks))
    hosts = [cloud.state("port", dhcp_ports(cloud, network)[0]).host for network in networks]
    assert sorted(hosts) == [cloud.named("compute1")] * 3 + [cloud.named("compute2")] * 3
    cloud.commit(DeleteNetwork(networks[0]))
    dhcp = next(one for one in cloud.agents if one.brain.agent_type == DHCP_AGENT)
    eventually("left", lambda: f"network-{networks[0]}" not in dhcp.brain.holds.streams)


def test_an_unknown_question_is_refused(cloud: Cloud) -> None:
    [answer] = cloud._caller.call(
        "topology", "answer", [{"kind": "ChooseMac", "port_id": str(uuid.uuid4()), "avoid": []}]
    )
    assert answer["kind"] == "Refusal"
