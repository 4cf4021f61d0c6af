"""What layer 3 stands on stays: networks, subnets and ports that routers and floating IPs need, and the other way round."""

from __future__ import annotations

from threading import Thread

import pytest

from tests.fakes.browser import Browser, Seen
from tests.integration.api_world import World
from tests.integration.layer3_world import attach, public, routed, subnet_of

pytestmark = pytest.mark.postgres


def test_networks_and_subnets_in_use_stay(world: World, admin: Browser) -> None:
    external, outside = public(admin)
    router, network, subnet = routed(admin, external)
    port = admin.made("port", network_id=network)["id"]
    admin.made("floatingip", floating_network_id=external, port_id=port)
    head = world.log.head()
    for path, error in (
        (f"/v2.0/networks/{external}", "NetworkInUse"),
        (f"/v2.0/networks/{network}", "NetworkInUse"),
        (f"/v2.0/subnets/{outside}", "SubnetInUse"),
        (f"/v2.0/subnets/{subnet}", "SubnetInUse"),
    ):
        assert admin.delete(path).error == (409, error), path
    moved = admin.put(f"/v2.0/subnets/{subnet}", {"subnet": {"gateway_ip": None}})
    assert moved.error == (409, "GatewayIpInUse")
    assert admin.get(f"/v2.0/routers/{router}").status == 200 and world.log.head() == head


def test_the_ports_api_leaves_routers_and_floating_ips_their_ports(world: World, admin: Browser) -> None:
    external, _ = public(admin)
    router, network, _ = routed(admin, external)
    held = admin.made("floatingip", floating_network_id=external)["id"]
    ports = admin.get(f"/v2.0/ports?device_id={router}&device_id={held}").json["ports"]
    owners = {"network:router_interface", "network:router_gateway", "network:floatingip"}
    assert {one["device_owner"] for one in ports} == owners
    head = world.log.head()
    for port in ports:
        path = f"/v2.0/ports/{port['id']}"
        assert admin.delete(path).error == (409, "ServicePortInUse")
        for change in ({"device_id": "vm"}, {"device_owner": "compute:nova"}, {"fixed_ips": []}, {"mac_address": None}):
            assert admin.put(path, {"port": change}).status in (400, 409), change
    assert world.log.head() == head
    renamed = admin.put(f"/v2.0/ports/{ports[0]['id']}", {"port": {"name": "way out"}})
    assert renamed.json["port"]["name"] == "way out", "a name does no harm"


def test_an_address_that_a_floating_ip_stands_for_stays_with_its_port(world: World, admin: Browser) -> None:
    external, _ = public(admin)
    _, network, subnet = routed(admin, external)
    port = admin.made("port", network_id=network)["id"]
    admin.made("floatingip", floating_network_id=external, port_id=port)
    head = world.log.head()
    wanted = {"port": {"fixed_ips": [{"subnet_id": subnet, "ip_address": "10.0.0.99"}]}}
    assert admin.put(f"/v2.0/ports/{port}", wanted).status in (400, 409)
    assert world.log.head() == head


def at_once(*asked: tuple[Browser, str, str, object]) -> list[Seen]:
    """The replies to requests (caller, method, path, body) that are sent together, in order."""
    seen: dict[int, Seen] = {}

    def ask(index: int, browser: Browser, method: str, path: str, body: object) -> None:
        seen[index] = browser.call(method, path, body)

    threads = [Thread(target=ask, args=(index, *one)) for index, one in enumerate(asked)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [seen[index] for index in range(len(asked))]


def test_of_two_who_want_the_same_one_gets_it(admin: Browser) -> None:
    external, _ = public(admin)
    _, network, _ = routed(admin, external)
    port = admin.made("port", network_id=network)["id"]
    first, second = (admin.made("floatingip", floating_network_id=external)["id"] for _ in range(2))
    wanted = {"floatingip": {"port_id": port}}
    seen = at_once(*((admin, "PUT", f"/v2.0/floatingips/{id}", wanted) for id in (first, second)))
    assert sorted(one.status for one in seen) == [200, 409]
    [lost] = (one for one in seen if one.status == 409)
    assert lost.error == (409, "FloatingIPPortAlreadyAssociated")


def test_a_subnet_is_attached_once_however_often_it_is_asked_for_at_once(admin: Browser) -> None:
    _, subnet = subnet_of(admin, "10.0.0.0/24")
    router, path = admin.made("router")["id"], "/v2.0/routers/{}/add_router_interface"
    other = admin.made("router")["id"]
    asked = [(admin, "PUT", path.format(id), {"subnet_id": subnet}) for id in (router, router, other, other)]
    seen = at_once(*asked)
    assert sorted(one.status for one in seen)[0] == 200
    assert [one.status for one in seen].count(200) == 1 and all(one.status in (200, 400, 409) for one in seen)
    ports = admin.get("/v2.0/ports?device_owner=network:router_interface").json["ports"]
    assert len(ports) == 1 and ports[0]["fixed_ips"] == [{"subnet_id": subnet, "ip_address": "10.0.0.1"}]


def test_a_floating_ip_and_the_end_of_its_way_out_do_not_both_happen(admin: Browser) -> None:
    external, _ = public(admin)
    for number in range(5):
        network, subnet = subnet_of(admin, f"10.{number}.0.0/24")
        router = admin.made("router", external_gateway_info={"network_id": external})["id"]
        attach(admin, router, subnet_id=subnet)
        port = admin.made("port", network_id=network)["id"]
        floating = admin.made("floatingip", floating_network_id=external)["id"]
        seen = at_once(
            (admin, "PUT", f"/v2.0/floatingips/{floating}", {"floatingip": {"port_id": port}}),
            (admin, "PUT", f"/v2.0/routers/{router}/remove_router_interface", {"subnet_id": subnet}),
        )
        assert sorted(one.status for one in seen) in ([200, 404], [200, 409])
