"""What changes on a router that stands: nothing by itself, what somebody harmed is put right, and what a change costs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.materialise.l3 import nft
from libs.materialise.l3.objects import Nat
from tests.dataplane.hypervisor import wait_until
from tests.dataplane.router_world import (
    FIXED,
    FLOATING,
    GATEWAY,
    STRANGER,
    World,
    advertising,
    nat,
    up,
)
from tests.dataplane.tcp import answer, echoes
from tests.fakes.dhcp_guests import sh

pytestmark = pytest.mark.root


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_radvd_outlives_the_hands_and_its_death_is_told(world: World) -> None:
    router = world.router("1")
    world.ensure(router)
    radvd = advertising(world, router, mtu=1400)
    assert world.call("radvd.ensure", radvd)["changes"][-1].endswith("started")
    assert world.hands.pid is not None
    os.kill(world.hands.pid, signal.SIGKILL)
    time.sleep(0.1)
    assert world.call("radvd.ensure", radvd)["changes"] == []
    os.kill(int((Path(radvd["folder"]) / "pid").read_text()), signal.SIGKILL)
    wait_until(lambda: {"radvd_ended": radvd["folder"]} in world.told, 1.0)
    assert world.call("radvd.ensure", radvd)["changes"][-1].endswith("started")


def test_a_second_time_nothing_is_done_and_nothing_is_lost(world: World) -> None:
    router = up(world, {FLOATING: FIXED})
    link, _ = world.dial("out", FLOATING)
    table = world.hands.call("nat.read", namespaces=[router["namespace"]])
    assert world.hands.pid is not None
    os.kill(world.hands.pid, signal.SIGKILL)
    time.sleep(0.1)
    assert world.ensure(router) == {"changes": [], "error": None, "addresses": [], "made": []}
    assert world.hands.call("nat.read", namespaces=[router["namespace"]]) == table
    assert echoes(link)
    link.close()


@pytest.mark.parametrize(
    "harm",
    [
        "nft flush ruleset",
        "nft add rule ip netledger forward drop",
        "nft insert rule ip netledger postrouting accept",
        "nft delete element ip netledger fip_dnat { 198.51.100.100 }",
        "nft add element ip netledger fip_snat { 10.4.0.11 : 198.51.100.99 }",
        "nft add set ip netledger strange { type ipv4_addr ; }",
        "ip addr flush dev qg-1",
        "ip addr add 198.51.100.99/32 dev qg-1",
        "ip route del default",
        "ip route replace default via 10.4.0.9",
        "ip route add default via 10.4.0.9 metric 5",
        "ip route add 198.51.100.254 dev qr-1",
        "ip link set qr-1 down",
        "ip link set qg-1 address fa:16:3e:77:77:77",
        "ip link del qr-1",
        "sysctl -w net.ipv4.ip_forward=0",
    ],
)
def test_what_somebody_changed_by_hand_is_put_right(world: World, harm: str) -> None:
    router = up(world, {FLOATING: FIXED})
    sh("ip", "netns", "exec", router["namespace"], *harm.split())
    table = world.hands.call("nat.read", namespaces=[router["namespace"]])[router["namespace"]]
    change = nft.change(nat({FLOATING: FIXED}), nft.listed(table))
    assert (change is not None) == harm.startswith("nft")
    if change is not None:
        world.call("nat.apply", {"namespace": router["namespace"], "text": change.text})
    assert (world.ensure(router)["changes"] != []) == (not harm.startswith("nft"))
    assert world.ensure(router)["changes"] == []
    wait_until(lambda: answer(world.guests["b"].name, STRANGER) != "")
    assert world.ask("b", STRANGER) == f"out {FLOATING}"
    assert world.ask("a", STRANGER) == f"out {GATEWAY}"
    assert world.ask("out", FLOATING) == f"b {STRANGER}"


def test_a_route_that_changes_its_way_is_there_all_the_time(world: World) -> None:
    router = up(world, {})
    answer = world.ensure(
        router | {"routes": [["0.0.0.0/0", "198.51.100.253", "qg-1"], ["203.0.113.0/24", "", "qg-1"]]}
    )
    assert answer["changes"] == ["route 203.0.113.0/24 via qg-1 added", "route 0.0.0.0/0 via 198.51.100.253 replaced"]
    assert world.ensure(router)["changes"] == [
        f"route 0.0.0.0/0 via {STRANGER} replaced",
        "route 203.0.113.0/24 via qg-1 removed",
    ]
    assert world.ask("a", STRANGER) == f"out {GATEWAY}"


def test_a_gateway_outside_its_subnet_is_on_the_link(world: World) -> None:
    router = up(world, {})
    elsewhere = "203.0.113.1"
    world.guests["out"].run("ip", "addr", "add", f"{elsewhere}/32", "dev", "eth0")
    routes = [["0.0.0.0/0", elsewhere, "qg-1"], [f"{elsewhere}/32", "", "qg-1"]]
    routes += [["::/0", "fd00:ee::1", "qg-1"], ["fd00:ee::1/128", "", "qg-1"]]
    assert len(world.ensure(router | {"routes": routes})["changes"]) == 4
    assert world.ensure(router | {"routes": routes})["changes"] == []
    assert world.ask("a", elsewhere) == f"out {GATEWAY}"
    assert len(world.ensure(router)["changes"]) == 4
    assert world.ensure(router)["changes"] == []


def to(wanted: Nat, before: Nat) -> str:
    """The text that leads there."""
    change = nft.change(wanted, nft.ruleset(before))
    assert change is not None
    return change.text


def test_a_thousand_floating_ips_in_one_change_and_one_more(world: World) -> None:
    many = {f"198.18.{n // 250}.{n % 250 + 1}": f"10.4.{n // 250 + 1}.{n % 250 + 1}" for n in range(999)}
    router = up(world, {})
    where = {"namespace": router["namespace"]}
    all_of_them, one = many | {FLOATING: FIXED}, {"198.51.100.101": "10.4.0.11"}
    cidrs = [f"{address}/32" for address in all_of_them]
    took = {}
    for what, verb, item in (
        ("1,000 addresses", "addresses.change", {"device": "qg-1", "add": cidrs, "remove": []}),
        ("1,000 at once", "nat.apply", {"text": to(nat(all_of_them), before=nat({}))}),
        ("one more", "nat.apply", {"text": to(nat(all_of_them | one), before=nat(all_of_them))}),
        ("1,000 announced", "arp.announce", {"device": "qg-1", "mac": "", "addresses": list(all_of_them)}),
        ("one cut", "conntrack.cut", {"addresses": [["orig-dst", FLOATING]]}),
    ):
        before = time.perf_counter()
        world.call(verb, where | item)
        took[what] = (time.perf_counter() - before) * 1000
    before = time.perf_counter()
    table = nft.listed(world.hands.call("nat.read", namespaces=[router["namespace"]])[router["namespace"]])
    took["the table read"] = (time.perf_counter() - before) * 1000
    print("; ".join(f"{what} {ms:.1f} ms" for what, ms in took.items()))
    assert table == nft.ruleset(nat(all_of_them | one))
    assert world.ask("out", FLOATING) == f"b {STRANGER}"
    assert max(took.values()) < 2000


def test_a_removed_router_leaves_nothing(world: World) -> None:
    router = up(world, {FLOATING: FIXED})
    peers = [device["peer"] for device in router["devices"]]
    assert world.call("links.remove", {"namespace": router["namespace"], "peers": peers})["changes"] != []
    assert router["namespace"] not in sh("ip", "netns", "list")
    assert not any(peer in sh("ip", "-n", world.host, "link") for peer in peers)
    assert world.hands.call("nat.read", namespaces=[router["namespace"]]) == {}
