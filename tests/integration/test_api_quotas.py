"""Quotas through the API: as operators set them, as Horizon asks for them, and as tenants run into them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from libs.config import Settings
from libs.eventlog.audit import audit
from libs.eventlog.counters import recount
from libs.eventlog.rebuild import rebuild
from services.api.quotas import defaults_of
from tests.fakes.browser import Browser
from tests.integration.api_world import World, api_world
from tests.integration.layer3_world import public, subnet_of

pytestmark = pytest.mark.postgres
LIMITS = defaults_of(Settings())
OVER = (409, "OverQuota")


@pytest.fixture
def world(database) -> Iterator[World]:
    yield from api_world(database, **LIMITS)


def give(admin: Browser, project: str, **limits: object) -> dict[str, int]:
    seen = admin.put(f"/v2.0/quotas/{quote(project, safe='')}", {"quota": limits})
    assert seen.status == 200, seen.text
    found: dict[str, int] = seen.json["quota"]
    return found


def used(browser: Browser, project: str = "ann") -> dict[str, int]:
    """What the project has, without what it has none of."""
    details = browser.get(f"/v2.0/quotas/{project}/details").json["quota"]
    assert all(one["reserved"] == 0 for one in details.values())
    return {name: one["used"] for name, one in details.items() if one["used"]}


def test_the_defaults_are_neutrons(ann: Browser) -> None:
    wanted = {
        "network": 100,
        "subnet": 100,
        "port": 500,
        "router": 10,
        "floatingip": 50,
        "router_route": 30,
        "rbac_policy": 10,
        "security_group": 10,
        "security_group_rule": 100,
    }
    for path in ("/v2.0/quotas/ann", "/v2.0/quotas/ann/default", "/v2.0/quotas/ann.json"):
        found = ann.get(path)
        assert found.status == 200 and found.json["quota"] == wanted | {"subnetpool": 100, "address_group": 100}


def test_limits_are_set_told_listed_and_taken_back(admin: Browser, ann: Browser) -> None:
    assert admin.get("/v2.0/quotas").json == {"quotas": []}
    assert give(admin, "ann", port=7, network="9") == {**LIMITS, "port": 7, "network": 9}
    assert give(admin, "ann", router=-1)["port"] == 7
    changed = {**LIMITS, "port": 7, "network": 9, "router": -1}
    assert ann.get("/v2.0/quotas/ann").json == {"quota": changed}
    assert ann.get("/v2.0/quotas/ann/details").json["quota"]["port"] == {"limit": 7, "used": 0, "reserved": 0}
    assert ann.get("/v2.0/quotas/ann/default").json == {"quota": LIMITS}
    assert admin.get("/v2.0/quotas").json == {"quotas": [{**changed, "project_id": "ann", "tenant_id": "ann"}]}
    assert admin.delete("/v2.0/quotas/ann").status == 204
    assert ann.get("/v2.0/quotas/ann").json == {"quota": LIMITS} and admin.get("/v2.0/quotas").json == {"quotas": []}
    assert admin.delete("/v2.0/quotas/ann").error == (404, "TenantQuotaNotFound")
    assert give(admin, "ann", port=3)["network"] == LIMITS["network"]


def test_a_limit_that_is_as_the_default_was_still_set(admin: Browser) -> None:
    give(admin, "ann", port=LIMITS["port"])
    assert [one["project_id"] for one in admin.get("/v2.0/quotas").json["quotas"]] == ["ann"]


@pytest.mark.parametrize("project", ["b" * 32, "a project of ann's; drop table quota", "ü/☃?x=1", "x" * 255])
def test_a_project_may_be_called_anything(admin: Browser, project: str) -> None:
    path = f"/v2.0/quotas/{quote(project, safe='')}"
    assert give(admin, project, port=1)["port"] == 1
    assert admin.get(path).json["quota"]["port"] == 1
    network = admin.made("network", project_id=project)["id"]
    admin.made("port", network_id=network, project_id=project)
    assert admin.post("/v2.0/ports", {"port": {"network_id": network, "project_id": project}}).error == OVER
    found = used(admin, quote(project, safe=""))
    assert (found["network"], found["port"]) == (1, 1)
    assert admin.delete(path).status == 204


@pytest.mark.parametrize("project", ["x" * 256, "%00", "a%0ab"])
def test_what_no_project_can_be_called_has_no_quota(admin: Browser, project: str) -> None:
    assert admin.put(f"/v2.0/quotas/{project}", {"quota": {"port": 1}}).error == (400, "HTTPBadRequest")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"quota": {"port": -2}}, (400, "HTTPBadRequest")),
        ({"quota": {"port": "many"}}, (400, "InvalidInput")),
        ({"quota": {"port": None}}, (400, "InvalidInput")),
        ({"quota": {"port": 2**31}}, (400, "HTTPBadRequest")),
        ({"quota": {"port": 10**40}}, (400, "HTTPBadRequest")),
        ({"quota": {"ports": 3}}, (400, "HTTPBadRequest")),
        ({"quota": {"port": 3, "project_id": "bob"}}, (400, "HTTPBadRequest")),
        ({"quota": [3]}, (400, "HTTPBadRequest")),
        ({"quotas": {"port": 3}}, (400, "HTTPBadRequest")),
        ([], (400, "HTTPBadRequest")),
        (None, (400, "HTTPBadRequest")),
    ],
)
def test_what_is_no_limit_is_refused(admin: Browser, body: object, error: tuple[int, str]) -> None:
    assert admin.put("/v2.0/quotas/ann", body).error == error
    assert admin.get("/v2.0/quotas").json == {"quotas": []}


def test_who_may_see_and_who_may_set(admin: Browser, ann: Browser) -> None:
    give(admin, "ann", port=7)
    reader, boss = admin.acting("ann", "reader"), admin.acting("ann", "manager")
    for one in (ann, reader, boss, admin):
        assert one.get("/v2.0/quotas/ann").status == one.get("/v2.0/quotas/ann/details").status == 200
    denied = (403, "PolicyNotAuthorized")
    for stranger in (admin.acting("bob", "member"), admin.acting("bob", "manager")):
        for path in ("ann", "ann/details", "ann/default", "nobody"):
            assert stranger.get(f"/v2.0/quotas/{path}").error == denied
        assert stranger.get("/v2.0/quotas").error == denied
    for one in (ann, reader, boss):
        assert one.put("/v2.0/quotas/ann", {"quota": {"port": -1}}).error == denied
        assert one.delete("/v2.0/quotas/ann").error == denied
    assert ann.get("/v2.0/quotas/ann").json["quota"]["port"] == 7


def test_who_am_i(ann: Browser) -> None:
    assert ann.get("/v2.0/quotas/tenant").json == {"tenant": {"tenant_id": "ann"}}
    assert ann.get("/v2.0/quotas/project").json == {"project": {"project_id": "ann"}}


def test_everything_that_a_project_has_is_counted_and_limited(admin: Browser, ann: Browser) -> None:
    network, subnet = subnet_of(ann, "10.0.0.0/24")
    external, _ = public(admin)
    made = {
        "port": ann.made("port", network_id=network)["id"],
        "router": ann.made("router")["id"],
        "floatingip": ann.made("floatingip", floating_network_id=external)["id"],
    }
    counted = used(ann)
    assert counted == counted | {"network": 1, "subnet": 1, "port": 1, "router": 1, "floatingip": 1}
    give(admin, "ann", network=1, subnet=1, port=1, router=1, floatingip=1)
    bodies = {
        "network": {},
        "subnet": {"network_id": network, "ip_version": 4, "cidr": "10.9.0.0/24"},
        "port": {"network_id": network},
        "router": {},
        "floatingip": {"floating_network_id": external},
    }
    for kind, body in bodies.items():
        refused = ann.post(f"/v2.0/{kind}s", {kind: body})
        assert refused.error == OVER
        assert refused.json["NeutronError"]["message"] == f"Quota exceeded for resources: ['{kind}']."
    for kind, id in made.items():
        assert ann.delete(f"/v2.0/{kind}s/{id}").status == 204
        assert ann.post(f"/v2.0/{kind}s", {kind: bodies[kind]}).status == 201
        assert ann.post(f"/v2.0/{kind}s", {kind: bodies[kind]}).error == OVER


def test_groups_rules_pools_and_policies_are_limited_too(admin: Browser, ann: Browser) -> None:
    network = ann.made("network")["id"]
    group = ann.post("/v2.0/security-groups", {"security_group": {"name": "web"}}).json["security_group"]["id"]
    rule = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
    bodies: dict[str, list[dict[str, object]]] = {
        "security-groups": [{"name": "db"}, {"name": "more"}],
        "security-group-rules": [{**rule, "port_range_min": n, "port_range_max": n} for n in (80, 443)],
        "subnetpools": [{"name": "p", "prefixes": [f"10.{n}.0.0/16"], "min_prefixlen": 24} for n in (1, 2)],
        "address-groups": [{"name": "a"}, {"name": "b"}],
        "rbac-policies": [
            {"object_type": "network", "object_id": network, "action": "access_as_shared", "target_tenant": project}
            for project in ("b" * 32, "c" * 32)
        ],
    }
    kinds = {path: f"{path[:-3]}y" if path.endswith("ies") else path[:-1] for path in bodies}
    kinds = {path: kind.replace("-", "_") for path, kind in kinds.items()}
    for path, (first, second) in bodies.items():
        kind, before = kinds[path], used(ann)
        made = ann.post(f"/v2.0/{path}", {kind: first})
        assert made.status == 201, made.text
        count = used(ann)[kind]
        assert count == before.get(kind, 0) + 1
        give(admin, "ann", **{kind: count})
        refused = ann.post(f"/v2.0/{path}", {kind: second})
        assert refused.error == OVER and f"['{kind}']" in refused.json["NeutronError"]["message"]
        assert used(ann)[kind] == count
        assert ann.delete(f"/v2.0/{path}/{made.json[kind]['id']}").status == 204
        assert used(ann).get(kind, 0) == before.get(kind, 0)
        assert ann.post(f"/v2.0/{path}", {kind: second}).status == 201


def test_a_group_that_has_no_room_for_its_rules_is_not_made(admin: Browser, ann: Browser) -> None:
    assert ann.get("/v2.0/security-groups").status == 200, "which makes the default group"
    give(admin, "ann", security_group_rule=used(ann)["security_group_rule"] + 1)
    refused = ann.post("/v2.0/security-groups", {"security_group": {"name": "web"}})
    assert refused.error == OVER and "security_group_rule" in refused.json["NeutronError"]["message"]


def test_who_owns_is_who_is_measured_whoever_asks(admin: Browser, ann: Browser) -> None:
    give(admin, "ann", network=1)
    assert admin.post("/v2.0/networks", {"network": {"project_id": "ann"}}).status == 201
    assert admin.post("/v2.0/networks", {"network": {"tenant_id": "ann"}}).error == OVER
    assert ann.post("/v2.0/networks", {"network": {}}).error == OVER
    assert admin.post("/v2.0/networks", {"network": {}}).status == 201
    assert used(ann) == {"network": 1}


def test_a_bulk_fits_as_a_sum_for_each_owner_or_not_at_all(admin: Browser, ann: Browser) -> None:
    give(admin, "ann", network=3)
    give(admin, "bob", network=1)
    assert ann.post("/v2.0/networks", {"networks": [{}] * 4}).error == OVER
    mixed = [{"project_id": owner} for owner in ("ann", "bob", "bob")]
    assert admin.post("/v2.0/networks", {"networks": mixed}).error == OVER
    assert (used(ann), used(admin, "bob")) == ({}, {})
    assert admin.post("/v2.0/networks", {"networks": mixed[:2]}).status == 201
    assert ann.post("/v2.0/networks", {"networks": [{}] * 2}).status == 201
    assert (used(ann), used(admin, "bob")) == ({"network": 3}, {"network": 1})


def test_ports_that_come_with_something_else_count_but_are_not_refused(admin: Browser, ann: Browser) -> None:
    """As in Neutron: a router's interface is its project's port; a way out and what holds a floating IP are nobody's."""
    network, subnet = subnet_of(ann, "10.0.0.0/24")
    external, _ = public(admin)
    give(admin, "ann", port=0)
    router = ann.made("router", external_gateway_info={"network_id": external})["id"]
    assert "port" not in used(ann)
    assert ann.put(f"/v2.0/routers/{router}/add_router_interface", {"subnet_id": subnet}).status == 200
    ann.made("floatingip", floating_network_id=external)
    assert used(ann)["port"] == 1
    assert ann.post("/v2.0/ports", {"port": {"network_id": network}}).error == OVER
    assert ann.put(f"/v2.0/routers/{router}/remove_router_interface", {"subnet_id": subnet}).status == 200
    assert "port" not in used(ann)


