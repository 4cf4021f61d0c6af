"""The OVS agent's brain on a pretended host: what it keeps, leaves alone, and comes back to."""

from __future__ import annotations

import pytest

from libs.events import AgentDeleted, AgentRegistered
from libs.materialise.ovs.flow import parse
from libs.model import OVS_AGENT
from tests.fakes.layer3_facts import layer3_facts
from tests.fakes.ovs_cloud import Cloud, _tap

STRAY = "add cookie=0x0,table=0,priority=77,in_port=9 actions=NORMAL"


def test_local_vlans_are_those_that_the_host_remembers() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    cloud.host("h1").call(
        "ovsdb.write", changes=[{"do": "SetMark", "bridge": "br-int", "key": f"nl-vlan-{net}", "value": "7"}]
    )
    agent = cloud.agents["h1"]
    agent.start()
    port = cloud.boot(net, "h1", "10.0.0.1")
    assert cloud.host("h1").tag(_tap(port)) == 7


def test_marks_that_make_no_sense_do_not_bind() -> None:
    cloud = Cloud()
    one, two = cloud.facts.network("vxlan", 1), cloud.facts.network("vxlan", 2)
    for net, value in ((one, "4095"), (two, "x")):
        change = {"do": "SetMark", "bridge": "br-int", "key": f"nl-vlan-{net}", "value": value}
        cloud.host("h1").call("ovsdb.write", changes=[change])
    cloud.agents["h1"].start()
    tags = {cloud.host("h1").tag(_tap(cloud.boot(net, "h1", "10.0.0.1"))) for net in (one, two)}
    assert len(tags) == 2 and not tags & {None, 4095}


def test_flows_of_others_are_left_on_physical_bridges_and_removed_from_our_own() -> None:
    cloud = Cloud()
    cloud.settle()
    host, agent = cloud.host("h1"), cloud.agents["h1"]
    for bridge in ("br-int", "br-tun", "br-public"):
        host.bridges[bridge].bundle([STRAY])
    assert agent.brain.audit() == {"flows": 2, "rows": 0}
    there = {bridge for bridge, lines in host.flows().items() if any("priority=77" in line for line in lines)}
    assert there == {"br-public"}


def test_what_was_spoiled_while_the_hands_were_dead_is_repaired() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    one, two = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h1", "10.0.0.2")
    before = cloud.host("h1").flows()
    cloud.host("h1").bridges["br-int"].flows = {}
    cloud.agents["h1"].brain.lost()
    cloud.agents["h1"].apply()
    assert cloud.host("h1").flows() == before and cloud.reaches(one, two)


def test_a_flow_that_is_refused_does_not_keep_its_neighbours_out_and_is_tried_again() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    ports = [cloud.facts.port(net, "h1", f"10.0.0.{number}") for number in range(1, 9)]
    for port in ports:
        cloud.host("h1").plug(port.id)
    bad, host, agent = ports[3], cloud.host("h1"), cloud.agents["h1"]
    host.refuse_flows = lambda line: bad.mac in line
    cloud.settle()
    assert agent.wired.keys() == {port.id for port in ports} - {bad.id}
    assert agent.brain.tally.counts()["flows_refused"] > 0
    assert agent.brain.load()["failing"] > 0
    host.refuse_flows = lambda line: False
    agent.apply()
    assert bad.id in agent.wired


def test_a_bridge_with_the_wrong_datapath_is_put_right() -> None:
    cloud = Cloud()
    cloud.settle()
    host = cloud.host("h1")
    row = {**host.rows["bridges"]["br-int"], "datapath_type": "system"}
    host._change("bridges", "br-int", row)
    cloud.agents["h1"].apply()
    assert host.rows["bridges"]["br-int"]["datapath_type"] == "netdev", "physical bridges of this host are netdev"


def test_a_restarted_switch_gets_its_flows_and_its_neighbours_back() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    cloud.boot(net, "h1", "10.0.0.1")
    cloud.boot(net, "h2", "10.0.0.2")
    host, before = cloud.host("h1"), cloud.host("h1").flows()
    assert host.taught == {"192.0.2.2": "02:00:00:00:00:02"}
    host.taught = {}
    host.restart_vswitchd()
    cloud.agents["h1"].apply()
    assert host.flows() == before and host.taught == {"192.0.2.2": "02:00:00:00:00:02"}


def test_a_port_that_is_being_worked_on_still_counts_as_wired() -> None:
    cloud = Cloud()
    port = cloud.boot(cloud.facts.network(), "h1", "10.0.0.1")
    agent = cloud.agents["h1"]
    cloud.facts.readdress(port, "10.0.0.9")
    agent.take(cloud.facts.log)
    assert [report.port_id for report in agent.brain.report().ports] == [port.id]


