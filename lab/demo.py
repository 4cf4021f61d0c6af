"""The story of the demo: two tenants boot servers on three hosts, as Nova does it, one of them goes out into the world by a router,
the host that runs the router dies, and everything is cleaned up again.

Read `Story.play` for the plot; each step below it is a few calls of the public API and a few commands on a host.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from lab import traces
from lab.hosts import Lab
from lab.nova import Nova
from lab.routed import BLUE, Power, Routed
from lab.stage import Boot, Say, Stage, must, until

RED = "d1" * 16  # the other tenant
CIDR = "10.10.0.0/24"  # both have it
PLAN = (  # server, network, host, its address
    ("blue-1", "blue", "compute1", "10.10.0.11"),
    ("blue-2", "blue", "compute2", ""),
    ("red-1", "red", "compute1", "10.10.0.12"),
    ("red-2", "red", "compute3", ""),
    ("vlan-1", "vlan101", "compute2", ""),
    ("vlan-2", "vlan101", "compute3", ""),
)
APART = (("blue-1", "red-1"), ("red-1", "blue-1"))  # they share a host and a CIDR, and must not hear of each other


class Story:
    """One play of it. `boots` and `times` ({what: seconds}): the figures, also when it failed half-way. nova: a stand-in that the
    agents ask, None when they ask somebody else."""

    def __init__(self, url: str, lab: Lab, database_url: str, say: Say, power: Power, nova: Nova | None) -> None:
        self._stage = Stage(url, lab, say)
        self._routed = Routed(self._stage, power, nova)
        self._lab, self._database_url, self._say = lab, database_url, say

    @property
    def boots(self) -> dict[str, Boot]:
        """{server: its way from POST to ping}."""
        return self._stage.boots

    @property
    def times(self) -> dict[str, float]:
        """{what was done by way of the router: seconds}."""
        return self._routed.times

    def play(self, show_log: Callable[[str], None]) -> None:
        """The whole story; `show_log(port id)` is called while the port lives. Raises StoryFailed, Refused, ToolFailed, OSError."""
        before = traces.settled(self._lab, self._database_url)
        try:
            networks = self._networks()
            for name, network, host, address in PLAN:
                self._stage.boot(name, networks[network], host, address)
            self._pings()
            show_log(self.boots["blue-1"].guest.port["id"])
            with ThreadPoolExecutor() as beside:  # it waits for answers that must not come
                isolation = [beside.submit(self._apart, *pair) for pair in APART]
                self._routed.play(networks["blue"], ("blue-1", "blue-2"))
                for one in isolation:
                    one.result()
            self._say("two tenants with the same addresses on the same host do not reach each other")
            self._routed.death()
        finally:
            try:
                self._routed.come_back()
            finally:
                self._stage.clean_up()
        self._nothing_left(before)

    def _networks(self) -> dict[str, str]:
        """{name: network id} of a tenant network (VXLAN) each, and a provider VLAN."""
        stage = self._stage
        vlan = {"provider:network_type": "vlan", "provider:physical_network": "physnet1"}
        vlan101 = {**vlan, "provider:segmentation_id": 101}
        networks = {
            "blue": stage.network(stage.client(BLUE), "blue", CIDR),
            "red": stage.network(stage.client(RED), "red", CIDR),
            "vlan101": stage.network(stage.admin, "vlan101", "10.20.0.0/24", **vlan101),
        }
        self._say(f"two tenants' VXLAN networks, both {CIDR}, and provider VLAN 101 on physnet1")
        return networks

    def _pings(self) -> None:
        """Neighbours on one network reach each other over the hosts' borders, both ways."""
        for left, right in (("blue-1", "blue-2"), ("red-1", "red-2"), ("vlan-1", "vlan-2")):
            for one, other in ((left, right), (right, left)):
                boot = self.boots[one]
                begun = time.perf_counter()
                answered = boot.guest.reaches(self.boots[other].guest.address)
                boot.ping = time.perf_counter() - begun
                must(answered, f"{one} does not reach {other}")
        self._say("servers on different hosts ping each other over VXLAN and over the provider VLAN")

    def _apart(self, one: str, other: str) -> None:
        server, address = self.boots[one].guest, self.boots[other].guest.address
        must(server.never_reaches(address), f"{one} reaches {other} of another tenant")

    def _nothing_left(self, before: traces.Traces) -> None:
        """Flows, VLAN tags, namespaces, addresses and claims are gone; agents get a few seconds for it, those of the host that was
        dead have to start first."""
        left: dict[str, list[str]] = {}

        def gone() -> bool:
            left.clear()
            left.update(traces.taken(self._lab, self._database_url).beyond(before))
            return not left

        try:
            until("nothing left behind", gone, seconds=20, pause=0.1)
        except RuntimeError as error:
            some = {what: entries[:5] for what, entries in left.items()}
            raise type(error)(f"{error}: {some}") from None
        self._say("unplugged and deleted: no flow, VLAN tag, namespace, DHCP host, address or claim is left")
