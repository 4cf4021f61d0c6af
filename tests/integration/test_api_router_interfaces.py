"""Interfaces of routers: attached by subnet or by port, detached by either, and everything that stands against it."""

from __future__ import annotations

import uuid

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import attach, public, subnet_of

pytestmark = pytest.mark.postgres

NOBODY = str(uuid.uuid4())


@pytest.fixture
def router(admin: Browser) -> str:
    return str(admin.made("router", name="gate")["id"])


def detach(browser: Browser, router: str, **interface: str) -> object:
    seen = browser.put(f"/v2.0/routers/{router}/remove_router_interface", interface)
    return seen.json if seen.status == 200 else seen.error


def test_a_subnet_is_attached_and_detached(admin: Browser, router: str) -> None:
    network, subnet = subnet_of(admin, "10.0.0.0/24")
    answer = attach(admin, router, subnet_id=subnet)
    [port] = admin.get(f"/v2.0/ports?device_id={router}").json["ports"]
    project = admin.get(f"/v2.0/routers/{router}").json["router"]["project_id"]
    assert answer == {
        "id": router, "tenant_id": project, "project_id": project, "port_id": port["id"], "network_id": network,
        "subnet_id": subnet, "subnet_ids": [subnet],
    }  # fmt: skip
    assert (port["device_owner"], port["name"], port["project_id"]) == ("network:router_interface", "", project)
    assert port["fixed_ips"] == [{"subnet_id": subnet, "ip_address": "10.0.0.1"}]
    assert detach(admin, router, subnet_id=subnet) == answer
    assert admin.get(f"/v2.0/ports/{port['id']}").error == (404, "PortNotFound")
    assert detach(admin, router, subnet_id=subnet) == (404, "RouterInterfaceNotFoundForSubnet")


def test_a_port_is_attached_with_its_own_address(admin: Browser, router: str) -> None:
    network, subnet = subnet_of(admin, "10.0.0.0/24")
    port = admin.made("port", network_id=network, fixed_ips=[{"ip_address": "10.0.0.254"}])
    answer = attach(admin, router, port_id=port["id"])
    assert (answer["port_id"], answer["subnet_ids"], answer["subnet_id"]) == (port["id"], [subnet], subnet)
    owned = admin.get(f"/v2.0/ports/{port['id']}").json["port"]
    assert (owned["device_id"], owned["device_owner"]) == (router, "network:router_interface")
    assert detach(admin, router, port_id=port["id"], subnet_id=NOBODY) in (
        (400, "SubnetMismatchForPort"),
        (409, "SubnetMismatchForPort"),
    )
    assert detach(admin, router, port_id=port["id"]) == answer
    assert admin.get(f"/v2.0/ports/{port['id']}").error == (404, "PortNotFound")


def test_one_port_collects_the_ipv6_subnets_of_a_network(admin: Browser, router: str) -> None:
    network, first = subnet_of(admin, "fd00:1::/64")
    second = admin.made("subnet", network_id=network, cidr="fd00:2::/64", ip_version=6)["id"]
    one = attach(admin, router, subnet_id=first)
    two = attach(admin, router, subnet_id=second)
    assert one["port_id"] == two["port_id"] and two["subnet_ids"] == [second]
    [port] = admin.get(f"/v2.0/ports?device_id={router}").json["ports"]
    assert [each["subnet_id"] for each in port["fixed_ips"]] == [first, second]
    assert detach(admin, router, subnet_id=first) != (404, "RouterInterfaceNotFoundForSubnet")
    assert len(admin.get(f"/v2.0/ports/{port['id']}").json["port"]["fixed_ips"]) == 1


def test_interfaces_that_cannot_be(world: World, admin: Browser, router: str) -> None:
    network, subnet = subnet_of(admin, "10.0.0.0/24")
    _, overlapping = subnet_of(admin, "10.0.0.128/25")
    attach(admin, router, subnet_id=subnet)
    bare = admin.made("subnet", network_id=network, cidr="10.9.0.0/24", ip_version=4, gateway_ip=None)["id"]
    taken = admin.made("port", network_id=network, device_id="vm", device_owner="compute:nova")["id"]
    homeless = admin.made("port", network_id=network, fixed_ips=[])["id"]
    head, path = world.log.head(), f"/v2.0/routers/{router}/add_router_interface"
    for wanted, error in (
        ({"subnet_id": subnet}, (400, "BadRequest")),
        ({"subnet_id": overlapping}, (400, "BadRequest")),
        ({"subnet_id": bare}, (400, "BadRequest")),
        ({"subnet_id": NOBODY}, (404, "SubnetNotFound")),
        ({"port_id": NOBODY}, (404, "PortNotFound")),
        ({"port_id": taken}, (409, "PortInUse")),
        ({"port_id": homeless}, (400, "BadRequest")),
    ):
        assert admin.put(path, wanted).error == error, wanted
    assert admin.put(f"/v2.0/routers/{NOBODY}/add_router_interface", {"subnet_id": subnet}).error == (
        404,
        "RouterNotFound",
    )
    assert world.log.head() == head


@pytest.mark.parametrize("body", [None, [], {}, "x", {"network_id": NOBODY}, {"subnet_id": 5}, {"subnet_id": None},
                                  {"port_id": "x"}, {"port_id": []}])  # fmt: skip
@pytest.mark.parametrize("action", ["add_router_interface", "remove_router_interface"])
def test_an_interface_is_named_by_subnet_or_port(
    world: World, admin: Browser, router: str, action: str, body: object
) -> None:
    head = world.log.head()
    assert admin.put(f"/v2.0/routers/{router}/{action}", body).error == (400, "BadRequest")
    assert world.log.head() == head


def test_an_interface_is_not_added_by_both(admin: Browser, router: str) -> None:
    both = {"subnet_id": NOBODY, "port_id": NOBODY}
    refused = admin.put(f"/v2.0/routers/{router}/add_router_interface", both)
    assert refused.error == (400, "BadRequest") and "both" in refused.text.decode()


def test_what_routes_and_floating_ips_need_is_not_detached(world: World, admin: Browser, router: str) -> None:
    external, _ = public(admin)
    network, subnet = subnet_of(admin, "10.0.0.0/24")
    attach(admin, router, subnet_id=subnet)
    path = f"/v2.0/routers/{router}"
    admin.put(path, {"router": {"external_gateway_info": {"network_id": external}}})
    admin.put(path, {"router": {"routes": [{"destination": "10.7.0.0/16", "nexthop": "10.0.0.9"}]}})
    head = world.log.head()
    assert detach(admin, router, subnet_id=subnet) == (409, "RouterInterfaceInUseByRoute")
    assert world.log.head() == head
    admin.put(path, {"router": {"routes": []}})
    port = admin.made("port", network_id=network)["id"]
    floating = admin.made("floatingip", floating_network_id=external, port_id=port)["id"]
    head = world.log.head()
    assert detach(admin, router, subnet_id=subnet) == (409, "RouterInterfaceInUseByFloatingIP")
    cleared = admin.put(path, {"router": {"external_gateway_info": {}}})
    assert cleared.error == (409, "RouterExternalGatewayInUseByFloatingIp")
    assert world.log.head() == head
    admin.delete(f"/v2.0/floatingips/{floating}")
    assert detach(admin, router, subnet_id=subnet) != (409, "RouterInterfaceInUseByFloatingIP")
    assert admin.put(path, {"router": {"external_gateway_info": {}}}).status == 200