def test_the_same_port_plugged_twice_is_wired_once() -> None:
    cloud = Cloud()
    port = cloud.boot(cloud.facts.network(), "h1", "10.0.0.1")
    cloud.host("h1").plug(port.id, "tap-second")
    cloud.agents["h1"].apply()
    assert {cloud.host("h1").tag(_tap(port)), cloud.host("h1").tag("tap-second")} > {4095}
    assert len([line for line in cloud.host("h1").flows()["br-int"] if f"dl_dst={port.mac}" in line]) == 1


def test_what_hello_tells() -> None:
    cloud = Cloud()
    told = cloud.agents["h1"].brain.configurations()
    assert told["tunneling_ip"] == "192.0.2.1" and told["datapath_type"] == "netdev"
    assert told["tunnel_mac"] and told["integration_bridge"] == "br-int" and told["tunnel_types"] == ["vxlan"]


def test_every_flow_names_the_fact_it_stands_for() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    here, there = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
    streams = {f"port-{here.id}", f"port-{there.id}", f"network-{net}"}
    known = {0} | {one.position for one in cloud.facts.log if one.stream in streams or one.stream.startswith("agent-")}
    for bridge, lines in cloud.host("h1").flows().items():
        for line in lines:
            found = parse(bridge, line)
            assert found is not None and found[1].cookie >> 48 == 0x4E4C and found[1].cookie & (1 << 48) - 1 in known


def test_a_host_that_lies_about_its_tunnel_end_harms_nobody_else() -> None:
    cloud = Cloud(3)
    net = cloud.facts.network()
    one, two = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
    cloud.boot(net, "h3", "10.0.0.3")
    for lie in ("", "nonsense", "224.0.0.1", "127.0.0.1", "0.0.0.0", "192.0.2.1", "1.2.3.4\n"):
        cloud.facts.agent_moved("h3", lie)
        cloud.settle()
        assert cloud.reaches(one, two) and cloud.reaches(two, one), lie
        assert {
            row["options"]["remote_ip"] for row in cloud.host("h1").rows["ports"].values() if row["type"] == "vxlan"
        } == {"192.0.2.2"}


def test_the_neighbour_of_an_address_that_two_hosts_claim_is_not_believed() -> None:
    cloud = Cloud(3)
    cloud.facts.agent_moved("h3", "192.0.2.2", "02:00:00:00:00:03")
    net = cloud.facts.network()
    for number in (1, 2, 3):
        cloud.boot(net, f"h{number}", f"10.0.0.{number}")
    assert "192.0.2.2" not in cloud.host("h1").taught


def test_routers_and_floating_ips_and_their_scopes_touch_nothing() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    cloud.boot(net, "h1", "10.0.0.1")
    cloud.settle()
    host, agent = cloud.host("h1"), cloud.agents["h1"]
    before, versions = host.flows(), dict(agent.brain._host.facts._versions)
    agent.brain.forget(("router", "elsewhere"))
    agent.take(layer3_facts(net))
    agent.brain.forget(("router",))
    agent.apply()
    assert host.flows() == before
    assert agent.brain._host.facts._versions == versions, "nothing is kept of what nobody asks for"


def test_the_tunnel_to_a_host_whose_agent_was_deleted_goes_and_comes_back_with_it() -> None:
    cloud = Cloud()
    net = cloud.facts.network()
    one, two = cloud.boot(net, "h1", "10.0.0.1"), cloud.boot(net, "h2", "10.0.0.2")
    assert cloud.reaches(one, two)
    [stream] = [at.stream for at in cloud.facts.log if isinstance(at.event, AgentRegistered) and at.event.host == "h2"]
    known = next(at.event for at in cloud.facts.log if at.stream == stream)
    cloud.facts.add(stream, AgentDeleted(stream.removeprefix("agent-"), "h2", OVS_AGENT))
    cloud.settle()
    assert not cloud.reaches(one, two)
    cloud.facts.add(stream, known)
    cloud.settle()
    assert cloud.reaches(one, two)


def test_a_mac_that_is_none_never_becomes_a_flow() -> None:
    cloud = Cloud()
    with pytest.raises(ValueError, match="MAC"):
        cloud.facts.port(cloud.facts.network(), "h1", "10.0.0.1", mac="fa:16:3e:00:00:01 actions=NORMAL")
        cloud.settle()


def test_a_silent_switch_is_asked_again_and_read_before_it_is_believed() -> None:
    cloud = Cloud()
    port = cloud.facts.port(cloud.facts.network(), "h1", "10.0.0.1")
    host, agent = cloud.host("h1"), cloud.agents["h1"]
    cloud.settle()
    host.silent = True
    host.plug(port.id)
    agent.apply()
    assert agent.wired == {}
    host.silent = False
    agent.apply()
    assert port.id in agent.wired
    assert agent.brain.audit() == {"flows": 0, "rows": 0}
