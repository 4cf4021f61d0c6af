"""The lab itself: hosts on one underlay whose switches may die, and servers that are plugged as Nova does it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import plan
from cli.places import Places
from cli.supervision import Supervision
from lab.guests import guest
from lab.hosts import Lab
from lab.namespaces import Namespaces, exists
from lab.shell import ToolFailed, run

pytestmark = pytest.mark.root
PREFIX = f"nl{os.getpid()}-"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Supervision]]:
    """Two hosts with running switches and no agents; br-int of each forwards as a plain switch."""
    places = Places.of(tmp_path_factory.mktemp("lab"))
    places.make()
    lab = Lab(places.run, PREFIX, ("compute1", "compute2"))
    supervision = Supervision(places)
    urls = {name: "amqp://none" for name in plan.AGENTS}
    try:
        lab.build()
        programs = [one for host in lab.hosts for one in plan.host_programs(places, host, urls)]
        supervision.hand(one for one in programs if not one.name.startswith("agent"))
        lab.configure()
        yield lab, supervision
    finally:
        supervision.stop()
        lab.clear()
        assert not any(exists(name) for name in (lab.switch, *(host.netns for host in lab.hosts)))


def test_hosts_reach_each_other_on_the_underlay_with_room_for_vxlan(hosts: tuple[Lab, Supervision]) -> None:
    one, other = hosts[0].hosts
    reply = run(
        "ip", "netns", "exec", one.netns, "ping", "-M", "do", "-s", "1550", "-c", "1", "-W", "2", other.tunnel_ip
    )
    assert "1 received" in reply


def test_building_twice_changes_nothing(hosts: tuple[Lab, Supervision]) -> None:
    lab, _ = hosts
    before = run("ip", "-n", lab.hosts[0].netns, "link", "show")
    lab.build()
    lab.configure()
    assert run("ip", "-n", lab.hosts[0].netns, "link", "show") == before


def test_a_killed_switch_is_back_with_its_bridges_and_tunnel_address(hosts: tuple[Lab, Supervision]) -> None:
    lab, supervision = hosts
    one, other = lab.hosts
    os.kill(supervision.pids()["ovs-vswitchd@compute1"], signal.SIGKILL)
    reply = run("ip", "netns", "exec", other.netns, "ping", "-i", "0.1", "-c", "20", "-w", "5", one.tunnel_ip, ok=True)
    assert reply.count(" bytes from ") >= 10
    assert one.vsctl("list-br").split() == ["br-physnet1", "br-public", "br-ul"]


def test_a_plugged_server_is_an_interface_that_names_its_port(hosts: tuple[Lab, Supervision]) -> None:
    lab, _ = hosts
    host = lab.hosts[0]
    host.vsctl("--may-exist", "add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev")
    port = {"id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "mac_address": "fa:16:3e:00:00:01", "device_id": "srv"}
    server = guest(lab, "one", "compute1", port)
    server.build(mtu=1500)
    server.plug()
    server.plug()
    ids = host.vsctl("get", "Interface", server.tap, "external_ids", "ofport")
    assert 'iface-id="0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"' in ids and 'attached-mac="fa:16:3e:00:00:01"' in ids
    assert int(ids.split()[-1]) > 0
    server.destroy()
    server.destroy()
    assert server.tap not in host.vsctl("list-ports", "br-int")


def test_a_namespace_of_somebody_else_is_neither_used_nor_removed(tmp_path: Path) -> None:
    name = f"{PREFIX}theirs"
    run("ip", "netns", "add", name)
    try:
        mine = Namespaces(tmp_path / "namespaces")
        with pytest.raises(ToolFailed, match="NETLEDGER_LAB_PREFIX"):
            mine.ensure(name)
        mine.remove([name])
        assert exists(name)
    finally:
        run("ip", "netns", "delete", name)


def test_clearing_a_lab_that_was_never_built_leaves_the_agents_of_another_alone(tmp_path: Path) -> None:
    name = f"qdhcp-1@z{PREFIX}compute1"
    run("ip", "netns", "add", name)
    try:
        Lab(tmp_path, f"z{PREFIX}").clear()
        assert exists(name)
    finally:
        run("ip", "netns", "delete", name)
