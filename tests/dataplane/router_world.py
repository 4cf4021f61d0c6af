"""A router's surroundings: two guests on an inner network, a stranger outside; bridges instead of a switch, real hands between."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from libs.config import Settings
from libs.kernel.hands import Hands
from libs.materialise.l3 import nft
from libs.materialise.l3.advert import Advert, Prefix, text_of
from libs.materialise.l3.objects import Nat
from tests.dataplane import tcp
from tests.fakes.dhcp_guests import Guest, sh

MODULES = ("links", "addresses", "nat", "announce", "radvd")
GATEWAY, STRANGER = "198.51.100.10", "198.51.100.254"
FLOATING, FIXED = "198.51.100.100", "10.4.0.12"
_MACS = {"a": "fa:16:3e:00:00:0a", "b": "fa:16:3e:00:00:0b", "out": "fa:16:3e:00:00:0c"}
_SYSCTLS = [["net.ipv4.ip_forward", "1"], ["net.ipv6.conf.all.forwarding", "1"], ["net.ipv4.conf.all.arp_ignore", "1"]]


@dataclass
class World:
    """One host (a namespace) with a router; `told`: what the hands said unasked."""

    folder: Path
    told: list[dict[str, Any]] = field(default_factory=list)
    guests: dict[str, Guest] = field(default_factory=dict)
    servers: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.host = f"kn{uuid4().hex[:6]}"
        sh("ip", "netns", "add", self.host)
        for bridge in ("lan", "ext"):
            sh("ip", "-n", self.host, "link", "add", bridge, "type", "bridge")
            sh("ip", "-n", self.host, "link", "set", bridge, "up")
        modules = [f"libs.kernel.{name}" for name in MODULES]
        self.hands = Hands(replace(Settings(), netns=self.host), self.told.append, modules=modules)
        self.routers: list[str] = []

    def close(self) -> None:
        for router in self.routers:
            self.hands.call("radvd.remove", folders=[str(self.folder / router)])
            self.hands.call("links.remove", items=[{"namespace": router, "peers": []}])
        self.hands.close()
        for server in self.servers:
            server.close()
        for guest in self.guests.values():
            guest.halt()
        sh("ip", "netns", "del", self.host)

    def call(self, verb: str, item: dict[str, Any]) -> dict[str, Any]:
        """A verb for one item, which must go well."""
        (answer,) = self.hands.call(verb, items=[item])
        assert answer["error"] is None, answer["error"]
        return dict(answer)

    def router(self, name: str, gateway: str = GATEWAY, **changes: Any) -> dict[str, Any]:
        """What `links.ensure` takes for a router with an interface on each bridge."""
        return {
            "namespace": f"qrouter-{name}@{self.host}",
            "devices": [
                _device(f"qr-{name}", ["10.4.0.1/24", "fd00:4::1/64"]),
                _device(f"qg-{name}", [f"{gateway}/24"]),
            ],
            "routes": [["0.0.0.0/0", STRANGER, f"qg-{name}"]],
            "sysctls": _SYSCTLS,
        } | changes

    def ensure(self, router: dict[str, Any]) -> dict[str, Any]:
        """Make it so, plugged in; the answer of `links.ensure`."""
        self.routers.append(router["namespace"])
        answer = self.call("links.ensure", router)
        for device in router["devices"]:
            bridge = "ext" if device["name"].startswith("qg-") else "lan"
            sh("ip", "-n", self.host, "link", "set", device["peer"], "master", bridge)
        return answer

    def guest(self, name: str, cidr: str, router: str = "") -> Guest:
        """A guest with an address and, by `router`, a default route; `out` is outside."""
        guest = self.guests[name] = Guest(f"{self.host}-{name}", f"t{name}", _MACS[name], self.folder)
        guest.boot(self.host)
        sh("ip", "-n", self.host, "link", "set", guest.tap, "master", "ext" if name == "out" else "lan")
        guest.run("ip", "link", "set", "lo", "up")
        guest.run("ip", "addr", "add", cidr, "dev", "eth0")
        if router:
            guest.run("ip", "route", "add", "default", "via", router)
        return guest

    def serve(self, name: str) -> None:
        """A TCP server in that guest."""
        self.servers.append(tcp.serve(self.guests[name].name, name))

    def dial(self, name: str, address: str) -> tuple[socket.socket, str]:
        """A connection from that guest, and what the server said: `<who> <asked by>`."""
        return tcp.dial(self.guests[name].name, address)

    def ask(self, name: str, address: str) -> str:
        """What the server there says to that guest."""
        return tcp.ask(self.guests[name].name, address)


def _device(name: str, addresses: list[str]) -> dict[str, Any]:
    mac = f"fa:16:3e:{'01' if name.startswith('qr-') else '02'}:00:{ord(name[-1]):02x}"
    return {"name": name, "peer": f"tap{name[1:]}", "mac": mac, "mtu": 1450, "addresses": addresses}


def nat(floating: dict[str, str], snat: bool = True) -> Nat:
    """{floating address: fixed address}."""
    return Nat(GATEWAY, snat, floating)


def translate(world: World, namespace: str, wanted: Nat) -> nft.NatChange:
    """What the agent does: read, compare, one transaction, and cut what must not outlive it."""
    change = nft.change(wanted, nft.listed(world.hands.call("nat.read", namespaces=[namespace])[namespace]))
    assert change is not None
    world.call("nat.apply", {"namespace": namespace, "text": change.text})
    assert nft.change(wanted, nft.listed(world.hands.call("nat.read", namespaces=[namespace])[namespace])) is None
    return change


def up(world: World, floating: dict[str, str]) -> dict[str, Any]:
    """The router with guests a and b, and a stranger outside."""
    router = world.router("1")
    router["devices"][1]["addresses"] += [f"{address}/32" for address in floating]
    world.ensure(router)
    translate(world, router["namespace"], nat(floating))
    world.guest("out", f"{STRANGER}/24")
    world.guest("a", "10.4.0.11/24", "10.4.0.1")
    world.guest("b", f"{FIXED}/24", "10.4.0.1")
    for name in ("out", "a", "b"):
        world.serve(name)
    return router


def advertising(world: World, router: dict[str, Any], mtu: int) -> dict[str, Any]:
    """What `radvd.ensure` takes for guests that make their own addresses on the inner network."""
    advert = Advert(router["devices"][0]["name"], mtu, False, False, (Prefix("fd00:4::/64", True),))
    namespace = router["namespace"]
    return {"namespace": namespace, "folder": str(world.folder / namespace), "text": text_of([advert])}
