"""Address scopes by the L3 agent on a real Open vSwitch: who sees whose address, and who is not reached at all."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from libs import events
from tests.dataplane import tcp
from tests.dataplane.hypervisor import wait_until
from tests.dataplane.l3_town import STRANGER, RouterHost
from tests.fakes.dhcp_facts import an_id
from tests.fakes.dhcp_guests import Guest, sh

pytestmark = pytest.mark.root
FLOATING, FAR = "198.51.100.100", "10.5.0.11"
SCOPE, SCOPE6, POOL, POOL6 = (an_id(0x5C00 + number) for number in range(4))
_FAR_VLAN = 3


class ScopedHost(RouterHost):
    """A router with a second network, `other`, on which is the server `far`; the first and the outside are in one address scope."""

    def __init__(self) -> None:
        super().__init__()
        facts, town = self.l3, self.town
        self.other = facts.network()
        self.subnet = facts.subnet(self.other, "10.5.0.0/24", "10.5.0.1")
        self.interface = facts.interface(town.router, self.other, self.subnet, "10.5.0.1", "10.5.0.0/24")
        self.far = facts.port(self.other, "fa:16:3e:00:00:05", (self.subnet, FAR), device=an_id(2))
        self.added(town.public, town.outside, town.OUTSIDE, SCOPE)
        self.added(town.private, town.inside, town.INSIDE, SCOPE)
        self.added(self.other, self.subnet, "10.5.0.0/24", None)

    def added(self, network: str, subnet: str, cidr: str, scope: str | None, pool: str = POOL) -> None:
        self.l3.say(f"network-{network}", events.NetworkSubnetAdded(network, subnet, cidr, pool, scope))

    def moved(self, network: str, before: str | None, after: str | None, pool: str = POOL) -> None:
        fact = events.NetworkAddressScopeChanged(network, pool, before, after)
        self.l3.say(f"network-{network}", fact)

    def settle_all(self) -> None:
        self.settle()
        tap = f"tap{self.interface[:11]}"
        wait_until(lambda: tap in self.vsctl("list-ports", "br-int").split())
        self.vsctl("set", "Port", tap, f"tag={_FAR_VLAN}")
        self.settle_people()
        far = self.people["far"] = self.guest("fa:16:3e:00:00:05")
        self.vsctl("set", "Port", far.tap, f"tag={_FAR_VLAN}")
        far.run("ip", "link", "set", "lo", "up")
        far.run("ip", "addr", "add", f"{FAR}/24", "dev", "eth0")
        far.run("ip", "route", "add", "default", "via", "10.5.0.1")
        self.servers.append(tcp.serve(far.name, "far"))
        for cidr in ("10.4.0.0/24", "10.5.0.0/24"):
            self.people["out"].run("ip", "route", "add", cidr, "via", self.town.OWN)


@pytest.fixture
def host() -> Iterator[ScopedHost]:
    """Runs, with people; at the end an agent that starts anew finds nothing to change."""
    host = ScopedHost()
    try:
        host.up()
        host.start_agent()
        host.settle_all()
        yield host
        host.recompute()
    finally:
        host.down()


def test_one_scope_is_routed_and_others_leave_translated_and_are_not_reached(host: ScopedHost) -> None:
    wait_until(lambda: host.asks("one", STRANGER) == f"out {host.town.ONE}")
    assert host.asks("out", host.town.ONE) == f"one {STRANGER}", "the outside reaches a server by its own address"
    assert host.asks("far", STRANGER) == f"out {host.town.OWN}"
    assert host.asks("out", FAR) == ""
    assert host.asks("one", FAR) == "" and host.asks("far", host.town.ONE) == ""
    assert host.asks("one", host.town.TWO) == f"two {host.town.ONE}"
    host.people["far"].run("ping", "-c1", "-W2", "10.5.0.1")


def test_a_floating_ip_leads_from_one_scope_into_another(host: ScopedHost) -> None:
    floating = host.l3.floating_ip(host.town.public, host.town.outside, FLOATING)
    host.l3.associate(floating, FLOATING, host.town.router, host.far, FAR, host.subnet)
    host.town.floating("198.51.100.101", host.town.two, host.town.TWO)
    host.go()
    wait_until(lambda: host.asks("out", FLOATING) == f"far {STRANGER}")
    assert host.asks("far", STRANGER) == f"out {FLOATING}"
    assert host.asks("one", FLOATING) == f"far {host.town.OWN}"
    assert host.asks("two", STRANGER) == "out 198.51.100.101", "a floating IP goes over being routed"
    assert host.asks("out", FAR) == "" and host.asks("one", FAR) == ""


def test_without_snat_only_floating_ips_cross_scopes(host: ScopedHost) -> None:
    router, town = host.town.router, host.town
    gateway = events.RouterSnatChanged(router, False)
    host.l3.about(router, gateway)
    host.go()
    wait_until(lambda: host.asks("far", STRANGER) == "")
    assert host.asks("one", STRANGER) == f"out {town.ONE}"
    floating = host.l3.floating_ip(town.public, town.outside, FLOATING)
    host.l3.associate(floating, FLOATING, router, host.far, FAR, host.subnet)
    host.go()
    wait_until(lambda: host.asks("far", STRANGER) == f"out {FLOATING}")
    assert host.asks("out", FLOATING) == f"far {STRANGER}"


def test_a_pool_that_leaves_its_scope_takes_its_networks_along(host: ScopedHost) -> None:
    wait_until(lambda: host.asks("one", STRANGER) == f"out {host.town.ONE}")
    host.moved(host.town.private, SCOPE, None)
    host.go()
    wait_until(lambda: host.asks("one", STRANGER) == f"out {host.town.OWN}")
    assert host.asks("one", FAR) == f"far {host.town.ONE}" and host.asks("out", host.town.ONE) == ""
    host.moved(host.town.public, SCOPE, None)
    host.go()
    wait_until(lambda: host.asks("out", host.town.ONE) == f"one {STRANGER}")
    assert "scopes" not in sh("ip", "netns", "exec", host.namespace, "nft", "list", "ruleset")


def pings6(guest: Guest, address: str) -> bool:
    command = ["ip", "netns", "exec", guest.name, "ping", "-6", "-c1", "-W1", address]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_ipv6_goes_by_its_own_scopes(host: ScopedHost) -> None:
    town, facts = host.town, host.l3
    for number, network, port in ((4, town.private, town.interface), (5, host.other, host.interface)):
        cidr, address = f"fd00:{number}::/64", f"fd00:{number}::1"
        subnet = facts.subnet(network, cidr, address)
        host.added(network, subnet, cidr, None, POOL6)
        facts.interface(town.router, network, subnet, address, cidr, port)
    for name, number in (("one", 4), ("far", 5)):
        guest = host.people[name]
        guest.run("ip", "addr", "add", f"fd00:{number}::11/64", "dev", "eth0", "nodad")
        guest.run("ip", "-6", "route", "add", "default", "via", f"fd00:{number}::1")
    host.go()
    wait_until(lambda: pings6(host.people["one"], "fd00:5::11"), 15.0)
    host.moved(host.other, None, SCOPE6, POOL6)
    host.go()
    wait_until(lambda: not pings6(host.people["one"], "fd00:5::11"), 15.0)
    assert pings6(host.people["far"], "fd00:5::1") and not pings6(host.people["far"], "fd00:4::11")
    host.moved(town.private, None, SCOPE6, POOL6)
    host.go()
    wait_until(lambda: pings6(host.people["one"], "fd00:5::11"), 15.0)
