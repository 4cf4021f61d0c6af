"""The story of the demo: two tenants boot servers on three hosts, as Nova does it, and everything is cleaned up again.

Read `Story.play` for the plot; each step below it is a few calls of the public API and a few commands on a host.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab import traces
from lab.client import Client
from lab.guests import Guest, guest
from lab.hosts import Lab

Say = Callable[[str], None]
BLUE, RED = "b1" * 16, "d1" * 16  # two tenants
CIDR = "10.10.0.0/24"  # both have it
PLAN = (  # server, network, host, its address
    ("blue-1", "blue", "compute1", "10.10.0.11"),
    ("blue-2", "blue", "compute2", ""),
    ("red-1", "red", "compute1", "10.10.0.12"),
    ("red-2", "red", "compute3", ""),
    ("vlan-1", "vlan101", "compute2", ""),
    ("vlan-2", "vlan101", "compute3", ""),
)


class StoryFailed(RuntimeError):
    """Something was not as it must be; the text says what."""


@dataclass
class Boot:
    """One server's way, in seconds: POST of its port, plug to ACTIVE, lease, first ping to its neighbour."""

    guest: Guest
    post: float
    active: float = 0.0
    lease: float = 0.0
    ping: float = 0.0


class Story:
    """One play of it. `boots`: the figures, also when it failed half-way."""

    def __init__(self, url: str, lab: Lab, database_url: str, say: Say) -> None:
        self._url, self._lab, self._database_url, self._say = url, lab, database_url, say
        self._admin = Client(url)
        self._made: list[tuple[str, str]] = []  # (kind, id), oldest first
        self._mtu: dict[str, int] = {}
        self.boots: dict[str, Boot] = {}

    def play(self, show_log: Callable[[str], None]) -> None:
        """The whole story; `show_log(port id)` is called while the port lives. Raises StoryFailed, Refused, ToolFailed, OSError."""
        before = traces.settled(self._lab, self._database_url)
        try:
            networks = self._networks()
            for name, network, host, address in PLAN:
                self._boot(name, networks[network], host, address)
            self._pings()
            self._isolation()
            show_log(self.boots["blue-1"].guest.port["id"])
        finally:
            self._clean_up()
        self._nothing_left(before)

    def _networks(self) -> dict[str, str]:
        """{name: network id} of a tenant network (VXLAN) each, and a provider VLAN."""
        vlan = {"provider:network_type": "vlan", "provider:physical_network": "physnet1"}
        networks = {
            "blue": self._network(Client(self._url, BLUE), "blue", CIDR),
            "red": self._network(Client(self._url, RED), "red", CIDR),
            "vlan101": self._network(
                self._admin, "vlan101", "10.20.0.0/24", **vlan, **{"provider:segmentation_id": 101}
            ),
        }
        self._say(f"two tenants' VXLAN networks, both {CIDR}, and provider VLAN 101 on physnet1")
        return networks

    def _network(self, client: Client, name: str, cidr: str, **provider: Any) -> str:
        network = client.create("network", name=f"demo-{name}", **provider)
        self._made.append(("network", network["id"]))
        subnet = client.create("subnet", network_id=network["id"], ip_version=4, cidr=cidr, dns_nameservers=["9.9.9.9"])
        self._made.append(("subnet", subnet["id"]))
        self._mtu[network["id"]] = network["mtu"]
        return str(network["id"])

    def _boot(self, name: str, network: str, host: str, address: str) -> None:
        """What Nova does for a server: make its port, build and plug it, wait for ACTIVE, let it run."""
        fixed = {"fixed_ips": [{"ip_address": address}]} if address else {}
        port = self._admin.create(
            "port",
            network_id=network,
            name=name,
            device_id=str(uuid.uuid4()),
            device_owner="compute:nova",
            **{"binding:host_id": host},
            **fixed,
        )
        self._made.append(("port", port["id"]))
        boot = self.boots[name] = Boot(guest(self._lab, name, host, port), self._admin.seconds)
        self._must(port["binding:vif_type"] == "ovs", f"{name}'s port was not bound: {port['binding:vif_type']}")
        boot.guest.build(self._mtu[network])
        begun = time.perf_counter()
        boot.guest.plug()
        self._await_active(port["id"], name)
        boot.active = time.perf_counter() - begun
        self._lease(boot)
        self._say(f"{name} on {host} has {boot.guest.address}, ACTIVE {boot.active * 1000:.0f} ms after its plug")

    def _await_active(self, port_id: str, name: str) -> None:
        deadline = time.monotonic() + 10
        while (status := self._admin.get(f"ports/{port_id}")["port"]["status"]) != "ACTIVE":
            self._must(time.monotonic() < deadline, f"{name}'s port is {status} 10 s after its plug, not ACTIVE")
            time.sleep(0.005)

    def _lease(self, boot: Boot) -> None:
        begun = time.perf_counter()
        lease = boot.guest.ask_address()
        boot.lease = time.perf_counter() - begun
        self._must(lease["ip"] == boot.guest.address, f"{boot.guest.name} was leased {lease['ip']}, not its address")

    def _pings(self) -> None:
        """Neighbours on one network reach each other over the hosts' borders, both ways."""
        for left, right in (("blue-1", "blue-2"), ("red-1", "red-2"), ("vlan-1", "vlan-2")):
            for one, other in ((left, right), (right, left)):
                boot = self.boots[one]
                begun = time.perf_counter()
                answered = boot.guest.reaches(self.boots[other].guest.address)
                boot.ping = time.perf_counter() - begun
                self._must(answered, f"{one} does not reach {other}")
        self._say("servers on different hosts ping each other over VXLAN and over the provider VLAN")

    def _isolation(self) -> None:
        """blue-1 and red-1 share a host and a CIDR, and must not hear of each other."""
        for one, other in (("blue-1", "red-1"), ("red-1", "blue-1")):
            server, address = self.boots[one].guest, self.boots[other].guest.address
            self._must(server.never_reaches(address), f"{one} reaches {other} of another tenant")
        self._say("two tenants with the same addresses on the same host do not reach each other")

    def _clean_up(self) -> None:
        """Unplug, wait until the agents have said so, delete. Goes on over failures: what stays is found afterwards."""
        for boot in self.boots.values():
            boot.guest.destroy()
        for kind, resource_id in reversed(self._made):
            try:
                self._admin.delete(kind, resource_id)
            except (RuntimeError, OSError) as error:
                self._say(f"[red]clean-up: {error}[/red]")

    def _nothing_left(self, before: traces.Traces) -> None:
        """Flows, VLAN tags, DHCP hosts, addresses and claims are gone; agents get a few seconds for it."""
        deadline = time.monotonic() + 10
        while left := traces.taken(self._lab, self._database_url).beyond(before):
            some = {what: entries[:5] for what, entries in left.items()}
            self._must(time.monotonic() < deadline, f"left behind: {some}")
            time.sleep(0.1)
        self._say("unplugged and deleted: no flow, VLAN tag, DHCP host, address or claim is left")

    @staticmethod
    def _must(holds: bool, text: str) -> None:
        if not holds:
            raise StoryFailed(text)
