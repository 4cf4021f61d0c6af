"""What guests get from a DHCP agent beside a lease: options of their own, metadata at the DHCP port; and two agents at once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from libs.kernel.inside import inside
from libs.model import ROUTER_INTERFACE_OWNER, DhcpOption
from tests.dataplane.dhcp_host import Hypervisor, running
from tests.dataplane.hypervisor import wait_until
from tests.fakes.dhcp_facts import Facts, an_id
from tests.fakes.dhcp_guests import Guest, sh
from tests.fakes.nova import Nova, nova_server

pytestmark = pytest.mark.root
A, B = "fa:16:3e:00:00:0a", "fa:16:3e:00:00:0b"
VM = an_id(0x111)
FOUND = (200, "i-00000001")


def route_to_metadata(guest: Guest) -> str:
    """The next hop that DHCP named, empty for none."""
    words = guest.seen["staticroutes"].split()
    return dict(zip(words[::2], words[1::2], strict=True)).get("169.254.169.254/32", "")


def ask(guest: Guest, via: str) -> tuple[int, str]:
    """(status, text) of the guest's instance id, as metadata tells it."""
    guest.run("ip", "route", "replace", "169.254.169.254/32", "via", via)

    def there() -> tuple[int, str]:
        connection = HTTPConnection("169.254.169.254", timeout=5)
        connection.request("GET", "/latest/meta-data/instance-id")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    return inside(guest.name, there)


@pytest.fixture
def nova() -> Iterator[Nova]:
    with nova_server() as nova:
        yield nova


@pytest.fixture
def open_host(nova: Nova) -> Iterator[tuple[Hypervisor, str, str]]:
    """A host that has a Nova, with one network: (hypervisor, network id, subnet id); at the end the recompute."""
    host = Hypervisor(settings={"NETLEDGER_METADATA_URL": nova.url, "NETLEDGER_METADATA_SECRET": "hush"})
    network_id, subnet_id = host.facts.served_network(gateway="10.0.0.1")
    with running(host):
        wait_until(lambda: host.operations() != {}, 15.0)
        yield host, network_id, subnet_id
        host.recompute()


Open = tuple[Hypervisor, str, str]


def test_a_server_on_an_isolated_network_gets_its_metadata_and_nobody_else_any(nova: Nova, open_host: Open) -> None:
    host, network_id, subnet_id = open_host
    host.facts.port(network_id, A, (subnet_id, "10.0.0.5"), device=VM)
    host.go()
    guest = host.guest(A)
    assert guest.lease() == "10.0.0.5"
    assert guest.seen["staticroutes"] == "169.254.169.254/32 10.0.0.2 0.0.0.0/0 10.0.0.1"
    assert ask(guest, route_to_metadata(guest)) == FOUND
    told = nova.told()
    assert (told["x-instance-id"], told["x-tenant-id"], told["x-forwarded-for"]) == ([VM], ["p"], ["10.0.0.5"])
    guest.run("ip", "addr", "flush", "dev", "eth0")
    guest.run("ip", "addr", "add", "10.0.0.66/24", "dev", "eth0")
    assert ask(guest, "10.0.0.2")[0] == 404


def test_a_router_takes_the_route_over_and_leases_from_before_still_lead_to_metadata(open_host: Open) -> None:
    host, network_id, subnet_id = open_host
    host.facts.port(network_id, A, (subnet_id, "10.0.0.5"), device=VM)
    host.go()
    guest = host.guest(A)
    assert guest.lease() == "10.0.0.5" and route_to_metadata(guest) == "10.0.0.2"
    before, namespace = host.pid(network_id), f"qdhcp-{network_id}@{host.name}"
    router = host.facts.port(network_id, "fa:16:3e:00:00:99", (subnet_id, "10.0.0.1"), owner=ROUTER_INTERFACE_OWNER)
    host.go()
    wait_until(lambda: guest.lease() == "10.0.0.5" and guest.seen["staticroutes"] == "", 15.0)
    assert guest.seen["router"] == "10.0.0.1"
    assert ask(guest, "10.0.0.2") == FOUND, "a guest that has not renewed its lease asks there"
    assert "169.254.169.254/32" in sh("ip", "-n", namespace, "addr")
    host.facts.delete_port(router, network_id, (subnet_id, "10.0.0.1"))
    host.go()
    wait_until(lambda: guest.lease() == "10.0.0.5" and route_to_metadata(guest) == "10.0.0.2", 15.0)
    assert ask(guest, route_to_metadata(guest)) == FOUND
    assert host.pid(network_id) == before