def test_a_limit_below_what_there_is_needs_force(admin: Browser, ann: Browser) -> None:
    ann.post("/v2.0/networks", {"networks": [{}] * 3})
    for more in ({}, {"check_limit": True}, {"check_limit": True, "force": True}):
        refused = admin.put("/v2.0/quotas/ann", {"quota": {"network": 2, "port": 5, **more}})
        assert refused.error == (400, "HTTPBadRequest")
        told = "Quota limit 2 for network must be greater than or equal to already used 3"
        assert refused.json["NeutronError"]["message"] == told
    assert admin.get("/v2.0/quotas").json == {"quotas": []}
    assert give(admin, "ann", network=3)["network"] == 3
    assert give(admin, "ann", network=-1)["network"] == -1
    assert give(admin, "ann", network=1, force=True)["network"] == 1
    assert ann.post("/v2.0/networks", {"network": {}}).error == OVER


@pytest.mark.parametrize("room", [1, 7, 40])
def test_32_clients_get_exactly_what_there_is_room_for(admin: Browser, ann: Browser, room: int) -> None:
    network = ann.made("network")["id"]
    give(admin, "ann", port=room)
    body = {"port": {"network_id": network}}
    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(lambda _: ann.post("/v2.0/ports", body).status, range(64)))
    assert sorted(statuses) == [201] * room + [409] * (64 - room)
    assert used(ann)["port"] == room == len(ann.get("/v2.0/ports").json["ports"])


