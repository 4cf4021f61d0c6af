"""Who reaches whom, told as stories over events; the flows are pushed through pretended switches."""

from __future__ import annotations

from tests.fakes.ovs_cloud import Cloud, _tap
from tests.fakes.switch import Packet


def test_servers_of_an_overlay_reach_each_other_on_the_same_and_on_other_hosts() -> None:
    cloud = Cloud(3)
    net = cloud.facts.network()
    one, two, three = (
        cloud.boot(net, "h1", "10.0.0.1"),
        cloud.boot(net, "h2", "10.0.0.2"),
        cloud.boot(net, "h1", "10.0.0.3"),
    )
    assert cloud.reaches(one, two) and cloud.reaches(two, one)
    assert cloud.reaches(one, three) and cloud.reaches(three, two)
    assert cloud.hears_broadcast(one) == {("h2", _tap(two)), ("h1", _tap(three))}
    assert [agent.brain.load() for agent in cloud.agents.values()] == [
        {"networks": 1, "ports": 2, "failing": 0},
        {"networks": 1, "ports": 1, "failing": 0},
        {"networks": 0, "ports": 0, "failing": 0},
    ]


def test_a_provider_vlan_and_a_flat_network_cross_hosts() -> None:
    cloud = Cloud()
    for kind, segment, physnet in (("vlan", 101, "physnet1"), ("flat", None, "public")):
        net = cloud.facts.network(kind, segment, physnet)
        one, two = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
        assert cloud.reaches(one, two) and cloud.reaches(two, one)
        assert cloud.hears_broadcast(one) == {("h2", _tap(two))}


def test_networks_with_the_same_addresses_and_macs_never_meet() -> None:
    cloud = Cloud()
    nets = [
        cloud.facts.network("vxlan", 1),
        cloud.facts.network("vxlan", 2),
        cloud.facts.network("vlan", 5, "physnet1"),
    ]
    mac = "fa:16:3e:00:00:05"
    sources = [cloud.boot(net, "h1", "10.0.0.1") for net in nets]
    targets = [cloud.facts.port(net, "h2", "10.0.0.2", mac) for net in nets]
    for target in targets:
        cloud.host("h2").plug(target.id)
    cloud.settle()
    for source, target in zip(sources, targets, strict=True):
        assert cloud.heard(source, Packet(source.mac, mac)) == {("h2", _tap(target))}
        assert cloud.hears_broadcast(source) == {("h2", _tap(target))}


def test_a_guest_cannot_reach_another_network_by_tagging_its_frames() -> None:
    cloud = Cloud()
    red, blue = cloud.facts.network("vxlan", 1), cloud.facts.network("vxlan", 2)
    one, victim = cloud.boot(red, "h1", "10.0.0.1"), cloud.boot(blue, "h1", "10.0.0.2")
    peer = cloud.boot(red, "h1", "10.0.0.3")
    for vlan in range(4096):
        assert cloud.heard(one, Packet(one.mac, victim.mac, vlan=vlan)) == set()
        assert cloud.heard(one, Packet(one.mac, peer.mac, vlan=vlan)) == set(), (
            "tagged frames are no frames of the network"
        )


def test_addresses_are_asked_for_here_and_answered_here() -> None:
    cloud = Cloud(3)
    net = cloud.facts.network()
    one, two = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
    cloud.boot(net, "h3", "10.0.0.3")
    heard, answers = cloud.asks(one, two.ip)
    assert answers == [two.mac]
    assert not {where for where, _ in heard} - {"h1"}, "the question stays on its host"
    heard, answers = cloud.asks(one, "10.0.0.99")
    assert answers == [] and {where for where, _ in heard} == {"h2", "h3"}, "an unknown address is asked for everywhere"


def test_a_moved_address_is_answered_with_its_new_owner() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    one, two = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
    three = cloud.boot(net, "h2", "10.0.0.3")
    cloud.facts.delete(two)
    cloud.facts.readdress(three, "10.0.0.2")
    cloud.settle()
    assert cloud.asks(one, "10.0.0.2")[1] == [three.mac]
    assert cloud.asks(one, "10.0.0.3")[1] == []


def test_a_broadcast_goes_only_to_hosts_that_share_the_network() -> None:
    cloud = Cloud(3)
    shared, other = cloud.facts.network("vxlan", 1), cloud.facts.network("vxlan", 2)
    one, two = cloud.boot(shared, "h1", "10.0.0.1"), cloud.boot(shared, "h2", "10.0.0.2")
    cloud.boot(other, "h1", "10.0.0.1")
    cloud.boot(other, "h3", "10.0.0.2")
    assert cloud.hears_broadcast(one) == {("h2", _tap(two))}
    tunnels = {name for name, row in cloud.host("h2").rows["ports"].items() if row["type"] == "vxlan"}
    assert tunnels == {"vxlan-c0000201"}, "h2 shares nothing with h3, so there is no tunnel between them"


