"""The DHCP agent as a process on a real Open vSwitch: leases for guests on br-int, and what a crash or a restart costs them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs import events
from tests.dataplane.dhcp_host import Hypervisor
from tests.dataplane.hypervisor import wait_until
from tests.fakes.dhcp_guests import sh

pytestmark = pytest.mark.root
A, B = "fa:16:3e:00:00:0a", "fa:16:3e:00:00:0b"


@pytest.fixture
def hypervisor() -> Iterator[Hypervisor]:
    hypervisor = Hypervisor()
    try:
        hypervisor.up()
        yield hypervisor
    finally:
        hypervisor.down()


@pytest.fixture
def serving(hypervisor: Hypervisor) -> Iterator[tuple[Hypervisor, str, str]]:
    """An agent that serves one network: (hypervisor, network id, subnet id); at the end the recompute."""
    network_id, subnet_id = hypervisor.facts.served_network(gateway="10.0.0.1")
    hypervisor.go()
    hypervisor.start_agent()
    wait_until(lambda: hypervisor.operations() != {}, 15.0)
    yield hypervisor, network_id, subnet_id
    hypervisor.recompute()


Serving = tuple[Hypervisor, str, str]


def test_a_guest_on_br_int_gets_its_lease_quickly_and_others_nothing(serving: Serving) -> None:
    host, network_id, subnet_id = serving
    guest = host.guest(A)
    port_id = host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    host.go()
    wait_until(lambda: (host.folder(network_id) / "hosts.d" / port_id).exists(), 1.0)
    start = time.monotonic()
    assert guest.lease() == "10.0.0.5"
    assert time.monotonic() - start < 1.0, "the first DISCOVER is answered, none is repeated"
    guest.become(B)
    assert guest.lease(tries=2) is None


def test_the_dhcp_port_is_plugged_as_nova_plugs(serving: Serving) -> None:
    host, network_id, _ = serving
    (tap,) = (name for name in host.vsctl("list-ports", "br-int").split() if name.startswith("tap"))
    port_id = next(one.stream[5:] for one in host.facts.said if one.stream.startswith("port-"))
    assert tap == f"tap{port_id[:11]}"
    assert host.vsctl("get", "Interface", tap, "external_ids:iface-id").strip().strip('"') == port_id
    assert host.vsctl("get", "Interface", tap, "external_ids:iface-status").strip() == "active"
    assert "fa:16:3e:dc:" in host.vsctl("get", "Interface", tap, "external_ids:attached-mac")
    assert int(host.vsctl("get", "Interface", tap, "ofport")) > 0


def test_a_deleted_ports_address_goes_to_another_mac_at_once(serving: Serving) -> None:
    host, network_id, subnet_id = serving
    first = host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    host.go()
    guest = host.guest(A)
    assert guest.lease() == "10.0.0.5"
    host.facts.delete_port(first, network_id, (subnet_id, "10.0.0.5"))
    second = host.facts.port(network_id, B, (subnet_id, "10.0.0.5"))
    host.go()
    wait_until(lambda: (host.folder(network_id) / "hosts.d" / second).exists(), 1.0)
    guest.become(B)
    assert guest.lease() == "10.0.0.5"


def test_a_killed_agent_leaves_the_leases_going_and_its_successor_touches_nothing(serving: Serving) -> None:
    host, network_id, subnet_id = serving
    host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    host.go()
    guest = host.guest(A)
    assert guest.lease() == "10.0.0.5"
    before = host.pid(network_id)
    host.kill_agent()
    assert guest.lease() == "10.0.0.5"
    host.start_agent()
    wait_until(lambda: host.operations() != {}, 15.0)
    assert host.operations()["total"] == 0
    assert host.pid(network_id) == before
    assert guest.lease() == "10.0.0.5"


def test_what_changed_while_the_agent_was_dead_is_done_when_it_is_back(serving: Serving) -> None:
    host, network_id, subnet_id = serving
    gone = host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    host.go()
    guest = host.guest(A)
    assert guest.lease() == "10.0.0.5"
    host.kill_agent()
    host.facts.delete_port(gone, network_id, (subnet_id, "10.0.0.5"))
    host.facts.port(network_id, B, (subnet_id, "10.0.0.5"))
    host.go()
    host.start_agent()
    wait_until(lambda: host.operations() != {}, 15.0)
    guest.become(B)
    assert guest.lease() == "10.0.0.5"


def test_a_killed_dnsmasq_is_back_within_a_second(serving: Serving) -> None:
    host, network_id, subnet_id = serving
    host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    host.go()
    before = host.pid(network_id)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: host.pid(network_id) not in (0, before), 1.0)
    assert host.guest(A).lease() == "10.0.0.5"


def test_killed_hands_are_replaced_and_nothing_is_touched(serving: Serving) -> None:
    host, network_id, subnet_id = serving
    assert host.agent is not None
    children = Path(f"/proc/{host.agent.pid}/task/{host.agent.pid}/children").read_text().split()
    before, counted = host.pid(network_id), host.operations()["total"]
    os.kill(int(children[0]), signal.SIGKILL)
    time.sleep(0.5)
    assert (host.pid(network_id), host.operations()["total"]) == (before, counted)
    host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    host.go()
    assert host.guest(A).lease() == "10.0.0.5"


def test_a_device_that_was_removed_by_hand_is_made_anew_and_serves(serving: Serving) -> None:
    """A new device under the old name: dnsmasq's sockets were bound to the old one, so it must start again."""
    host, network_id, subnet_id = serving
    host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    (own,) = (one.stream[5:] for one in host.facts.said if getattr(one.event, "device_owner", "") == "network:dhcp")
    host.go()
    (tap,) = (name for name in host.vsctl("list-ports", "br-int").split() if name.startswith("tap"))
    sh("ip", "-n", host.name, "link", "del", tap)
    host.facts.allocate(own, subnet_id, "10.0.0.3")
    before = host.pid(network_id)
    host.go()
    wait_until(lambda: host.pid(network_id) not in (0, before))
    assert host.guest(A).lease() == "10.0.0.5"


