"""IPv6 by way of a router with real packets: servers that make their addresses themselves, and servers that are told them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.city import recompute, routers
from tests.six import WORLD, Six
from tests.whole import Whole, eventually

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]


@pytest.fixture(params=["slaac", "dhcpv6-stateful"])
def six(lab: Whole, request: pytest.FixtureRequest) -> Iterator[Six]:
    """A network of that mode behind a router, and the recompute at the end of its story."""
    one = Six(lab, request.param)
    try:
        yield one
        recompute(lab, tuple({one.host(), *(server.host.name for server in one.guests)}))
    finally:
        one.leave()
        eventually("no router is left", lambda: not routers(lab), 20)


def test_servers_have_their_ports_addresses_and_reach_the_world_which_reaches_them(six: Six) -> None:
    one, other = six.boot("compute2"), six.boot("compute3")
    assert one.reaches(other.address, 10) and other.reaches(one.address, 10)
    assert one.reaches(WORLD, 20), "by the router that advertises itself"
    assert six.is_reached(one), "and from outside"