def test_a_host_that_joins_a_network_late_knows_who_was_there_before() -> None:
    cloud = Cloud()
    first, second = cloud.facts.network("vxlan", 1), cloud.facts.network("vxlan", 2)
    cloud.boot(first, "h1", "10.0.0.1")
    cloud.boot(first, "h2", "10.0.0.2")  # the tunnel is there from now on
    early = cloud.boot(second, "h1", "10.0.0.1")
    late = cloud.boot(second, "h2", "10.0.0.2")
    assert cloud.reaches(late, early) and cloud.reaches(early, late)


def test_a_migrated_server_is_reached_at_its_new_host_only() -> None:
    cloud = Cloud(3)
    net = cloud.facts.network()
    one, two = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
    cloud.host("h3").plug(two.id)
    cloud.settle()
    assert cloud.agents["h3"].wired == {} and cloud.host("h3").tag(_tap(two)) == 4095, (
        "plugged there, but not bound there"
    )
    cloud.facts.bind(two, "h3")
    cloud.settle()
    assert cloud.reaches(one, two)
    assert cloud.agents["h3"].wired[two.id].generation == 2
    assert cloud.host("h2").tag(_tap(two)) == 4095
    assert cloud.heard(two, Packet(two.mac, one.mac), host="h2") == set(), "what was left behind is dead"


def test_unknown_unbound_disabled_and_inactive_taps_are_dead() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    live = cloud.boot(net, "h1", "10.0.0.1")
    for number, story in enumerate(("unknown", "unbound", "disabled", "inactive", "network off"), 2):
        port = cloud.boot(net, "h1", f"10.0.0.{number}")
        assert cloud.reaches(live, port), story
        if story == "unknown":
            cloud.facts.delete(port)
        elif story == "unbound":
            cloud.facts.unbind(port)
        elif story == "disabled":
            cloud.facts.switch(port, False)
        elif story == "inactive":
            cloud.host("h1").set_port(_tap(port), iface_status="inactive")
        else:
            cloud.facts.network_switched(net, False)
        cloud.settle()
        assert ("h1", _tap(port)) not in cloud.hears_broadcast(live), story
        assert cloud.heard(live, Packet(live.mac, port.mac)) == set(), story
        assert cloud.heard(port, Packet(port.mac, live.mac), host="h1") == set(), story
        assert cloud.host("h1").tag(_tap(port)) == 4095, story
        assert port.id not in {report.port_id for report in cloud.agents["h1"].brain.report().ports}, story
        if story in ("disabled", "inactive", "network off"):  # of the others the server knows without us
            assert port.id not in cloud.agents["h1"].wired, story


def test_a_tap_that_no_agent_has_seen_yet_neither_sends_nor_hears() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    one, two = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
    stranger = cloud.facts.port(net, "h1", "10.0.0.3")
    cloud.host("h1").plug(stranger.id)  # its tag is not set, and no flow knows it
    assert cloud.hears_broadcast(two) == {("h1", _tap(one))}
    assert cloud.hears_broadcast(stranger) == set()


def test_a_plug_is_reported_once_the_switch_has_it_and_an_unplug_when_it_is_gone() -> None:
    cloud = Cloud()
    port = cloud.facts.port(cloud.facts.network(), "h1", "10.0.0.1")
    cloud.settle()
    agent = cloud.agents["h1"]
    assert agent.wired == {}
    tap = cloud.host("h1").plug(port.id)
    agent.brain.apply()
    assert agent.brain.report().ports == (), "it has no OpenFlow number yet"
    cloud.host("h1").vswitchd()
    number = cloud.host("h1").rows["ports"][tap]["ofport"]
    cloud.host("h1").set_port(tap, ofport=-1)
    agent.apply()
    assert agent.wired == {}, "no device behind it yet"
    cloud.host("h1").set_port(tap, ofport=number, tag=4095, trunk=True)
    agent.apply()
    assert agent.wired[port.id].generation == 1
    assert not cloud.host("h1").rows["ports"][tap]["trunk"]
    cloud.host("h1").unplug(tap)
    agent.apply()
    assert agent.wired == {}
    assert not [line for line in cloud.host("h1").flows()["br-int"] if port.mac in line]


def test_the_last_port_of_a_network_takes_everything_of_it_away() -> None:
    cloud = Cloud()
    cloud.settle()
    empty = {name: host.flows() for name, host in cloud.fabric.hosts.items()}
    nets = [
        cloud.facts.network("vxlan", 9),
        cloud.facts.network("vlan", 9, "physnet1"),
        cloud.facts.network("flat", None, "public"),
    ]
    ports = [cloud.boot(net, host, f"10.0.0.{at}") for net in nets for at, host in enumerate(("h1", "h2"), 1)]
    assert {name: host.flows() for name, host in cloud.fabric.hosts.items()} != empty
    for port in ports:
        host = cloud.host(port.host)
        host.unplug(_tap(port))
        cloud.facts.delete(port)
        cloud.settle()
    assert {name: host.flows() for name, host in cloud.fabric.hosts.items()} == empty
    for host in cloud.fabric.hosts.values():
        assert not [row for row in host.rows["ports"].values() if row["type"] == "vxlan"]
        assert host.rows["bridges"]["br-int"]["external_ids"] == {}, "local VLANs are free again"
