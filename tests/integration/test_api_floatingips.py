"""Floating IPs over the real log: taken, pointed at ports, moved, let go, with the details of the port as it is now."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.http.limits import Limits
from services.api.gateway import make_app
from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import public, routed, subnet_of

pytestmark = pytest.mark.postgres

NOBODY = str(uuid.uuid4())
ATTRIBUTES = {
    "id", "tenant_id", "project_id", "floating_network_id", "floating_ip_address", "router_id", "port_id", "fixed_ip_address",
    "status", "description",
    "dns_domain",
    "dns_name", "port_details", "created_at", "updated_at", "revision_number", "tags",
}  # fmt: skip
DETAILS = ("name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner")


def details(port: dict[str, Any]) -> dict[str, Any]:
    return {name: port[name] for name in DETAILS}


def test_a_floating_ip_is_taken_and_given_back(admin: Browser) -> None:
    external, subnet = public(admin)
    floating = admin.made("floatingip", floating_network_id=external, description="web")
    assert floating.keys() == ATTRIBUTES
    assert (floating["floating_ip_address"], floating["status"]) == ("203.0.113.2", "DOWN")
    assert [floating[name] for name in ("router_id", "port_id", "fixed_ip_address", "port_details")] == [None] * 4
    path = f"/v2.0/floatingips/{floating['id']}"
    assert admin.get(path).json == {"floatingip": floating}
    [port] = admin.get(f"/v2.0/ports?network_id={external}").json["ports"]
    assert (port["device_owner"], port["device_id"], port["project_id"]) == ("network:floatingip", floating["id"], "")
    assert admin.delete(f"/v2.0/ports/{port['id']}").error == (409, "ServicePortInUse")
    changed = admin.put(path, {"floatingip": {"description": "mail"}}).json["floatingip"]
    assert (changed["description"], changed["floating_ip_address"]) == ("mail", "203.0.113.2")
    assert admin.delete(path).status == 204
    assert admin.get(path).error == admin.delete(path).error == (404, "FloatingIPNotFound")
    assert admin.get(f"/v2.0/ports?network_id={external}").json == {"ports": []}


def test_it_is_pointed_at_a_port_moved_and_let_go(admin: Browser) -> None:
    external, _ = public(admin)
    router, network, _ = routed(admin, external)
    one = admin.made("port", network_id=network, name="one", device_id="vm1", device_owner="compute:nova")
    two = admin.made("port", network_id=network, name="two")
    floating = admin.made("floatingip", floating_network_id=external, port_id=one["id"])
    assert (floating["router_id"], floating["port_id"]) == (router, one["id"])
    assert floating["fixed_ip_address"] == one["fixed_ips"][0]["ip_address"]
    assert floating["port_details"] == details(one) and floating["status"] == "DOWN"

    path = f"/v2.0/floatingips/{floating['id']}"
    moved = admin.put(path, {"floatingip": {"port_id": two["id"]}}).json["floatingip"]
    assert (moved["port_id"], moved["port_details"]) == (two["id"], details(two))
    assert admin.put(path, {"floatingip": {"description": "x"}}).json["floatingip"]["port_id"] == two["id"]
    renamed = admin.put(f"/v2.0/ports/{two['id']}", {"port": {"name": "second"}}).json["port"]
    assert admin.get(path).json["floatingip"]["port_details"] == details(renamed), "as the port is now"
    free = admin.put(path, {"floatingip": {"port_id": None}}).json["floatingip"]
    assert [free[name] for name in ("router_id", "port_id", "fixed_ip_address", "port_details")] == [None] * 4


def test_it_outlives_the_port_that_it_stood_for(admin: Browser) -> None:
    external, _ = public(admin)
    _, network, _ = routed(admin, external)
    port = admin.made("port", network_id=network)["id"]
    floating = admin.made("floatingip", floating_network_id=external, port_id=port)
    assert admin.delete(f"/v2.0/ports/{port}").status == 204
    left = admin.get(f"/v2.0/floatingips/{floating['id']}").json["floatingip"]
    assert (left["port_id"], left["port_details"]) == (None, None)
    assert left["floating_ip_address"] == floating["floating_ip_address"]


def test_a_bulk_request_and_a_list_cost_one_query_for_all_details(world: World, admin: Browser) -> None:
    external, _ = public(admin)
    _, network, _ = routed(admin, external)
    ports = admin.post("/v2.0/ports", {"ports": [{"network_id": network, "name": f"p{n}"} for n in range(20)]})
    ids = [one["id"] for one in ports.json["ports"]]
    asked: list[str] = []

    def query(text: str, values: Any) -> list[tuple[Any, ...]]:
        asked.append(text)
        return world.log.pool.query(text, values)

    counted = Browser(make_app(query, world.ledger.commit, world.settings, Limits(), lambda: datetime.now(UTC)))
    wanted = [{"floating_network_id": external, "port_id": id} for id in ids] + [{"floating_network_id": external}]
    made = counted.post("/v2.0/floatingips", {"floatingips": wanted})
    assert made.status == 201 and len(asked) == 1
    assert [(one["port_details"] or {}).get("name") for one in made.json["floatingips"]] == [
        *(f"p{n}" for n in range(20)),
        None,
    ]
    asked.clear()
    listed = counted.get("/v2.0/floatingips").json["floatingips"]
    assert len(asked) == 1 and sorted(listed, key=lambda one: one["id"]) == sorted(
        made.json["floatingips"], key=lambda one: one["id"]
    )


def test_floating_ips_are_listed_by_filters_and_fields(admin: Browser) -> None:
    external, _ = public(admin)
    router, network, _ = routed(admin, external)
    port = admin.made("port", network_id=network, name="web")
    held = admin.made("floatingip", floating_network_id=external, port_id=port["id"])
    free = admin.made("floatingip", floating_network_id=external)

    def found(query: str) -> list[str]:
        return [one["id"] for one in admin.get(f"/v2.0/floatingips?{query}").json["floatingips"]]

    assert found(f"port_id={port['id']}") == found(f"router_id={router}") == [held["id"]]
    assert found(f"fixed_ip_address={held['fixed_ip_address']}") == [held["id"]]
    assert found(f"floating_ip_address={free['floating_ip_address']}") == [free["id"]]
    assert found("port_id=") == found("router_id=") == [free["id"]]
    assert sorted(found(f"floating_network_id={external}&status=DOWN")) == sorted([held["id"], free["id"]])
    assert found("floating_ip_address=nothing") == []
    down = [free["id"], held["id"]]
    assert found("sort_key=floating_ip_address&sort_dir=desc") == down
    assert found("sort_key=floating_ip_address&sort_dir=desc&limit=1") == down[:1]
    assert found(f"sort_key=floating_ip_address&sort_dir=desc&limit=1&marker={down[0]}") == down[1:]
    assert admin.get("/v2.0/floatingips?name=x").error[0] == 400
    shown = admin.get(f"/v2.0/floatingips/{held['id']}?fields=port_details&fields=id&fields=router_id").json[
        "floatingip"
    ]
    assert shown == {"port_details": details(port), "id": held["id"], "router_id": router}
    assert admin.get("/v2.0/floatingips?fields=port_details&port_id=").json == {"floatingips": [{"port_details": None}]}


def test_addresses_and_subnets_can_be_chosen(admin: Browser) -> None:
    external, _ = public(admin)
    second = admin.made("subnet", network_id=external, cidr="198.51.100.0/24", ip_version=4)["id"]
    given = admin.made("floatingip", floating_network_id=external, floating_ip_address="203.0.113.99")
    assert given["floating_ip_address"] == "203.0.113.99"
    there = admin.made("floatingip", floating_network_id=external, subnet_id=second)
    assert there["floating_ip_address"].startswith("198.51.100.") and "subnet_id" not in there
    taken = admin.post(
        "/v2.0/floatingips", {"floatingip": {"floating_network_id": external, "floating_ip_address": "203.0.113.99"}}
    )
    assert taken.status == 409


def test_an_empty_pool_says_so(world: World, admin: Browser) -> None:
    external, _ = public(admin, "203.0.113.0/29")
    wanted = {"floatingip": {"floating_network_id": external}}
    assert [admin.post("/v2.0/floatingips", wanted).status for _ in range(5)] == [201] * 5
    head = world.log.head()
    assert admin.post("/v2.0/floatingips", wanted).error == (400, "ExternalIpAddressExhausted")
    assert world.log.head() == head


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({}, (400, "HTTPBadRequest")),
        ({"floating_network_id": "x"}, (400, "HTTPBadRequest")),
        ({"floating_network_id": None}, (400, "HTTPBadRequest")),
        ({"floating_network_id": NOBODY}, (404, "NetworkNotFound")),
        ({"port_id": 5}, (400, "HTTPBadRequest")),
        ({"port_id": NOBODY}, (404, "PortNotFound")),
        ({"fixed_ip_address": "10.0.0.2"}, (400, "BadRequest")),
        ({"fixed_ip_address": "ten"}, (400, "HTTPBadRequest")),
        ({"floating_ip_address": "203.0.113.300"}, (400, "HTTPBadRequest")),
        ({"floating_ip_address": "192.0.2.1"}, (400, "InvalidIpForNetwork")),
        ({"floating_ip_address": ["203.0.113.9"]}, (400, "HTTPBadRequest")),
        ({"subnet_id": "x"}, (400, "HTTPBadRequest")),
        ({"router_id": NOBODY}, (400, "HTTPBadRequest")),
        ({"status": "ACTIVE"}, (400, "HTTPBadRequest")),
        ({"port_details": {}}, (400, "HTTPBadRequest")),
        ({"dns_name": "web"}, (400, "BadRequest")),
        ({"description": "a\nb"}, (400, "HTTPBadRequest")),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    world: World, admin: Browser, wanted: dict[str, Any], error: tuple[int, str]
) -> None:
    external, _ = public(admin)
    head = world.log.head()
    body = {"floating_network_id": external, **wanted} if wanted else {}
    assert admin.post("/v2.0/floatingips", {"floatingip": body}).error == error
    fine = {"floating_network_id": external}
    assert admin.post("/v2.0/floatingips", {"floatingips": [fine, body]}).error == error
    assert world.log.head() == head


def test_a_port_without_a_way_out_has_no_floating_ip(world: World, admin: Browser) -> None:
    external, _ = public(admin)
    network, _ = subnet_of(admin, "10.0.0.0/24")
    port = admin.made("port", network_id=network)["id"]
    homeless = admin.made("port", network_id=network, fixed_ips=[])["id"]
    floating, head = admin.made("floatingip", floating_network_id=external)["id"], world.log.head()
    path = f"/v2.0/floatingips/{floating}"
    assert admin.put(path, {"floatingip": {"port_id": port}}).error == (404, "ExternalGatewayForFloatingIPNotFound")
    assert admin.put(path, {"floatingip": {"port_id": homeless}}).error == (400, "BadRequest")
    for fixed in ("floating_ip_address", "floating_network_id", "router_id", "status", "tenant_id", "subnet_id"):
        assert admin.put(path, {"floatingip": {fixed: NOBODY}}).error == (400, "HTTPBadRequest")
    assert admin.post("/v2.0/floatingips", {"floatingip": {"floating_network_id": network}}).error == (
        400,
        "BadRequest",
    )
    assert world.log.head() == head


def test_an_address_has_one_floating_ip(world: World, admin: Browser) -> None:
    external, _ = public(admin)
    _, network, _ = routed(admin, external)
    port = admin.made("port", network_id=network)["id"]
    admin.made("floatingip", floating_network_id=external, port_id=port)
    free, head = admin.made("floatingip", floating_network_id=external)["id"], world.log.head()
    refused = admin.put(f"/v2.0/floatingips/{free}", {"floatingip": {"port_id": port}})
    assert refused.error == (409, "FloatingIPPortAlreadyAssociated")
    twice = [{"floating_network_id": external, "port_id": port}] * 2
    assert admin.post("/v2.0/floatingips", {"floatingips": twice}).error == (409, "FloatingIPPortAlreadyAssociated")
    assert world.log.head() == head
