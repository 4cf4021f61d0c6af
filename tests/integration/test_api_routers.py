"""Routers over the real log: what the CLI, Horizon and Nova do with them, and what is refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from libs.model import L3_AGENT
from tests.fakes.browser import Browser
from tests.integration.api_world import World, api_world
from tests.integration.layer3_world import agent_on, public, routed, subnet_of

pytestmark = pytest.mark.postgres

NOBODY = str(uuid.uuid4())
ATTRIBUTES = {
    "id", "name", "flavor_id", "tenant_id", "project_id", "admin_state_up", "status", "external_gateway_info", "routes",
    "description", "availability_zone_hints", "availability_zones", "created_at", "updated_at", "revision_number", "tags",
}  # fmt: skip


@pytest.fixture
def world(database) -> Iterator[World]:
    yield from api_world(database, router_route=30)


def test_a_router_is_created_shown_changed_and_deleted(admin: Browser) -> None:
    router = admin.made("router", name="gate", description="to the world")
    assert router.keys() == ATTRIBUTES
    assert (router["status"], router["admin_state_up"], router["external_gateway_info"]) == ("ACTIVE", True, None)
    assert (router["routes"], router["availability_zone_hints"], router["availability_zones"]) == ([], [], [])
    path = f"/v2.0/routers/{router['id']}"
    assert admin.get(path).json == {"router": router}
    changed = admin.put(path, {"router": {"name": "door", "admin_state_up": False}}).json["router"]
    assert (changed["name"], changed["admin_state_up"], changed["description"]) == ("door", False, "to the world")
    assert changed["revision_number"] > router["revision_number"]
    match = {"If-Match": f"revision_number={router['revision_number']}"}
    assert admin.delete(path, **match).error == (412, "RevisionNumberConstraintFailed")
    assert admin.delete(path).status == 204
    assert admin.get(path).error == admin.delete(path).error == (404, "RouterNotFound")


def test_routers_are_listed_by_filters_pages_and_fields(admin: Browser) -> None:
    made = admin.post("/v2.0/routers", {"routers": [{"name": f"r{number}"} for number in range(5)]})
    assert made.status == 201 and [one["name"] for one in made.json["routers"]] == [f"r{number}" for number in range(5)]
    assert [
        one["name"] for one in admin.get("/v2.0/routers?name=r1&name=r3&sort_key=name&sort_dir=desc").json["routers"]
    ] == [
        "r3",
        "r1",
    ]
    page = admin.get("/v2.0/routers?limit=2&sort_key=name&sort_dir=asc").json
    assert [one["name"] for one in page["routers"]] == ["r0", "r1"] and page["routers_links"][0]["rel"] == "next"
    marker = page["routers"][-1]["id"]
    further = admin.get(f"/v2.0/routers?limit=2&sort_key=name&sort_dir=asc&marker={marker}").json["routers"]
    assert [one["name"] for one in further] == ["r2", "r3"]
    assert admin.get("/v2.0/routers?name=r1&fields=name&fields=status&fields=routes").json == {
        "routers": [{"name": "r1", "status": "ACTIVE", "routes": []}]
    }
    assert admin.get("/v2.0/routers?admin_state_up=False").json == {"routers": []}
    assert admin.get("/v2.0/routers?ha=True").error[0] == 400


def test_a_gateway_is_set_changed_and_cleared(admin: Browser) -> None:
    external, subnet = public(admin)
    router = admin.made("router", external_gateway_info={"network_id": external})
    info = router["external_gateway_info"]
    assert info == {
        "network_id": external,
        "enable_snat": True,
        "external_fixed_ips": [{"subnet_id": subnet, "ip_address": "203.0.113.2"}],
    }
    path = f"/v2.0/routers/{router['id']}"
    [port] = admin.get(f"/v2.0/ports?device_id={router['id']}").json["ports"]
    assert (port["device_owner"], port["project_id"], port["fixed_ips"]) == (
        "network:router_gateway",
        "",
        info["external_fixed_ips"],
    )
    wanted = {"network_id": external, "enable_snat": False, "external_fixed_ips": [{"ip_address": "203.0.113.77"}]}
    info = admin.put(path, {"router": {"external_gateway_info": wanted}}).json["router"]["external_gateway_info"]
    assert (info["enable_snat"], info["external_fixed_ips"][0]["ip_address"]) == (False, "203.0.113.77")
    for nothing in ({}, None):
        cleared = admin.put(path, {"router": {"external_gateway_info": nothing}}).json["router"]
        assert cleared["external_gateway_info"] is None
    assert admin.get(f"/v2.0/ports?device_id={router['id']}").json == {"ports": []}


@pytest.mark.parametrize(
    ("info", "error"),
    [
        ({"network_id": NOBODY}, (404, "NetworkNotFound")),
        ({"network_id": "x"}, (400, "HTTPBadRequest")),
        ({"enable_snat": True}, (400, "HTTPBadRequest")),
        ({"network_id": NOBODY, "enable_snat": "maybe"}, (400, "InvalidInput")),
        ({"network_id": NOBODY, "qos_policy_id": NOBODY}, (400, "HTTPBadRequest")),
        ({"network_id": NOBODY, "external_fixed_ips": [{"ip_address": "10.0"}]}, (400, "HTTPBadRequest")),
        ({"network_id": NOBODY, "external_fixed_ips": "10.0.0.1"}, (400, "HTTPBadRequest")),
        ("public", (400, "HTTPBadRequest")),
        ([], (400, "HTTPBadRequest")),
    ],
)
def test_a_gateway_that_makes_no_sense_changes_nothing(
    world: World, admin: Browser, info: object, error: tuple[int, str]
) -> None:
    router = admin.made("router")
    path, head = f"/v2.0/routers/{router['id']}", world.log.head()
    assert admin.put(path, {"router": {"name": "new", "external_gateway_info": info}}).error == error
    assert admin.post("/v2.0/routers", {"router": {"external_gateway_info": info}}).error == error
    assert admin.get(path).json == {"router": router} and world.log.head() == head


def test_a_network_that_is_not_external_is_no_way_out(admin: Browser) -> None:
    network, _ = subnet_of(admin, "10.0.0.0/24")
    refused = admin.post("/v2.0/routers", {"router": {"external_gateway_info": {"network_id": network}}})
    assert refused.error == (400, "BadRequest") and "is not an external network" in refused.text.decode()


@pytest.mark.parametrize(
    "router",
    [{"ha": True}, {"distributed": True}, {"routes": []}, {"status": "DOWN"}, {"id": NOBODY},
     {"name": "a\nb"}, {"name": "x" * 256}, {"admin_state_up": "maybe"}, {"availability_zone_hints": "nova"},
     {"availability_zones": []}, {"tenant_id": "a", "project_id": "b"}, {"enable_ndp_proxy": True}],
)  # fmt: skip
def test_attributes_that_routers_do_not_take(world: World, admin: Browser, router: object) -> None:
    head = world.log.head()
    assert admin.post("/v2.0/routers", {"router": router}).error[0] == 400
    assert admin.post("/v2.0/routers", {"routers": [{"name": "fine"}, router]}).error[0] == 400
    assert world.log.head() == head


def test_a_router_is_hinted_to_zones_that_some_l3_agent_is_in(world: World, admin: Browser) -> None:
    asked = {"router": {"availability_zone_hints": ["west"]}}
    assert admin.post("/v2.0/routers", asked).error == (404, "AvailabilityZoneNotFound")
    agent_on(world, "net1", L3_AGENT, "west")
    assert admin.post("/v2.0/routers", asked).json["router"]["availability_zone_hints"] == ["west"]


def test_routes_are_replaced_added_and_removed(admin: Browser) -> None:
    external, _ = public(admin)
    router, _, _ = routed(admin, external)
    path = f"/v2.0/routers/{router}"
    a, b, c = ({"destination": f"10.{number}.0.0/16", "nexthop": "10.0.0.9"} for number in (7, 8, 9))
    assert admin.put(path, {"router": {"routes": [a, b]}}).json["router"]["routes"] == [a, b]
    added = admin.put(f"{path}/add_extraroutes", {"router": {"routes": [b, c]}})
    assert added.status == 200 and added.json["router"]["routes"] == [a, b, c], "b was there already"
    gone = admin.put(f"{path}/remove_extraroutes", {"router": {"routes": [a, {**a, "nexthop": "10.0.0.10"}]}})
    assert gone.json["router"]["routes"] == [b, c] and gone.json == admin.get(path).json
    assert admin.put(path, {"router": {"routes": None}}).json["router"]["routes"] == []


@pytest.mark.parametrize(
    ("routes", "error"),
    [
        ([{"destination": "10.7.0.0/16", "nexthop": "10.1.0.9"}], (400, "InvalidRoutes")),
        ([{"destination": "10.7.0.0/16", "nexthop": "10.0.0.1"}], (400, "InvalidRoutes")),
        (
            [{"destination": f"10.{number}.0.0/16", "nexthop": "10.0.0.9"} for number in range(31)],
            (409, "OverQuota"),
        ),
        ([{"destination": "10.7.0.1/16", "nexthop": "10.0.0.9"}], (400, "HTTPBadRequest")),
        ([{"destination": "10.7.0.0/16"}], (400, "HTTPBadRequest")),
        ([{"destination": "10.7.0.0/16", "nexthop": "next"}], (400, "HTTPBadRequest")),
        ({"destination": "10.7.0.0/16", "nexthop": "10.0.0.9"}, (400, "HTTPBadRequest")),
    ],
)
def test_routes_that_lead_nowhere_change_nothing(
    world: World, admin: Browser, routes: object, error: tuple[int, str]
) -> None:
    external, _ = public(admin)
    router, _, _ = routed(admin, external)
    path, head = f"/v2.0/routers/{router}", world.log.head()
    assert admin.put(path, {"router": {"routes": routes}}).error == error
    assert admin.put(f"{path}/add_extraroutes", {"router": {"routes": routes}}).error == error
    assert world.log.head() == head


@pytest.mark.parametrize("body", [None, [], {}, {"routes": []}, {"router": []}, {"router": {}},
                                  {"router": {"routes": [], "name": "x"}}])  # fmt: skip
@pytest.mark.parametrize("action", ["add_extraroutes", "remove_extraroutes"])
def test_single_routes_come_in_their_own_body(admin: Browser, action: str, body: object) -> None:
    router = admin.made("router")["id"]
    assert admin.put(f"/v2.0/routers/{router}/{action}", body).error == (400, "HTTPBadRequest")


def test_a_router_in_use_stays(world: World, admin: Browser) -> None:
    external, _ = public(admin)
    router, _, subnet = routed(admin, external)
    head = world.log.head()
    assert admin.delete(f"/v2.0/routers/{router}").error == (409, "RouterInUse")
    for port in admin.get(f"/v2.0/ports?device_id={router}").json["ports"]:
        assert admin.delete(f"/v2.0/ports/{port['id']}").error == (409, "ServicePortInUse")
    assert admin.put(f"/v2.0/networks/{external}", {"network": {"router:external": False}}).error == (
        409,
        "ExternalNetworkInUse",
    )
    assert world.log.head() == head
    assert admin.put(f"/v2.0/routers/{router}/remove_router_interface", {"subnet_id": subnet}).status == 200
    assert admin.delete(f"/v2.0/routers/{router}").status == 204
    assert admin.get(f"/v2.0/ports?device_id={router}").json == {"ports": []}
