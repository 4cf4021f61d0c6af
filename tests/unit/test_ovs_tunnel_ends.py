"""The ends of tunnels on pretended hosts: when the datapath's cache is emptied, and when our own MAC is announced anew."""

from __future__ import annotations

from tests.fakes.ovs_cloud import Cloud
from tests.fakes.ovs_host import FakeHost


def test_the_first_tunnel_empties_the_cache_and_no_other_does() -> None:
    cloud = Cloud(3)
    net = cloud.facts.network()
    cloud.boot(net, "h1", "10.0.0.1")
    assert not cloud.host("h1").purged_with
    two = cloud.boot(net, "h2", "10.0.0.2")
    assert cloud.host("h1").purged_with == [["vxlan-c0000202"]], "not before the tunnel is there"
    three = cloud.boot(net, "h3", "10.0.0.3")
    assert len(cloud.host("h1").purged_with) == 1
    cloud.facts.delete(two)
    cloud.facts.delete(three)
    cloud.settle()
    cloud.boot(net, "h3", "10.0.0.4")
    assert cloud.host("h1").purged_with == [["vxlan-c0000202"], ["vxlan-c0000203"]]


def test_an_agent_that_starts_again_leaves_the_cache_alone() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    cloud.boot(net, "h1", "10.0.0.1")
    cloud.boot(net, "h2", "10.0.0.2")
    host, agent = cloud.host("h1"), cloud.agents["h1"]
    host.purged_with = []
    agent.start()
    agent.take(cloud.facts.log)
    agent.apply()
    agent.brain.lost()
    agent.apply()
    assert not host.purged_with


def test_a_host_whose_kernel_ends_the_tunnels_has_no_cache_to_empty() -> None:
    cloud = Cloud()
    for name, agent in cloud.agents.items():
        host = cloud.fabric.hosts[name] = FakeHost(agent.host.tunnel_ip, ("br-physnet1", "br-public"), "system")
        agent.host = host
        agent.start()
    net = cloud.facts.network()
    cloud.boot(net, "h1", "10.0.0.1")
    cloud.boot(net, "h2", "10.0.0.2")
    assert not cloud.host("h1").purged_with and "vxlan-c0000202" in cloud.host("h1").rows["ports"]


def test_a_mac_that_changed_is_announced_once() -> None:
    cloud = Cloud()
    cloud.settle()
    agent, said = cloud.agents["h1"], []
    agent.brain.announce = lambda: said.append(agent.brain.configurations()["tunnel_mac"])
    agent.brain.configurations()
    cloud.host("h1").tunnel_mac = "02:00:00:00:00:77"
    agent.brain.audit()
    agent.brain.audit()
    assert said == ["02:00:00:00:00:77"]


def test_an_end_that_was_not_there_at_hello_is_announced_when_it_comes() -> None:
    cloud = Cloud()
    cloud.settle()
    agent, host, said = cloud.agents["h1"], cloud.host("h1"), []
    agent.brain.announce = lambda: said.append(agent.brain.configurations()["tunnel_mac"])
    host.tunnel_mac = ""
    agent.brain.configurations()
    agent.apply()
    assert not said
    host.tunnel_mac = "02:00:00:00:00:01"
    agent.apply()
    assert said == ["02:00:00:00:00:01"]
