"""The real dnsmasq, in a namespace on a bridge, driven through the real hands: what guests get, and what is touched for it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from libs.config import Settings
from libs.kernel.hands import Hands
from libs.materialise.dhcp import Desired, Place, PortFiles, Served, files_change, serve, text_of
from libs.model import DhcpOption, HostRoute
from tests.fakes.dhcp_facts import HOST, Facts
from tests.fakes.dhcp_guests import Guest, sh

pytestmark = pytest.mark.root
A, B = "fa:16:3e:00:00:0a", "fa:16:3e:00:00:0b"


@dataclass
class Bench:
    """A namespace that stands for a host, with a bridge instead of a switch. `told`: what the hands said unasked."""

    name: str
    folder: Path
    told: list[dict[str, Any]] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    domain: str = "openstacklocal"

    def __post_init__(self) -> None:
        sh("ip", "netns", "add", self.name)
        sh("ip", "-n", self.name, "link", "add", "br0", "type", "bridge")
        sh("ip", "-n", self.name, "link", "set", "br0", "up")
        modules = ("libs.kernel.links", "libs.kernel.dnsmasq")
        self.hands = Hands(replace(Settings(), netns=self.name), self.told.append, modules=modules)

    def close(self) -> None:
        self.hands.call("dnsmasq.remove", folders=[item["folder"] for item in self.items.values()])
        for item in self.items.values():
            self.hands.call("links.remove", items=[{"namespace": item["namespace"], "peers": []}])
        self.hands.close()
        for guest in self.guests:
            guest.halt()
        sh("ip", "netns", "del", self.name)

    def render(self, facts: Facts) -> Served:
        """What serving the only network of these facts takes."""
        desired = Desired()
        for recorded in facts.said:
            desired.take(recorded)
        (network_id,) = desired.networks
        view = desired.view(network_id)
        assert view is not None
        user = "" if os.stat(self.folder).st_mode & 1 else "root"
        wanted = serve(view, Place(HOST, str(self.folder), f"@{self.name}", user, domain=self.domain))
        assert wanted is not None
        return wanted

    def serve(self, facts: Facts) -> list[str]:
        """Ensure everything; the changes to dnsmasq, its files and leases."""
        wanted = self.render(facts)
        device = wanted.device
        end = {"name": device.name, "peer": device.tap, "mac": device.mac, "mtu": device.mtu}
        routes = [["0.0.0.0/0", device.gateway]] if device.gateway else []
        devices = [end | {"addresses": list(device.addresses)}]
        link = {"namespace": wanted.namespace, "devices": devices, "routes": routes}
        (answer,) = self.hands.call("links.ensure", items=[link])
        assert answer["error"] is None
        sh("ip", "-n", self.name, "link", "set", device.tap, "master", "br0")
        self.items[wanted.network_id] = item = {
            "folder": wanted.folder,
            "namespace": wanted.namespace,
            "device": device.name,
            "command": list(wanted.command),
            "options": text_of(wanted.options),
            "hosts": {port_id: text_of(lines) for port_id, lines in wanted.hosts.items()},
            "port_options": {port_id: text_of(lines) for port_id, lines in wanted.port_options.items()},
            "restart": False,
        }
        (answer,) = self.hands.call("dnsmasq.ensure", items=[item])
        assert answer["error"] is None
        return list(answer["changes"])

    def change(self, before: Served, after: Served) -> list[str]:
        """Change host files alone, as for a port that came or went."""
        difference = files_change(
            PortFiles(before.hosts, before.port_options), PortFiles(after.hosts, after.port_options)
        )
        item = {
            "folder": after.folder,
            "namespace": after.namespace,
            "device": after.device.name,
            "command": list(after.command),
            "write": {port_id: text_of(lines) for port_id, lines in difference.write.items()},
            "remove": list(difference.remove),
            "write_options": {port_id: text_of(lines) for port_id, lines in difference.write_options.items()},
            "remove_options": list(difference.remove_options),
            "options": None,
            "release": [list(pair) for pair in difference.release],
        }
        (answer,) = self.hands.call("dnsmasq.change", items=[item])
        assert answer["error"] is None
        return list(answer["changes"])

    def guest(self, mac: str) -> Guest:
        number = len(self.guests)
        guest = Guest(f"{self.name}-g{number}", f"g{number}", mac, self.folder)
        self.guests.append(guest)
        guest.boot(self.name)
        sh("ip", "-n", self.name, "link", "set", guest.tap, "master", "br0")
        return guest


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(f"nld-{uuid4().hex[:6]}", tmp_path)
    yield bench
    bench.close()


def pid_of(served: Served) -> int:
    return int((Path(served.folder) / "pid").read_text())


def wait_until(happened: Callable[[], bool], seconds: float = 2.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert happened()


def test_a_guest_is_told_everything_that_its_subnet_says(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network(
        gateway="10.0.0.1", dns_nameservers=("9.9.9.9",), host_routes=(HostRoute("192.0.2.0/24", "10.0.0.9"),)
    )
    facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    bench.serve(facts)
    guest = bench.guest(A)
    assert guest.lease() == "10.0.0.5"
    assert guest.seen["mask"] == "24"
    assert guest.seen["router"] == "10.0.0.1"
    assert guest.seen["dns"] == "9.9.9.9"
    assert guest.seen["mtu"] == "1450"
    assert guest.seen["lease"] == "86400"
    assert guest.seen["domain"] == "openstacklocal"
    assert guest.seen["staticroutes"] == "192.0.2.0/24 10.0.0.9 0.0.0.0/0 10.0.0.1"


def test_an_unknown_mac_gets_nothing(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    bench.serve(facts)
    assert bench.guest(B).lease(tries=2) is None


def test_names_of_guests_are_answered_and_the_world_is_not_asked(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    bench.serve(facts)
    guest = bench.guest(A)
    assert guest.lease() == "10.0.0.5"
    assert guest.seen["dns"] == "10.0.0.2"
    assert "10.0.0.7" in guest.run("busybox", "nslookup", "-type=a", "host-10-0-0-7.openstacklocal", "10.0.0.2")
    refused = ("ip", "netns", "exec", guest.name, "busybox", "nslookup", "-type=a", "example.com", "10.0.0.2")
    assert "REFUSED" in subprocess.run(refused, capture_output=True, text=True, check=False).stdout


def test_a_second_ensure_touches_nothing(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    assert any("started" in text for text in bench.serve(facts))
    assert bench.guest(A).lease() == "10.0.0.5"
    assert bench.serve(facts) == []


def test_a_new_port_is_served_without_a_signal(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    bench.serve(facts)
    before = bench.render(facts)
    port_id = facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    assert bench.change(before, bench.render(facts)) == [f"file hosts.d/{port_id} written"]
    assert bench.guest(A).lease() == "10.0.0.5"


def test_a_deleted_ports_address_goes_to_another_mac_at_once(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    first = facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    bench.serve(facts)
    guest = bench.guest(A)
    assert guest.lease() == "10.0.0.5"
    before = bench.render(facts)
    facts.delete_port(first, network_id, (subnet_id, "10.0.0.5"))
    facts.port(network_id, B, (subnet_id, "10.0.0.5"))
    changes = bench.change(before, bench.render(facts))
    assert any(text.startswith("lease 10.0.0.5") for text in changes)
    guest.become(B)
    assert guest.lease() == "10.0.0.5"
    guest.become(A)
    assert guest.lease(tries=2) is None


def test_an_address_that_moved_while_nobody_looked_is_freed_by_ensure(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    first = facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    bench.serve(facts)
    guest = bench.guest(A)
    assert guest.lease() == "10.0.0.5"
    facts.delete_port(first, network_id, (subnet_id, "10.0.0.5"))
    facts.port(network_id, B, (subnet_id, "10.0.0.5"))
    bench.serve(facts)
    guest.become(B)
    assert guest.lease() == "10.0.0.5"


def test_dnsmasq_outlives_the_hands_and_keeps_its_leases_over_a_restart(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    bench.serve(facts)
    served = bench.render(facts)
    guest = bench.guest(A)
    assert guest.lease() == "10.0.0.5"
    pid = pid_of(served)
    hands = bench.hands.pid
    assert hands is not None
    os.kill(hands, signal.SIGKILL)
    assert guest.lease() == "10.0.0.5"
    facts.subnet(network_id, "10.1.0.0/24")
    bench.serve(facts)
    assert pid_of(served) != pid, "another range needs another command line"
    assert "10.0.0.5" in (Path(served.folder) / "leases").read_text()
    assert guest.lease() == "10.0.0.5"


def test_a_killed_dnsmasq_is_told_at_once(bench: Bench) -> None:
    facts = Facts()
    facts.served_network()
    bench.serve(facts)
    served = bench.render(facts)
    os.kill(pid_of(served), signal.SIGKILL)
    wait_until(lambda: {"dnsmasq_ended": served.folder} in bench.told, 1.0)
    assert any("started" in text for text in bench.serve(facts))


def test_a_replaced_process_is_no_alarm(bench: Bench) -> None:
    facts = Facts()
    network_id, _ = facts.served_network()
    bench.serve(facts)
    facts.subnet(network_id, "10.1.0.0/24")
    bench.serve(facts)
    time.sleep(0.1)
    assert bench.told == []


def test_two_subnets_of_one_network(bench: Bench) -> None:
    facts = Facts()
    network_id = facts.network()
    one = facts.subnet(network_id, "10.0.0.0/24", gateway="10.0.0.1")
    two = facts.subnet(network_id, "10.1.0.0/16", gateway="10.1.0.1", dns_nameservers=("8.8.8.8",))
    facts.schedule(network_id)
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (one, "10.0.0.2"), (two, "10.1.0.2"))
    facts.port(network_id, A, (one, "10.0.0.5"))
    facts.port(network_id, B, (two, "10.1.0.5"))
    bench.serve(facts)
    guest = bench.guest(A)
    assert (guest.lease(), guest.seen["router"], guest.seen["dns"]) == ("10.0.0.5", "10.0.0.1", "10.0.0.2")
    guest.become(B)
    assert (guest.lease(), guest.seen["router"], guest.seen["dns"]) == ("10.1.0.5", "10.1.0.1", "8.8.8.8")
    assert "10.0.0.0/24 0.0.0.0" in guest.seen["staticroutes"]


def with_ipv6(ra: str | None, address: str | None) -> tuple[Facts, str, str]:
    facts = Facts()
    network_id = facts.network()
    modes = {"ipv6_ra_mode": ra, "ipv6_address_mode": address}
    subnet_id = facts.subnet(network_id, "fd00:9::/64", gateway="fd00:9::1", **modes)
    facts.schedule(network_id)
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (subnet_id, "fd00:9::2"))
    return facts, network_id, subnet_id


def test_dhcpv6_stateful_gives_the_ports_address_and_frees_it_for_another(bench: Bench) -> None:
    facts, network_id, subnet_id = with_ipv6("dhcpv6-stateful", "dhcpv6-stateful")
    first = facts.port(network_id, A, (subnet_id, "fd00:9::5"))
    bench.serve(facts)
    guest = bench.guest(A)
    assert guest.lease6() == {"address": "fd00:9::5", "dns": "fd00:9::2"}
    before = bench.render(facts)
    facts.delete_port(first, network_id, (subnet_id, "fd00:9::5"))
    facts.port(network_id, B, (subnet_id, "fd00:9::5"))
    changes = bench.change(before, bench.render(facts))
    assert any(text.startswith("lease fd00:9::5") for text in changes)
    assert bench.guest(B).lease6().get("address") == "fd00:9::5"


def test_an_unknown_guest_gets_no_ipv6_address(bench: Bench) -> None:
    facts, _, _ = with_ipv6("dhcpv6-stateful", "dhcpv6-stateful")
    bench.serve(facts)
    assert "address" not in bench.guest(A).lease6(seconds=1.5)


def test_slaac_guests_make_their_address_and_get_no_router_from_us(bench: Bench) -> None:
    facts, _, _ = with_ipv6("slaac", "slaac")
    bench.serve(facts)
    guest = bench.guest("fa:16:3e:11:22:33")
    wait_until(lambda: "fd00:9::f816:3eff:fe11:2233/64" in guest.addresses6(), 5.0)
    assert guest.run("ip", "-6", "route", "show", "default") == ""


@pytest.mark.parametrize(
    "cidr",
    ["10.0.0.0/8", "10.0.0.0/30", "10.0.0.0/32", "192.168.1.128/25", "fd00:9::/64", "fd00:9::/96", "fd00:9::/128"],
)
@pytest.mark.parametrize("mode", ["dhcpv6-stateful", None])
def test_dnsmasq_accepts_what_is_rendered(bench: Bench, cidr: str, mode: str | None) -> None:
    """`--test` reads arguments and option files, as a start would."""
    facts = Facts()
    network_id, _ = facts.served_network("10.250.0.0/24", "10.250.0.2")
    modes = {"ipv6_address_mode": mode} if ":" in cidr else {}
    subnet_id = facts.subnet(
        network_id, cidr, host_routes=() if ":" in cidr else (HostRoute("0.0.0.0/0", "10.0.0.1"),), **modes
    )
    facts.port(network_id, A, (subnet_id, cidr.partition("/")[0]))
    wanted = bench.render(facts)
    folder = Path(wanted.folder)
    (folder / "hosts.d").mkdir(parents=True)
    (folder / "options").write_text(text_of(wanted.options))
    for port_id, lines in wanted.hosts.items():
        (folder / "hosts.d" / port_id).write_text(text_of(lines))
    assert sum(word.startswith("--dhcp-range") for word in wanted.command) == 2
    done = subprocess.run([*wanted.command, "--test"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "dnsmasq: syntax check OK.")


NASTY = 'a,b "c" \\ #d; tag:x,option:router,10.0.0.66'


def test_a_ports_own_options_go_before_its_subnets_and_to_it_alone(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network(gateway="10.0.0.1")
    first = facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    facts.port(network_id, B, (subnet_id, "10.0.0.6"))
    wanted = [("router", "10.0.0.9"), ("67", NASTY), ("tftp-server", "10.0.0.7"), ("254", "aa:bb"), ("mtu", "1300")]
    wanted += [("server-ip-address", "10.0.0.8"), ("domain-search", "a.example,b.example")]
    facts.options(first, *(DhcpOption(*one) for one in wanted))
    bench.serve(facts)
    guest = bench.guest(A)
    ask = ("bootfile", "tftp", "search", "0xfe")
    assert guest.lease(ask=ask) == "10.0.0.5"
    assert guest.seen["router"] == "10.0.0.9"
    assert guest.seen["bootfile"] == NASTY
    assert guest.seen["tftp"] == "10.0.0.7"
    assert guest.seen["opt254"] == "aabb"
    assert guest.seen["mtu"] == "1300"
    assert guest.seen["siaddr"] == "10.0.0.8"
    assert guest.seen["search"] == "a.example b.example"
    guest.become(B)
    assert guest.lease(ask=ask) == "10.0.0.6"
    assert (guest.seen["router"], guest.seen["bootfile"], guest.seen["mtu"]) == ("10.0.0.1", "", "1450")


def test_a_new_port_with_options_needs_no_signal_and_other_options_one(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network(gateway="10.0.0.1")
    bench.serve(facts)
    guest, before = bench.guest(A), bench.render(facts)
    port_id = facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    facts.options(port_id, DhcpOption("bootfile-name", "one"))
    after = bench.render(facts)
    assert bench.change(before, after) == [f"file opts.d/{port_id} written", f"file hosts.d/{port_id} written"]
    assert guest.lease(ask=("bootfile",)) == "10.0.0.5"
    assert guest.seen["bootfile"] == "one"
    facts.options(port_id, DhcpOption("bootfile-name", "two"))
    again = bench.render(facts)
    old = pid_of(again)
    changes = bench.change(after, again)
    assert changes == [f"file opts.d/{port_id} written", f"dnsmasq {old} stopped", f"dnsmasq {pid_of(again)} started"]
    assert guest.lease(ask=("bootfile",)) == "10.0.0.5"
    assert guest.seen["bootfile"] == "two"
    facts.options(port_id)
    plain = bench.render(facts)
    bench.change(again, plain)
    assert guest.lease(ask=("bootfile",)) == "10.0.0.5"
    assert guest.seen["bootfile"] == ""
    facts.release(port_id, subnet_id, "10.0.0.5")
    facts.allocate(port_id, subnet_id, "10.0.0.7")
    assert f"dnsmasq {pid_of(plain)} reloaded" in bench.change(plain, bench.render(facts)), (
        "nobody has options any longer"
    )
    assert guest.lease() == "10.0.0.7"


def test_a_network_with_options_lives_through_every_change(bench: Bench) -> None:
    """SIGHUP would kill a dnsmasq that served a tagged host."""
    facts = Facts()
    network_id, subnet_id = facts.served_network(gateway="10.0.0.1")
    port_id = facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    facts.options(port_id, DhcpOption("bootfile-name", "one"))
    bench.serve(facts)
    guest = bench.guest(A)
    assert guest.lease() == "10.0.0.5"
    other = facts.port(network_id, B, (subnet_id, "10.0.0.6"))
    before = bench.render(facts)
    bench.serve(facts)
    facts.delete_port(other, network_id, (subnet_id, "10.0.0.6"))
    after = bench.render(facts)
    bench.change(before, after)
    time.sleep(0.2)
    assert bench.told == [], "no dnsmasq ended by itself"
    assert guest.lease(ask=("bootfile",)) == "10.0.0.5"
    assert guest.seen["bootfile"] == "one"


def test_guests_know_each_other_by_name_in_the_domain_that_is_set(bench: Bench) -> None:
    bench.domain = "cloud.example"
    facts = Facts()
    network_id, subnet_id = facts.served_network(gateway="10.0.0.1")
    six = facts.subnet(network_id, "fd00:9::/64", gateway="fd00:9::1", ipv6_ra_mode=None, ipv6_address_mode=None)
    facts.port(network_id, A, (subnet_id, "10.0.0.5"), (six, "fd00:9::5"))
    facts.port(network_id, B, (subnet_id, "10.0.0.6"), (six, "fd00:9::6"))
    bench.serve(facts)
    guest = bench.guest(A)
    assert guest.lease() == "10.0.0.5"
    assert (guest.seen["dns"], guest.seen["domain"]) == ("10.0.0.2", "cloud.example")
    assert guest.resolve("host-10-0-0-6.cloud.example", "10.0.0.2") == ["10.0.0.6"]
    assert guest.resolve("host-fd00-9--6.cloud.example", "10.0.0.2") == ["fd00:9::6"]
    assert guest.resolve("10.0.0.6", "10.0.0.2") == ["host-10-0-0-6.cloud.example"]
    assert guest.resolve("nobody.cloud.example", "10.0.0.2") == []
    assert guest.resolve("www.example.com", "10.0.0.2") == []


def test_a_guest_has_the_name_of_its_port(bench: Bench) -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    named = facts.port(network_id, B, (subnet_id, "10.0.0.6"), dns_name="db")
    bench.serve(facts)
    asking, other = bench.guest(A), bench.guest(B)
    assert asking.lease() == "10.0.0.5"
    assert other.lease() == "10.0.0.6"
    assert asking.resolve("db.openstacklocal", "10.0.0.2") == ["10.0.0.6"]
    assert asking.resolve("10.0.0.6", "10.0.0.2") == ["db.openstacklocal"]

    before = bench.render(facts)
    facts.rename(named, "db", "store.openstacklocal.")
    bench.change(before, bench.render(facts))
    wait_until(lambda: asking.resolve("store.openstacklocal", "10.0.0.2") == ["10.0.0.6"])
    assert asking.resolve("db.openstacklocal", "10.0.0.2") == []