def test_after_a_kill_metadata_is_back_and_nothing_was_touched(open_host: Open) -> None:
    host, network_id, subnet_id = open_host
    host.facts.port(network_id, A, (subnet_id, "10.0.0.5"), device=VM)
    host.go()
    guest = host.guest(A)
    assert guest.lease() == "10.0.0.5"
    assert ask(guest, "10.0.0.2") == FOUND
    host.kill_agent()
    host.start_agent()
    wait_until(lambda: host.operations() != {}, 15.0)
    assert host.operations()["total"] == 0
    wait_until(lambda: ":80 " in sh("ip", "netns", "exec", f"qdhcp-{network_id}@{host.name}", "ss", "-ltn"))
    assert ask(guest, "10.0.0.2") == FOUND


def test_a_lease_shows_the_ports_own_options_as_they_are_now() -> None:
    host = Hypervisor()
    network_id, subnet_id = host.facts.served_network(gateway="10.0.0.1")
    port_id = host.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    host.facts.options(port_id, DhcpOption("bootfile-name", "pxelinux.0"), DhcpOption("150", "10.0.0.9"))
    with running(host):
        guest = host.guest(A)
        wait_until(lambda: guest.lease(tries=1, ask=("bootfile",)) == "10.0.0.5", 15.0)
        assert guest.seen["bootfile"] == "pxelinux.0"
        host.facts.options(port_id, DhcpOption("67", "ipxe.efi"))
        before = host.pid(network_id)
        host.go()
        wait_until(lambda: host.pid(network_id) not in (0, before))
        assert guest.lease(ask=("bootfile",)) == "10.0.0.5"
        assert guest.seen["bootfile"] == "ipxe.efi"


def test_two_agents_serve_one_network_and_one_is_enough() -> None:
    """Both answer with the same address from the same facts; names are asked of both."""
    facts = Facts()
    network_id, subnet_id = facts.served_network(gateway="10.0.0.1")
    facts.schedule(network_id, "compute2")
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:03", (subnet_id, "10.0.0.3"), host="compute2")
    facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    with ExitStack() as stack:
        one, two = (stack.enter_context(running(Hypervisor(facts, name))) for name in ("compute1", "compute2"))
        sh("ip", "link", "add", "wire", "netns", one.name, "type", "veth", "peer", "name", "wire", "netns", two.name)
        for host in (one, two):
            sh("ip", "-n", host.name, "link", "set", "wire", "up")
            sh("ip", "netns", "exec", host.name, "ethtool", "-K", "wire", "tx", "off")
            host.vsctl("add-port", "br-int", "wire")
            wait_until(lambda host=host: host.pid(network_id) != 0, 15.0)  # type: ignore[misc]
        guest = one.guest(A)
        wait_until(lambda: guest.lease(tries=1) == "10.0.0.5", 15.0)
        assert guest.seen["dns"] == "10.0.0.2 10.0.0.3"
        for gone, left in ((one, two), (two, one)):
            gone.kill_agent()
            os.kill(gone.pid(network_id), signal.SIGKILL)
            assert guest.lease(tries=10) == "10.0.0.5", "the other one alone gives the same"
            gone.start_agent()
            wait_until(lambda gone=gone: gone.pid(network_id) != 0, 15.0)  # type: ignore[misc]
            assert left.pid(network_id) != 0


def test_a_new_subnet_starts_one_dnsmasq_anew_and_a_new_port_touches_one_file() -> None:
    host = Hypervisor()
    first, _ = host.facts.served_network(gateway="10.0.0.1")
    second, subnet_id = host.facts.served_network("10.5.0.0/24", "10.5.0.2", gateway="10.5.0.1")
    with running(host):
        wait_until(lambda: host.operations() != {} and host.pid(first) != 0 and host.pid(second) != 0, 15.0)
        pids, counted = (host.pid(first), host.pid(second)), host.operations()["total"]
        host.facts.port(second, A, (subnet_id, "10.5.0.5"))
        host.go()
        wait_until(lambda: host.operations()["total"] != counted)
        time.sleep(0.3)
        assert host.operations()["total"] == counted + 1
        assert (host.pid(first), host.pid(second)) == pids
        host.facts.subnet(second, "10.6.0.0/24", gateway="10.6.0.1")
        host.go()
        wait_until(lambda: host.pid(second) not in (0, pids[1]))
        assert host.pid(first) == pids[0]
        assert host.guest(A).lease() == "10.5.0.5"
