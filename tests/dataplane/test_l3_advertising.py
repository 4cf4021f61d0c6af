"""An IPv6 interface that comes while servers run: they hear the router once its port is wired, not at radvd's next turn."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.dataplane.hypervisor import wait_until
from tests.dataplane.l3_town import RouterHost

pytestmark = pytest.mark.root
_WIRED_AFTER = 0.3  # seconds; radvd's first advertisement is lost, its own second one comes 16 s later


@pytest.fixture
def host() -> Iterator[RouterHost]:
    host = RouterHost()
    try:
        host.up()
        yield host
    finally:
        host.down()


def test_servers_that_run_have_the_default_route_seconds_after_the_port_is_wired(host: RouterHost) -> None:
    host.start_agent()
    host.settle()
    host.settle_people()
    place, modes, server = host.town, {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}, host.people["one"]
    server.run("sysctl", "-qw", "net.ipv6.conf.eth0.router_solicitations=0")  # booted long ago: it asks no longer
    subnet_id = host.l3.subnet(place.private, "fd00:4::/64", gateway="fd00:4::1", **modes)
    port_id = host.l3.interface(place.router, place.private, subnet_id, "fd00:4::1", "fd00:4::/64")
    host.go()
    tap = f"tap{port_id[:11]}"
    wait_until(lambda: tap in host.vsctl("list-ports", "br-int").split())
    time.sleep(_WIRED_AFTER)
    assert "default via fe80::" not in server.run("ip", "-6", "route")
    host.vsctl("set", "Port", tap, "tag=1")
    wait_until(lambda: "default via fe80::" in server.run("ip", "-6", "route"), 6.0)
