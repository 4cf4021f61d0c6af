"""A running server moves from host to host, as Nova moves it, while others talk to it: with real packets, and the gap measured.

The server is there twice, as in a live migration's last moment: two machines with one MAC and one address, of which the switches must
show the world exactly one.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lab.client import Client
from lab.guests import Guest, guest
from tests.tenant import TENANT, Tenant
from tests.whole import Whole, eventually

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]
BETWEEN = 0.02
"""Seconds from ping to ping."""


@dataclass(frozen=True)
class Seen:
    """What a ping saw. times: of the answers, in seconds since 1970."""

    answered: int
    lost: int
    twice: int
    times: list[float]

    def gap(self, begin: float = 0.0, end: float = 1e12) -> float:
        """Milliseconds of the longest silence beyond the usual, of those that ended in this time."""
        ends = zip(self.times, self.times[1:], strict=False)
        return max((1000 * (after - before - BETWEEN) for before, after in ends if begin < after < end), default=0.0)


class Steady:
    """A ping 50 times a second that knows when each answer came."""

    def __init__(self, netns: str, address: str) -> None:
        command = ["ip", "netns", "exec", netns, "ping", "-n", "-D", "-i", str(BETWEEN), "-W", "1", address]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self) -> Seen:
        self._process.send_signal(signal.SIGINT)
        out, _ = self._process.communicate(timeout=10)
        found = [(float(at), int(number)) for at, number in re.findall(r"\[([\d.]+)\] 64 bytes.*icmp_seq=(\d+)", out)]
        numbers = {number for _, number in found}
        lost = set(range(min(numbers), max(numbers))) - numbers
        return Seen(len(numbers), len(lost), out.count("DUP!"), [at for at, _ in found])


@pytest.fixture
def tenant(lab: Whole) -> Iterator[Tenant]:
    one = Tenant(lab, "192.168.78.0/24")
    yield one
    one.leave()


def nova(lab: Whole) -> Client:
    """The user nova, a service."""
    return Client(lab.url, TENANT, "nova", "admin,service")


def copy_of(server: Guest, tenant: Tenant, host: str) -> Guest:
    """The same machine on another host, with its memory: MAC and address are there, and nothing was said yet."""
    other = guest(tenant.whole.lab, f"{server.name}-at-{host}", host, server.port)
    tenant.guests.append(other)
    other.build(tenant.network["mtu"])
    other.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    other.run("ip", "address", "add", f"{server.address}/24", "dev", "eth0")
    return other


def binding(api: Client, server: Guest, host: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"ports/{server.port['id']}/bindings/{host}")["binding"]
    return found


def moved(lab: Whole, tenant: Tenant, server: Guest, host: str) -> tuple[Guest, float]:
    """Move it as Nova does; the machine at the destination, and when it was activated there."""
    api, path = nova(lab), f"ports/{server.port['id']}"
    before = server.host.name
    api.send("PUT", path, {"port": {"binding:profile": {"migrating_to": host}}})
    api.send("POST", f"{path}/bindings", {"binding": {"host": host, "vnic_type": "normal", "profile": {}}})
    there = copy_of(server, tenant, host)
    there.plug()
    eventually("ready there", lambda: "PortBindingWired" in lab.must("log", server.port["id"]))
    assert binding(api, server, host)["status"] == "INACTIVE"
    assert api.get(path)["port"]["binding:host_id"] == before
    time.sleep(0.5)  # both are there
    at = time.time()
    api.send("PUT", f"{path}/bindings/{host}/activate", {})
    time.sleep(0.5)
    server.unplug()
    api.send("DELETE", f"{path}/bindings/{before}")
    return there, at


def test_a_server_moves_under_ping_with_one_short_gap(lab: Whole, tenant: Tenant) -> None:
    server = tenant.boot("compute1")
    others = {host: tenant.boot(host) for host in ("compute1", "compute2", "compute3")}
    pings = {}
    for host, other in others.items():
        assert other.reaches(server.address)
        pings[host] = Steady(other.netns, server.address)
    time.sleep(0.5)
    there, at = moved(lab, tenant, server, "compute2")
    time.sleep(1)
    seen = {host: ping.stop() for host, ping in pings.items()}
    for host, one in seen.items():
        print(
            f"from {host}: {one.answered} answered, {one.lost} lost, {one.twice} twice; longest gap {one.gap():.0f} ms,"
            f" when it was activated {one.gap(at, at + 0.45):.0f} ms"
        )
    for one in seen.values():
        assert one.answered > 60 and not one.twice
        assert one.lost <= 25 and one.gap() < 500, "half a second"

    port = nova(lab).get(f"ports/{server.port['id']}")["port"]
    assert (port["binding:host_id"], port["status"]) == ("compute2", "ACTIVE")
    assert port["port_security_enabled"] and port["security_groups"], "its groups hold on both hosts"
    assert [one["host"] for one in nova(lab).get(f"ports/{port['id']}/bindings")["bindings"]] == ["compute2"]
    assert there.ask_address()["ip"] == server.address, "DHCP finds it there"
    assert there.reaches(others["compute3"].address)
    said = lab.must("log", server.port["id"])
    order = [
        said.index(name)
        for name in ("PortBindingAdded", "PortBindingWired", "PortBindingActivated", "PortBindingRemoved")
    ]
    assert order == sorted(order)


def test_a_move_that_is_given_up_disturbs_nobody(lab: Whole, tenant: Tenant) -> None:
    server, other = tenant.boot("compute1"), tenant.boot("compute3")
    assert other.reaches(server.address)
    ping = Steady(other.netns, server.address)
    api, path = nova(lab), f"ports/{server.port['id']}/bindings"
    api.send("POST", path, {"binding": {"host": "compute2"}})
    there = copy_of(server, tenant, "compute2")
    there.plug()
    eventually("ready there", lambda: "PortBindingWired" in lab.must("log", server.port["id"]))
    there.unplug()
    api.send("DELETE", f"{path}/compute2")
    time.sleep(1)
    seen = ping.stop()
    print(f"given up: {seen.answered} answered, {seen.lost} lost, longest gap {seen.gap():.0f} ms")
    assert seen.answered > 50 and not seen.lost and not seen.twice
    assert tenant.status(server) == "ACTIVE"
