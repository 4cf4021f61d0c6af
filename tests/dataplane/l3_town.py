"""A host whose L3 agent runs one router between two servers and the outside, on a real Open vSwitch."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from typing import Any

from tests.dataplane import tcp
from tests.dataplane.hypervisor import Hypervisor, wait_until
from tests.fakes.dhcp_guests import Guest
from tests.fakes.l3_facts import L3Facts, Town

STRANGER = Town.GATEWAY  # who stands outside is the next hop of the router's way out
_VLAN = {"inside": 1, "outside": 2}


class RouterHost(Hypervisor):
    """A host with an L3 agent; `town`: its router, servers and networks."""

    def __init__(self) -> None:
        self.l3 = L3Facts()
        super().__init__("agent_l3", self.l3)
        self.town = Town(self.l3)
        self.namespace = f"qrouter-{self.town.router}@{self.name}"
        self.people: dict[str, Guest] = {}
        self.servers: list[socket.socket] = []

    def down(self) -> None:
        for server in self.servers:
            server.close()
        super().down()

    def settle(self) -> None:
        """Tell the agent, wait for the router, and do what the switch's agent would: networks do not hear each other."""
        self.go()
        wait_until(lambda: self.operations() != {}, 15.0)
        wait_until(lambda: len(self.taps()) == 2)
        for tap, side in self.taps().items():
            self.vsctl("set", "Port", tap, f"tag={_VLAN[side]}")

    def taps(self) -> dict[str, str]:
        """{tap: inside or outside} of the router's ports that are plugged."""
        sides = {f"tap{self.town.interface[:11]}": "inside", f"tap{self.town.gateway[:11]}": "outside"}
        return {tap: side for tap, side in sides.items() if tap in self.vsctl("list-ports", "br-int").split()}

    def settle_people(self) -> None:
        """Servers one and two inside, a stranger outside, all of whom answer by TCP."""
        town = self.town
        self._person("one", "fa:16:3e:00:00:01", f"{town.ONE}/24", "inside")
        self._person("two", "fa:16:3e:00:00:02", f"{town.TWO}/24", "inside")
        self._person("out", "fa:16:3e:00:00:03", f"{STRANGER}/24", "outside")

    def _person(self, name: str, mac: str, cidr: str, side: str) -> None:
        guest = self.people[name] = self.guest(mac)
        self.vsctl("set", "Port", guest.tap, f"tag={_VLAN[side]}")
        guest.run("ip", "link", "set", "lo", "up")
        guest.run("ip", "addr", "add", cidr, "dev", "eth0")
        if side == "inside":
            guest.run("ip", "route", "add", "default", "via", "10.4.0.1")
        self.servers.append(tcp.serve(guest.name, name))

    def dial(self, name: str, address: str) -> tuple[socket.socket, str]:
        """A connection from that person, and what the server said."""
        return tcp.dial(self.people[name].name, address)

    def asks(self, name: str, address: str) -> str:
        """What that person is answered there, `<who> <asked by>`; empty for nothing."""
        return tcp.answer(self.people[name].name, address)

    def pings(self, name: str, address: str) -> Pings:
        """A person who pings, 50 times a second."""
        return Pings(self.people[name].name, address)

    def reports(self) -> dict[str, bool]:
        """{floating IP's id: works} as the agent told last."""
        told: dict[str, bool] = {}
        with contextlib.suppress(FileNotFoundError):
            for line in self.told.with_suffix(".said").read_text().splitlines():
                message: dict[str, Any] = json.loads(line)
                for one in message.get("floatingips", ()):
                    told[one["floatingip_id"]] = one["working"]
        return told


class Pings:
    """Pings until it is asked how many were lost."""

    def __init__(self, namespace: str, address: str) -> None:
        command = ["ip", "netns", "exec", namespace, "ping", "-i", "0.02", "-W", "1", "-q", address]
        self._ping = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def lost(self) -> int:
        """How many were not answered, of at least 20."""
        self._ping.send_signal(2)
        told = self._ping.communicate()[0]
        words = told[told.index("---\n") :].split()
        sent, received = int(words[1]), int(words[4])
        assert sent >= 20
        return sent - received
