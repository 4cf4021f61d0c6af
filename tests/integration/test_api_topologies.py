"""A network with a way out for who asks: made once, by one of many who ask at once, all of it or nothing, and gone in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World, api_world
from tests.integration.layer3_world import public

pytestmark = pytest.mark.postgres
ANN, BOB = "a" * 32, "b" * 32
PATH = "/v2.0/auto-allocated-topology"


@pytest.fixture
def world(database: object) -> Iterator[World]:
    yield from api_world(database)


@pytest.fixture
def admin(world: World) -> Browser:
    return world.admin


@pytest.fixture
def ann(admin: Browser) -> Browser:
    return admin.acting(ANN, "member")


def prepared(admin: Browser, *cidrs: str) -> str:
    """The default external network, which is returned, and default pools of these prefixes."""
    external, _ = public(admin)
    assert admin.put(f"/v2.0/networks/{external}", {"network": {"is_default": True}}).status == 200
    for cidr in cidrs:
        pool(admin, cidr)
    return external


def pool(admin: Browser, cidr: str, **more: Any) -> str:
    length = 64 if ":" in cidr else 26
    wanted = {"name": "pool", "prefixes": [cidr], "default_prefixlen": length, "is_default": True, "shared": True}
    id: str = admin.made("subnetpool", **{**wanted, **more})["id"]
    return id


def asked(by: Browser, project: str = ANN) -> str:
    seen = by.get(f"{PATH}/{project}")
    assert seen.status == 200, seen.text
    body = seen.json["auto_allocated_topology"]
    assert body == {"id": body["id"], "tenant_id": project, "project_id": project}
    id: str = body["id"]
    return id


def there(by: Browser, plural: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = by.get(f"/v2.0/{plural}?project_id={ANN}").json[plural]
    return found


def test_who_asks_is_given_a_network_subnets_and_a_router_that_leads_out(admin: Browser, ann: Browser) -> None:
    external = prepared(admin, "10.0.0.0/16", "2001:db8::/48")
    id = asked(ann)
    [network] = there(ann, "networks")
    assert (network["id"], network["name"], network["admin_state_up"]) == (id, "auto_allocated_network", True)
    subnets = sorted((one["name"], one["cidr"], one["network_id"]) for one in there(ann, "subnets"))
    assert subnets == [
        ("auto_allocated_subnet_v4", "10.0.0.0/26", id),
        ("auto_allocated_subnet_v6", "2001:db8::/64", id),
    ]
    [router] = there(ann, "routers")
    assert router["name"] == "auto_allocated_router" and router["external_gateway_info"]["network_id"] == external
    ports = admin.get(f"/v2.0/ports?device_id={router['id']}&device_owner=network:router_interface").json["ports"]
    assert sorted(fixed["ip_address"] for port in ports for fixed in port["fixed_ips"]) == ["10.0.0.1", "2001:db8::1"]
    assert asked(ann) == asked(ann) == id == asked(admin), "there is one, and it is shown"
    assert ann.get(f"{PATH}/None").json["auto_allocated_topology"]["id"] == id, "the caller's own"
    server = ann.made("port", network_id=id)
    assert server["fixed_ips"]


def test_many_who_ask_at_once_are_given_the_same(admin: Browser, world: World) -> None:
    prepared(admin, "10.0.0.0/16")
    with ThreadPoolExecutor(8) as crowd:
        found = set(crowd.map(lambda _: asked(admin.acting(ANN, "member")), range(8)))
    assert len(found) == 1
    assert [len(there(admin, plural)) for plural in ("networks", "subnets", "routers")] == [1, 1, 1]


def test_it_goes_in_one_piece_and_can_be_asked_for_again(admin: Browser, ann: Browser, world: World) -> None:
    prepared(admin, "10.0.0.0/16", "2001:db8::/48")
    first = asked(ann)
    server = ann.made("port", network_id=first)["id"]
    before = world.log.head()
    assert ann.delete(f"{PATH}/{ANN}").error == (409, "NetworkInUse")
    assert world.log.head() == before, "nothing of it went"
    assert ann.delete(f"/v2.0/ports/{server}").status == 204
    assert ann.delete(f"{PATH}/{ANN}").status == 204
    assert [there(ann, plural) for plural in ("networks", "subnets", "routers", "ports")] == [[], [], [], []]
    assert ann.delete(f"{PATH}/{ANN}").status == 204, "there is nothing to delete"
    again = asked(ann)
    cidrs = {one["cidr"] for one in there(ann, "subnets")}
    assert again != first and cidrs == {"10.0.0.0/26", "2001:db8::/64"}, "given back to the pool"


def test_what_the_project_deleted_itself_is_made_anew_or_not_missed(admin: Browser, ann: Browser) -> None:
    prepared(admin, "10.0.0.0/16")
    first = asked(ann)
    [router] = there(ann, "routers")
    [subnet] = there(ann, "subnets")
    gone = {"subnet_id": subnet["id"]}
    assert ann.put(f"/v2.0/routers/{router['id']}/remove_router_interface", gone).status == 200
    assert ann.delete(f"/v2.0/routers/{router['id']}").status == 204
    assert asked(ann) == first and ann.delete(f"{PATH}/{ANN}").status == 204 and there(ann, "networks") == []
    second = asked(ann)
    [router] = there(ann, "routers")
    [subnet] = there(ann, "subnets")
    ann.put(f"/v2.0/routers/{router['id']}/remove_router_interface", {"subnet_id": subnet["id"]})
    assert ann.delete(f"/v2.0/networks/{second}").status == 204
    assert asked(ann) not in (first, second)


def test_a_dry_run_tells_what_lacks_and_makes_nothing(admin: Browser, ann: Browser, world: World) -> None:
    dry = f"{PATH}/{ANN}?fields=dry-run"

    def failure(target: str) -> str:
        seen = ann.get(target)
        assert seen.error == (409, "AutoAllocationFailure"), seen.text
        message: str = seen.json["NeutronError"]["message"]
        return message

    assert "No default router:external network" in failure(dry) and "No default router" in failure(f"{PATH}/{ANN}")
    prepared(admin)
    assert "No default subnetpools defined" in failure(dry)
    assert "Unable to provide project private network" in failure(f"{PATH}/{ANN}")
    pool(admin, "10.0.0.0/16")
    head = world.log.head()
    assert ann.get(dry).json == {"auto_allocated_topology": {"id": "dry-run=pass", "tenant_id": ANN, "project_id": ANN}}
    assert ann.get(f"{PATH}/{ANN}?fields=name").error == (400, "BadRequest")
    assert world.log.head() == head


def test_what_fails_on_the_way_leaves_nothing(admin: Browser, ann: Browser, world: World) -> None:
    external = prepared(admin)
    pool(admin, "10.0.0.0/26", default_prefixlen=26)
    other = admin.made("network", tenant_id=BOB)["id"]
    [first] = admin.get("/v2.0/subnetpools").json["subnetpools"]
    admin.made("subnet", network_id=other, ip_version=4, subnetpool_id=first["id"], tenant_id=BOB)
    head = world.log.head()
    assert ann.get(f"{PATH}/{ANN}").error == (409, "AutoAllocationFailure"), "the pool has no prefix left"
    assert world.log.head() == head and ann.get(f"/v2.0/networks/{external}").status == 200


def test_quotas_hold(database: object) -> None:
    for world in api_world(database, router=0):
        prepared(world.admin, "10.0.0.0/16")
        ann, head = world.admin.acting(ANN, "member"), world.log.head()
        assert ann.get(f"{PATH}/{ANN}").error == (409, "OverQuota") and world.log.head() == head


def test_each_asks_for_his_own_alone(admin: Browser, ann: Browser) -> None:
    prepared(admin, "10.0.0.0/16")
    bob, reader = admin.acting(BOB, "manager"), admin.acting(ANN, "reader")
    assert bob.get(f"{PATH}/{ANN}").error == bob.delete(f"{PATH}/{ANN}").error == (403, "PolicyNotAuthorized")
    assert reader.get(f"{PATH}/{ANN}").error == (403, "PolicyNotAuthorized"), "a reader makes nothing"
    id = asked(ann)
    assert reader.get(f"{PATH}/{ANN}").json["auto_allocated_topology"]["id"] == id
    assert reader.delete(f"{PATH}/{ANN}").error == (403, "PolicyNotAuthorized")
    assert asked(admin, BOB) != id and admin.delete(f"{PATH}/{BOB}").status == 204