def test_bulks_of_many_sizes_at_once_never_pass_the_limit(admin: Browser, ann: Browser) -> None:
    network, limit = ann.made("network")["id"], 50
    give(admin, "ann", port=limit)

    def bulk(number: int) -> int:
        size = 1 + number % 7
        seen = ann.post("/v2.0/ports", {"ports": [{"network_id": network}] * size})
        return size if seen.status == 201 else 0

    with ThreadPoolExecutor(32) as pool:
        total = sum(pool.map(bulk, range(64)))
    while ann.post("/v2.0/ports", {"port": {"network_id": network}}).status == 201:
        total += 1
    assert total == used(ann)["port"] == limit


def test_who_changed_a_quota_is_in_the_log(world: World, admin: Browser) -> None:
    give(admin, "ann", port=7, router=2)
    give(admin, "ann", port=8)
    give(admin, "ann", port=8)
    admin.delete("/v2.0/quotas/ann")
    told = [(type(one.event).__name__, one.meta["actor"]["user"]) for one in world.log.read(0, 100)]
    assert told == [("QuotaLimitChanged", "admin")] * 3 + [("QuotaReset", "admin")]
    assert {one.stream for one in world.log.read(0, 100)} == {world.log.read(0, 1)[0].stream}


def test_a_rebuild_gives_the_same_quotas_and_numbers(world: World, database, admin: Browser, ann: Browser) -> None:
    give(admin, "ann", port=7)
    give(admin, "bob", port=7)
    admin.delete("/v2.0/quotas/bob")
    network, _ = subnet_of(ann, "10.0.0.0/24")
    ports = [ann.made("port", network_id=network)["id"] for _ in range(3)]
    ann.delete(f"/v2.0/ports/{ports[0]}")
    before = ann.get("/v2.0/quotas/ann/details").json
    assert rebuild(database.admin_url, "quota").equal and recount(database.admin_url).equal
    assert audit(database.admin_url).clean
    world.log.pool.execute("update quota_usage set used = used + 5 where project_id = 'ann' and kind = 'port'")
    world.log.pool.execute("insert into quota_usage values ('nobody', 'router', 1)")
    assert audit(database.admin_url).uses == ("ann/port", "nobody/router")
    assert not recount(database.admin_url).equal
    assert audit(database.admin_url).clean and recount(database.admin_url).equal
    assert ann.get("/v2.0/quotas/ann/details").json == before


def test_details_are_answered_at_once_however_much_there_is(admin: Browser, ann: Browser) -> None:
    """Horizon asks 100 to 160 times in five minutes."""
    network = ann.made("network")["id"]
    give(admin, "ann", port=-1)
    for _ in range(3):
        assert ann.post("/v2.0/ports", {"ports": [{"network_id": network, "fixed_ips": []}] * 1000}).status == 201
    begun = time.perf_counter()
    for _ in range(50):
        assert ann.get("/v2.0/quotas/ann/details").json["quota"]["port"]["used"] == 3000
    assert (time.perf_counter() - begun) / 50 < 0.02
