"""Tunnels that come, go and come back between hosts which also exchange packets of their own, as real ones do."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.hosts import UNDERLAY
from lab.shell import run
from libs.feed import Hello
from tests.dataplane.ovs_process import until
from tests.dataplane.ovs_world import World

pytestmark = pytest.mark.root
# Which flow Open vSwitch 3.1 leaves in its cache is a matter of hashes: in about every second run the wrong one.
ROUNDS = 6


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(Path(tempfile.mkdtemp(prefix="nlu")), f"nlu{os.getpid() % 10000}-")
    made.agents["h1"].audit_seconds = 0.5
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def chatter(world: World) -> Iterator[None]:
    """The first host goes on sending to somebody who is not there: the second one's datapath keeps a wide flow for it."""
    there, sender = f"{UNDERLAY}.99", world.lab.host("h1").netns
    run("ip", "-n", sender, "neigh", "replace", there, "lladdr", "02:00:00:00:00:99", "dev", "br-ul")
    process = subprocess.Popen(
        ["ip", "netns", "exec", sender, "ping", "-q", "-i", "0.2", there], stdout=subprocess.DEVNULL
    )
    yield
    process.kill()
    process.wait()


def test_a_tunnel_that_comes_back_is_heard_at_once(world: World, chatter: None) -> None:
    one, other = world.lab.host("h1"), world.lab.host("h2")
    network = world.facts.network("vxlan", 5001)
    here, there = world.boot(network, "h1", "10.1.0.1"), world.boot(network, "h2", "10.1.0.2")
    for number in range(ROUNDS):
        assert world.reaches(here, there), f"round {number}"
        world.unplug(there)
        world.facts.delete(there)
        world.publish()
        until(lambda: "vxlan" not in other.vsctl("list-ports", "br-tun"))
        words = ("ping", "-n", "-c", "2", "-i", "0.1", "-t", str(20 + number), other.tunnel_ip)
        assert "2 received" in run("ip", "netns", "exec", one.netns, *words)
        there = world.boot(network, "h2", f"10.1.0.{3 + number}")


def test_a_tunnel_end_whose_mac_changes_is_announced(world: World) -> None:
    host, mac = world.lab.host("h1"), "02:00:ac:1f:f0:77"
    host.vsctl("set", "Bridge", "br-ul", f'other-config:hwaddr="{mac}"')
    said = world.agents["h1"].messages
    until(lambda: mac in [one.configurations["tunnel_mac"] for one in said if isinstance(one, Hello)])


def test_a_nic_does_not_answer_for_its_bridge(world: World) -> None:
    one, other = world.lab.hosts
    words = ("busybox", "arping", "-c", "2", "-w", "2", "-I", "br-ul", other.tunnel_ip)
    heard = set(re.findall(r"\[([0-9a-f:]{17})\]", run("ip", "netns", "exec", one.netns, *words, ok=True)))
    assert heard == {f"02:00:ac:1f:f0:{other.number:02x}"}
