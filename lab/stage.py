"""What the demo's chapters share: clients of the API, servers that boot as Nova boots them, and a list of all that was made."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.client import Client
from lab.guests import Guest, guest
from lab.hosts import Lab

Say = Callable[[str], None]


class StoryFailed(RuntimeError):
    """Something was not as it must be; the text says what."""


def must(holds: bool, text: str) -> None:
    """Raises StoryFailed unless it holds."""
    if not holds:
        raise StoryFailed(text)


def until(what: str, holds: Callable[[], bool], seconds: float = 10.0, pause: float = 0.005) -> float:
    """Wait until it holds; seconds that it took. Raises StoryFailed."""
    begun = time.perf_counter()
    while not holds():
        must(time.perf_counter() - begun < seconds, f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
    return time.perf_counter() - begun


@dataclass
class Boot:
    """One server's way, in seconds: POST of its port, plug to ACTIVE, lease, first ping to its neighbour."""

    guest: Guest
    post: float
    active: float = 0.0
    lease: float = 0.0
    ping: float = 0.0


class Stage:
    """One system while a story is played on it. `boots`: {server: its way}; `say(text)` hears of each step."""

    def __init__(self, url: str, lab: Lab, say: Say) -> None:
        self.lab, self.say = lab, say
        self.admin = Client(url)
        self.boots: dict[str, Boot] = {}
        self._url = url
        self._undo: list[Callable[[], None]] = []  # oldest first
        self._mtu: dict[str, int] = {}

    def client(self, project: str) -> Client:
        """A tenant's own client."""
        return Client(self._url, project)

    def create(self, client: Client, kind: str, **attributes: Any) -> dict[str, Any]:
        """Make something that is deleted again at the end; its body."""
        body = client.create(kind, **attributes)
        self.afterwards(lambda: self.admin.delete(kind, body["id"]))
        return body

    def afterwards(self, undo: Callable[[], None]) -> None:
        """What the clean-up does, before what was to be done for earlier steps."""
        self._undo.append(undo)

    def network(self, client: Client, name: str, cidr: str, **provider: Any) -> str:
        """A network with a subnet; its id."""
        network = self.create(client, "network", name=f"demo-{name}", **provider)
        self.create(client, "subnet", network_id=network["id"], ip_version=4, cidr=cidr, dns_nameservers=["9.9.9.9"])
        self._mtu[network["id"]] = network["mtu"]
        return str(network["id"])

    def boot(self, name: str, network: str, host: str, address: str) -> None:
        """What Nova does for a server: make its port, build and plug it, wait for ACTIVE, let it run."""
        fixed = {"fixed_ips": [{"ip_address": address}]} if address else {}
        owner = {"device_id": str(uuid.uuid4()), "device_owner": "compute:nova", "binding:host_id": host}
        port = self.create(self.admin, "port", network_id=network, name=name, **owner, **fixed)
        boot = self.boots[name] = Boot(guest(self.lab, name, host, port), self.admin.seconds)
        must(port["binding:vif_type"] == "ovs", f"{name}'s port was not bound: {port['binding:vif_type']}")
        boot.guest.build(self._mtu[network])
        begun = time.perf_counter()
        boot.guest.plug()
        path = f"ports/{port['id']}"
        until(f"{name} ACTIVE after its plug", lambda: bool(self.admin.get(path)["port"]["status"] == "ACTIVE"))
        boot.active = time.perf_counter() - begun
        self._lease(boot)
        self.say(f"{name} on {host} has {boot.guest.address}, ACTIVE {boot.active * 1000:.0f} ms after its plug")

    @staticmethod
    def _lease(boot: Boot) -> None:
        begun = time.perf_counter()
        lease = boot.guest.ask_address()
        boot.lease = time.perf_counter() - begun
        must(lease["ip"] == boot.guest.address, f"{boot.guest.name} was leased {lease['ip']}, not its address")

    def clean_up(self) -> None:
        """Unplug every server, then undo all that was done, newest first. Goes on over failures: what stays is found afterwards."""
        for boot in self.boots.values():
            boot.guest.destroy()
        while self._undo:
            try:
                self._undo.pop()()
            except (RuntimeError, OSError) as error:
                self.say(f"[red]clean-up: {error}[/red]")
