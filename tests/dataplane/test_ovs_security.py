"""The packet matrix: what guests must not do, on real Open vSwitch with the real agent, while nothing and while all sorts happen."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from libs.model import AddressPair
from tests.dataplane.frames import Wire
from tests.dataplane.ovs_world import World
from tests.dataplane.security_matrix import CASES, Place, Station, play
from tests.fakes.ovs_facts import APort
from tests.fakes.ovs_groups import Groups

pytestmark = pytest.mark.root
PATHS = ("same host", "other host by VXLAN", "provider VLAN")


@dataclass
class Path_:
    """A guest, somebody who hears what it sends, and their wires."""

    place: Place
    sender: Wire
    listener: Wire


class Town:
    """Guests with port security, and listeners without, on each path."""

    def __init__(self, world: World) -> None:
        self.world, self.groups = world, Groups(world.facts)
        self.open = self.groups.group()
        vxlan, vlan = world.facts.network("vxlan", 5001), world.facts.network("vlan", 101, "physnet1")
        self.paths: dict[str, Path_] = {}
        for number, (name, net, host) in enumerate(
            zip(PATHS, (vxlan, vxlan, vlan), ("h1", "h2", "h2"), strict=True), 1
        ):
            self.paths[name] = self._path(net, host, f"10.{number}.0", f"2001:db8:{number}::")

    def _path(self, net: str, host: str, prefix: str, prefix6: str) -> Path_:
        pair = (f"{prefix}.200", "fa:16:3e:aa:00:01")
        a = self.guest(net, "h1", f"{prefix}.11", f"{prefix6}11", (AddressPair(*pair),))
        b = self.guest(net, "h1", f"{prefix}.12", f"{prefix6}12")
        o = self.listener(net, host, f"{prefix}.13", f"{prefix6}13")
        stations = [Station(port.mac, port.ip, prefix6 + port.ip.rpartition(".")[2]) for port in (a, b, o)]
        return Path_(Place(*stations, f"{prefix}.1", pair), self.wire(a), self.wire(o))

    def guest(self, net: str, host: str, ip: str, ip6: str, pairs: tuple[AddressPair, ...] = ()) -> APort:
        return self.world.boot(net, host, ip, groups=(self.open,), pairs=pairs, more=(ip6,))

    def listener(self, net: str, host: str, ip: str, ip6: str) -> APort:
        return self.world.boot(net, host, ip, more=(ip6,))

    def wire(self, port: APort) -> Wire:
        return Wire(self.world.netns(port))


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    world = World(Path(tempfile.mkdtemp(prefix="nlo")), f"sgo{os.getpid() % 10000}-")
    try:
        world.start()
        yield Town(world)
    finally:
        world.stop()


def matrix(town: Town) -> dict[str, list[str]]:
    """Everything on every path; what went wrong."""
    found = {
        f"{name} {path}": play(case(way.place), way.sender, way.listener)
        for path, way in town.paths.items()
        for name, case in CASES.items()
    }
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", CASES)
def test_a_guest_says_only_what_is_its_own(town: Town, name: str, path: str) -> None:
    way = town.paths[path]
    assert play(CASES[name](way.place), way.sender, way.listener) == []


def test_it_holds_while_the_agent_is_dead_and_when_it_is_back(town: Town) -> None:
    agent, before = town.world.agents["h1"], town.world.flows("h1", "br-int")
    agent.kill()
    assert matrix(town) == {}
    agent.start()
    agent.ready()
    assert agent.changes() == 0, agent.operations()
    assert town.world.flows("h1", "br-int") == before
    assert matrix(town) == {}


def test_it_holds_while_rules_come_and_go(town: Town) -> None:
    done = threading.Event()

    def churn() -> None:
        while not done.wait(0.02):
            rule = town.groups.rule(town.open, "ingress", "tcp", 80)
            town.world.publish()
            town.groups.drop(rule)
            town.world.publish()

    churning = threading.Thread(target=churn)
    churning.start()
    try:
        assert matrix(town) == {}
    finally:
        done.set()
        churning.join()


def test_a_switch_without_flows_lets_nothing_pass_and_one_with_them_what_is_right(town: Town) -> None:
    way = town.paths["same host"]
    town.world.agents["h1"].kill()
    town.world.kill_switch("h1", "ovs-vswitchd")
    town.world.run_switch("h1", "ovs-vswitchd")
    time.sleep(0.5)
    way.listener.heard()
    for case in CASES.values():
        made = case(way.place)
        way.sender.send(*made.forbidden, *made.allowed)
    assert way.listener.heard() == [], "no flows yet: closed"
    town.world.agents["h1"].start()
    town.world.agents["h1"].ready()
    assert matrix(town) == {}
