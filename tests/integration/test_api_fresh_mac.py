"""port-mac-address-regenerate: a MAC of null is a wish for a fresh one."""

from __future__ import annotations

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import subnet_of

pytestmark = pytest.mark.postgres


def test_a_port_gets_a_fresh_mac_when_it_is_told_to(world: World) -> None:
    admin = world.admin
    network, _ = subnet_of(admin, "10.0.0.0/24")
    port = admin.made("port", network_id=network, mac_address=None)
    path = f"/v2.0/ports/{port['id']}"
    fresh = admin.put(path, {"port": {"mac_address": None}}).json["port"]
    assert fresh["mac_address"].startswith("fa:16:3e:") and fresh["mac_address"] != port["mac_address"]
    assert fresh["fixed_ips"] == port["fixed_ips"] and admin.get(path).json["port"] == fresh
    assert admin.put(path, {"port": {"name": "x"}}).json["port"]["mac_address"] == fresh["mac_address"]


def test_not_for_a_bound_port_nor_by_those_who_may_not(world: World) -> None:
    admin: Browser = world.admin
    network, _ = subnet_of(admin, "10.0.0.0/24", shared=True)
    bound = admin.made("port", network_id=network, binding__host_id="compute1")["id"]
    bob = admin.acting("bob", "member")
    own, head = bob.made("port", network_id=network)["id"], world.log.head()
    assert admin.put(f"/v2.0/ports/{bound}", {"port": {"mac_address": None}}).error == (409, "PortBound")
    assert bob.put(f"/v2.0/ports/{own}", {"port": {"mac_address": None}}).error == (403, "PolicyNotAuthorized")
    assert world.log.head() == head