def test_another_mtu_reaches_the_guests(serving: Serving) -> None:
    host, network_id, subnet_id = serving
    host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    host.facts.say(f"network-{network_id}", events.NetworkMtuChanged(network_id, 1450, 1400))
    before = host.pid(network_id)
    host.go()
    wait_until(lambda: host.pid(network_id) not in (0, before))
    guest = host.guest(A)
    assert guest.lease() == "10.0.0.5"
    assert guest.seen["mtu"] == "1400"


def test_a_second_subnet_is_served_as_soon_as_our_port_has_its_address(serving: Serving) -> None:
    """The range comes first, the DHCP port's address in a later commit: nothing may need a second restart for it."""
    host, network_id, _ = serving
    before = host.pid(network_id)
    second = host.facts.subnet(network_id, "10.7.0.0/24", gateway="10.7.0.1")
    guest_port = host.facts.port(network_id, A, (second, "10.7.0.5"))
    host.go()
    wait_until(lambda: host.pid(network_id) not in (0, before))
    wait_until(lambda: (host.folder(network_id) / "hosts.d" / guest_port).exists())
    restarted = host.pid(network_id)
    (own,) = (one.stream[5:] for one in host.facts.said if getattr(one.event, "device_owner", "") == "network:dhcp")
    host.facts.allocate(own, second, "10.7.0.2")
    host.go()
    guest = host.guest(A)
    wait_until(lambda: guest.lease(tries=1) == "10.7.0.5")
    assert guest.seen["router"] == "10.7.0.1"
    assert host.pid(network_id) == restarted


def test_subnets_that_cannot_be_served_cost_a_network_nothing(hypervisor: Hypervisor) -> None:
    """The first subnet has no room for our port, another stands in an older log and is link-local; guests live on the third."""
    facts = hypervisor.facts
    network_id = facts.network()
    facts.subnet(network_id, "10.1.0.0/24", gateway="10.1.0.1")
    local = facts.subnet(network_id, "fe80::/64", gateway="fe80::")
    roomy = facts.subnet(network_id, "10.2.0.0/24", gateway="10.2.0.1")
    facts.schedule(network_id)
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (local, "fe80::1"), (roomy, "10.2.0.2"))
    facts.port(network_id, A, (roomy, "10.2.0.5"))
    hypervisor.go()
    hypervisor.start_agent()
    guest = hypervisor.guest(A)
    wait_until(lambda: guest.lease(tries=1) == "10.2.0.5", 15.0)
    assert guest.seen["router"] == "10.2.0.1"
    namespace = f"qdhcp-{network_id}@{hypervisor.name}"
    assert "default via 10.2.0.1" in sh("ip", "-n", namespace, "route")
    changes = hypervisor.operations()["total"]
    time.sleep(1.0)
    assert hypervisor.operations()["total"] == changes, "nothing is tried again and again"


def test_an_unscheduled_network_leaves_nothing_behind(serving: Serving) -> None:
    host, network_id, _ = serving
    pid = host.pid(network_id)
    host.facts.unschedule(network_id)
    host.go()
    wait_until(lambda: host.namespaces() == [])
    assert not host.folder(network_id).exists()
    assert not Path(f"/proc/{pid}/cmdline").exists() or Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    assert [name for name in host.vsctl("list-ports", "br-int").split() if name.startswith("tap")] == []
    assert "tap" not in sh("ip", "-n", host.name, "link")
