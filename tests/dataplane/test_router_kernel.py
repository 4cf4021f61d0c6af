"""A router by the kernel's verbs alone, with real packets: out, in, round the corner, moved, announced."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dataplane.hypervisor import wait_until
from tests.dataplane.router_world import (
    FIXED,
    FLOATING,
    GATEWAY,
    STRANGER,
    World,
    advertising,
    nat,
    translate,
    up,
)
from tests.dataplane.tcp import echoes

pytestmark = pytest.mark.root


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_out_in_and_round_the_corner(world: World) -> None:
    up(world, {FLOATING: FIXED})
    assert world.ask("a", STRANGER) == f"out {GATEWAY}", "without a floating IP guests leave under the router's address"
    assert world.ask("b", STRANGER) == f"out {FLOATING}", "with one, under that"
    assert world.ask("out", FLOATING) == f"b {STRANGER}", "who comes in keeps its address"
    assert world.ask("a", FLOATING) == f"b {GATEWAY}", "a neighbour comes back by the router"
    assert world.ask("b", FLOATING) == f"b {FLOATING}", "and so does the guest itself"
    assert world.ask("a", FIXED) == "b 10.4.0.11", "the inner network is not translated"


def test_without_snat_guests_leave_under_their_own_address(world: World) -> None:
    namespace = up(world, {FLOATING: FIXED})["namespace"]
    translate(world, namespace, nat({FLOATING: FIXED}, snat=False))
    world.guests["out"].run("ip", "route", "add", "10.4.0.0/24", "via", GATEWAY)
    assert world.ask("a", STRANGER) == "out 10.4.0.11"
    assert world.ask("b", STRANGER) == f"out {FLOATING}"
    assert world.ask("a", FLOATING) == f"b {GATEWAY}"


def test_a_floating_ip_that_moves_leaves_its_old_guest_at_once(world: World) -> None:
    namespace = up(world, {FLOATING: FIXED})["namespace"]
    inward, said = world.dial("out", FLOATING)
    outward, _ = world.dial("b", STRANGER)
    other, _ = world.dial("a", STRANGER)
    assert said == f"b {STRANGER}" and echoes(inward) and echoes(outward) and echoes(other)
    change = translate(world, namespace, nat({FLOATING: "10.4.0.11"}))
    assert echoes(inward), "what is established goes on"
    cut = {"namespace": namespace, "addresses": list(change.cuts)}
    assert world.call("conntrack.cut", cut)["changes"] == ["2 connections cut"]
    assert world.call("conntrack.cut", cut)["changes"] == []
    assert not echoes(inward) and not echoes(outward)
    assert echoes(other), "other connections go on"
    assert world.ask("out", FLOATING) == f"a {STRANGER}"
    assert world.ask("b", STRANGER) == f"out {GATEWAY}"
    for link in (inward, outward, other):
        link.close()


def neighbour(world: World, address: str) -> str:
    """The MAC address that the stranger has in mind for it."""
    words = world.guests["out"].run("ip", "neigh", "show", address).split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else ""


@pytest.mark.parametrize(("address", "length"), [(FLOATING, 32), ("fd00:ee::100", 128)])
def test_neighbours_learn_at_once_where_an_address_is_now(world: World, address: str, length: int) -> None:
    out = world.guest("out", f"{STRANGER}/24")
    out.run("ip", "addr", "add", "fd00:ee::254/64", "dev", "eth0", "nodad")
    one, two = world.router("1"), world.router("2", "198.51.100.20")
    for number, router in enumerate((one, two), start=1):
        router["devices"][1]["addresses"].append(f"fd00:ee::{number}/64")
        world.ensure(router)
    move = {"namespace": one["namespace"], "device": "qg-1", "add": [f"{address}/{length}"], "remove": []}
    assert world.call("addresses.change", move)["addresses"] == [["qg-1", f"{address}/{length}"]]
    out.run("ping", "-c1", "-W2", address)
    assert neighbour(world, address) == one["devices"][1]["mac"]
    world.call("addresses.change", move | {"add": [], "remove": [f"{address}/{length}"]})
    world.call("addresses.change", move | {"namespace": two["namespace"], "device": "qg-2"})
    told = {"namespace": two["namespace"], "device": "qg-2", "mac": two["devices"][1]["mac"], "addresses": [address]}
    before = time.monotonic()
    world.call("arp.announce", told)
    assert time.monotonic() - before < 0.3
    wait_until(lambda: neighbour(world, address) == two["devices"][1]["mac"], 0.3)


def test_nothing_is_announced_that_has_moved_on(world: World) -> None:
    out = world.guest("out", f"{STRANGER}/24")
    router = world.router("1")
    world.ensure(router)
    out.run("ip", "neigh", "replace", FLOATING, "lladdr", "fa:16:3e:99:99:99", "dev", "eth0", "nud", "stale")
    told = {"namespace": router["namespace"], "device": "qg-1", "mac": "", "addresses": [FLOATING, GATEWAY]}
    world.call("arp.announce", told)
    out.run("ping", "-c1", "-W2", GATEWAY)
    assert neighbour(world, FLOATING) == "fa:16:3e:99:99:99"


def test_guests_make_an_ipv6_address_from_what_the_router_says(world: World) -> None:
    router = world.router("1")
    world.ensure(router)
    guest = world.guest("a", "10.4.0.11/24")
    radvd = advertising(world, router, mtu=1400)
    world.call("radvd.ensure", radvd)
    wait_until(lambda: "fd00:4::f816:3eff:fe00:a/64" in guest.addresses6(), 10.0)
    wait_until(lambda: "default via fe80::" in guest.run("ip", "-6", "route"), 2.0)
    assert "mtu 1400" in guest.run("ip", "-6", "route", "show", "default")
    guest.run("ping", "-6", "-c1", "-W2", "fd00:4::1")
    assert world.call("radvd.ensure", advertising(world, router, mtu=1300))["changes"][1].endswith("reloaded")
    wait_until(lambda: "mtu 1300" in guest.run("ip", "-6", "route", "show", "default"), 5.0)
    guest.run("ip", "-6", "route", "del", "default")
    world.hands.call("radvd.advertise", folders=[radvd["folder"]])
    wait_until(lambda: "default via fe80::" in guest.run("ip", "-6", "route"), 3.0)
    world.hands.call("radvd.remove", folders=[radvd["folder"]])
    wait_until(lambda: guest.run("ip", "-6", "route", "show", "default") == "", 3.0)


def test_without_forwarding_nothing_passes(world: World) -> None:
    router = up(world, {FLOATING: FIXED})
    off = [["net.ipv4.ip_forward", "0"], ["net.ipv6.conf.all.forwarding", "0"]]
    assert world.ensure(router | {"sysctls": off})["changes"] == [f"sysctl {key} {value}" for key, value in off]
    with pytest.raises(OSError):
        world.ask("a", STRANGER)
    with pytest.raises(OSError):
        world.ask("out", FLOATING)
    world.ensure(router)
    assert world.ask("out", FLOATING) == f"b {STRANGER}"
