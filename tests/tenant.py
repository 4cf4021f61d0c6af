"""A tenant of a whole system: a network with servers on it, and what they do all the while a test does something to the system."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import threading
import time
import uuid
from typing import Any

from lab import tcp
from lab.client import Client
from lab.guests import Guest, guest
from libs.kernel.inside import inside
from tests.whole import Whole, eventually

TENANT = "7e" * 16


class Tenant:
    """A network of a tenant and servers on it; removed at the end."""

    def __init__(self, whole: Whole, cidr: str = "192.168.77.0/24") -> None:
        self.whole, self.api = whole, whole.client(TENANT)
        self.network = self.api.create("network", name="tenant")
        self.subnet = self.api.create("subnet", network_id=self.network["id"], ip_version=4, cidr=cidr)
        self.guests: list[Guest] = []
        self.group = open_group(self.api)

    def boot(self, host: str) -> Guest:
        """A server on this host, plugged, ACTIVE and with its leased address."""
        port = whole_port(self.api, self.network["id"], host, security_groups=[self.group])
        server = guest(self.whole.lab, f"s{len(self.guests)}", host, port)
        self.guests.append(server)
        server.build(self.network["mtu"])
        server.plug()
        eventually(f"ACTIVE of {port['id']}", lambda: self.status(server) == "ACTIVE")
        assert server.ask_address()["ip"] == server.address
        return server

    def status(self, server: Guest) -> str:
        """What the API says of the server's port."""
        return str(self.api.get(f"ports/{server.port['id']}")["port"]["status"])

    def leave(self) -> None:
        """Remove servers, ports and the network."""
        for server in self.guests:
            server.destroy()
        for port in self.api.get(f"ports?network_id={self.network['id']}")["ports"]:
            if port["device_owner"] != "network:dhcp":
                self.api.delete("port", port["id"])
        self.api.delete("network", self.network["id"])
        self.api.send("DELETE", f"security-groups/{self.group}")


def open_group(api: Client) -> str:
    """A security group that lets everything in, so that a story is about what it is about; its id."""
    group = api.send("POST", "security-groups", {"security_group": {"name": "open"}})["security_group"]["id"]
    for ethertype in ("IPv4", "IPv6"):
        rule = {"security_group_id": group, "direction": "ingress", "ethertype": ethertype}
        api.send("POST", "security-group-rules", {"security_group_rule": rule})
    return str(group)


def whole_port(api: Client, network: str, host: str, **more: Any) -> dict[str, Any]:
    """A port as Nova makes it."""
    owner = {"device_id": str(uuid.uuid4()), "device_owner": "compute:nova"}
    return api.create("port", network_id=network, **owner, **{"binding:host_id": host}, **more)


class Ping:
    """A ping that goes on, 20 a second, while the test does something."""

    def __init__(self, netns: str, address: str) -> None:
        command = ["ip", "netns", "exec", netns, "ping", "-n", "-i", "0.05", "-W", "1", address]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def stop(self) -> tuple[int, list[int]]:
        """(how many were answered, sequence numbers that were not). The very last may still be under way and does not count."""
        self._process.send_signal(signal.SIGINT)
        out, _ = self._process.communicate(timeout=10)
        answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", out)}
        sent = int(re.search(r"(\d+) packets transmitted", out).group(1))  # type: ignore[union-attr]
        return len(answered), sorted(set(range(1, sent)) - answered)


class Talk:
    """A TCP connection that echoes a byte 50 times a second."""

    def __init__(self, netns: str, address: str) -> None:
        self._link, self.said = tcp.dial(netns, address)
        self._echoes, self._longest, self._stop = 0, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[int, float]:
        """(how many echoes came, seconds that the slowest took); the connection is closed. Raises AssertionError when it was cut."""
        self._stop.set()
        self._thread.join(10)
        alive = tcp.echoes(self._link)
        self._link.close()
        assert alive, f"the connection broke after {self._echoes} echoes"
        return self._echoes, self._longest

    def _go_on(self) -> None:
        while not self._stop.wait(0.02):
            begun = time.monotonic()
            if not tcp.echoes(self._link):
                return
            self._echoes += 1
            self._longest = max(self._longest, time.monotonic() - begun)


def offers(server: Guest, seconds: float = 2.0) -> dict[str, str]:
    """{DHCP server: address offered} that answer one DISCOVER of a server which has its address."""
    mac = bytes.fromhex(server.port["mac_address"].replace(":", ""))
    head = b"\1\1\6\0nldg" + b"\0\0\x80\0" + bytes(16) + mac + bytes(10 + 192)
    found: dict[str, str] = {}
    with inside(server.netns, _client) as asking:
        asking.settimeout(seconds)
        asking.sendto(head + b"\x63\x82\x53\x63\x35\1\1\xff", ("255.255.255.255", 67))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                answer = asking.recv(2048)
            except TimeoutError:
                break
            if answer[4:8] == b"nldg":
                found[_server(answer[240:])] = socket.inet_ntoa(answer[16:20])
    return found


def _server(options: bytes) -> str:
    """Option 54, the server's own name for itself (RFC 2132)."""
    while options[0] != 54:
        options = options[2 + options[1] :]
    return socket.inet_ntoa(options[2:6])


def _client() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    made.bind(("", 68))
    return made
