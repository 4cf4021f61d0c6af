"""Address scopes over the real log, and what networks tell of them."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from libs.network.resources import fold_recorded
from tests.fakes.browser import Browser
from tests.integration.test_api_subnetpools import asked, network_of, pool_of

pytestmark = pytest.mark.postgres

NOBODY = str(uuid.uuid4())


def scope_of(browser: Browser, version: int = 4, **more: Any) -> dict[str, Any]:
    """A new address scope."""
    seen = browser.post("/v2.0/address-scopes", {"address_scope": {"name": "s", "ip_version": version, **more}})
    assert seen.status == 201, seen.text
    made: dict[str, Any] = seen.json["address_scope"]
    return made


def test_a_scope_is_made_shown_changed_and_deleted(admin: Browser) -> None:
    made = scope_of(admin, 6)
    assert made.keys() == {"id", "name", "tenant_id", "project_id", "ip_version", "shared"}
    path = f"/v2.0/address-scopes/{made['id']}"
    assert admin.get(path).json == {"address_scope": made}
    assert admin.get("/v2.0/address-scopes?ip_version=6&sort_key=name&sort_dir=asc").json == {"address_scopes": [made]}
    changed = admin.put(path, {"address_scope": {"name": "t", "shared": True}}).json["address_scope"]
    assert (changed["name"], changed["shared"]) == ("t", True)
    assert admin.put(path, {"address_scope": {"shared": False}}).error == (400, "AddressScopeUpdateError")
    assert admin.put(path, {"address_scope": {"ip_version": 4}}).status == 400
    assert admin.delete(path).status == 204
    assert admin.get(path).error == admin.delete(path).error == (404, "AddressScopeNotFound")
    assert admin.get("/v2.0/rbac-policies").json == {"rbac_policies": []}, "its policy went with it"


def test_a_scope_with_pools_is_in_use(admin: Browser) -> None:
    scope = scope_of(admin)
    pool = pool_of(admin, address_scope_id=scope["id"])
    path = f"/v2.0/address-scopes/{scope['id']}"
    assert admin.delete(path).error == (409, "AddressScopeInUse")
    assert admin.get(f"/v2.0/subnetpools?address_scope_id={scope['id']}").json["subnetpools"] == [pool]
    admin.put(f"/v2.0/subnetpools/{pool['id']}", {"subnetpool": {"address_scope_id": None}})
    assert admin.delete(path).status == 204


def test_no_address_is_twice_in_a_scope(admin: Browser) -> None:
    scope = scope_of(admin)
    pool_of(admin, "10.0.0.0/8", address_scope_id=scope["id"])
    conflict = (409, "AddressScopePrefixConflict")
    body = {"name": "p", "prefixes": ["10.2.0.0/16"], "address_scope_id": scope["id"]}
    assert admin.post("/v2.0/subnetpools", {"subnetpool": body}).error == conflict
    other = pool_of(admin, "192.0.2.0/24", address_scope_id=scope["id"])
    path = f"/v2.0/subnetpools/{other['id']}"
    assert admin.put(f"{path}/add_prefixes", {"prefixes": ["10.0.0.0/24"]}).error == conflict
    outside = pool_of(admin, "10.0.0.0/8")
    change = {"subnetpool": {"address_scope_id": scope["id"]}}
    assert admin.put(f"/v2.0/subnetpools/{outside['id']}", change).error == conflict
    six = {"name": "p", "prefixes": ["2001:db8::/48"], "address_scope_id": scope["id"]}
    assert admin.post("/v2.0/subnetpools", {"subnetpool": six}).error == (
        400,
        "IllegalSubnetPoolIpVersionAssociationToAddressScope",
    )
    assert admin.post("/v2.0/subnetpools", {"subnetpool": {**body, "address_scope_id": NOBODY}}).status == 404


def test_not_even_when_all_ask_at_once(admin: Browser) -> None:
    scope = scope_of(admin)
    bodies = [{"name": "p", "prefixes": ["10.0.0.0/8"], "address_scope_id": scope["id"]} for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(lambda body: admin.post("/v2.0/subnetpools", {"subnetpool": body}), bodies))
    assert sorted(one.status for one in seen) == [201] + [409] * 7
    free = [
        pool_of(admin, "192.0.2.0/24", address_scope_id=scope["id"]),
        pool_of(admin, address_scope_id=scope_of(admin)["id"]),
    ]
    paths = [f"/v2.0/subnetpools/{one['id']}/add_prefixes" for one in free]
    with ThreadPoolExecutor(2) as threads:
        grown = list(threads.map(lambda path: admin.put(path, {"prefixes": ["172.16.0.0/12"]}), paths))
    assert [one.status for one in grown] == [200, 200], "scopes know nothing of each other"


def test_networks_tell_the_scopes_of_their_subnets_pools(admin: Browser) -> None:
    four, six = scope_of(admin), scope_of(admin, 6)
    pool4, pool6 = (
        pool_of(admin, address_scope_id=four["id"]),
        pool_of(admin, "2001:db8::/48", address_scope_id=six["id"]),
    )
    network = network_of(admin)
    path = f"/v2.0/networks/{network}"
    scopes = ("ipv4_address_scope", "ipv6_address_scope")

    def told(body: dict[str, Any]) -> list[Any]:
        return [body[name] for name in scopes]

    assert told(admin.get(path).json["network"]) == [None, None]
    assert asked(admin, network, subnetpool_id=pool4["id"], prefixlen=24).status == 201
    assert told(admin.get(path).json["network"]) == [four["id"], None]
    assert asked(admin, network, 6, subnetpool_id=pool6["id"]).status == 201
    both = [four["id"], six["id"]]
    assert told(admin.get(path).json["network"]) == both
    assert told(admin.put(path, {"network": {"name": "x"}}).json["network"]) == both
    assert told(admin.get("/v2.0/networks").json["networks"][0]) == both
    [shown] = admin.get(f"/v2.0/networks?fields={scopes[0]}&fields={scopes[1]}").json["networks"]
    assert told(shown) == both
    assert told(admin.acting("us", "member").get(path).json.get("network", dict.fromkeys(scopes))) == [None, None]
    admin.put(f"/v2.0/subnetpools/{pool4['id']}", {"subnetpool": {"address_scope_id": None}})
    assert told(admin.get(path).json["network"]) == [None, six["id"]]
    for subnet in admin.get(f"/v2.0/subnets?network_id={network}").json["subnets"]:
        admin.delete(f"/v2.0/subnets/{subnet['id']}")
    assert told(admin.get(path).json["network"]) == [None, None]


def test_a_pool_that_changes_its_scope_takes_whole_networks_along(admin: Browser) -> None:
    one, two = scope_of(admin), scope_of(admin)
    pool, beside, network = (
        pool_of(admin, "10.0.0.0/16", address_scope_id=one["id"]),
        pool_of(admin, "10.1.0.0/16", address_scope_id=one["id"]),
        network_of(admin),
    )
    assert asked(admin, network, subnetpool_id=pool["id"], prefixlen=24).status == 201
    path, change = f"/v2.0/subnetpools/{pool['id']}", {"subnetpool": {"address_scope_id": two["id"]}}
    assert admin.put(path, change).status == 200
    assert admin.put(path, {"subnetpool": {"address_scope_id": one["id"]}}).status == 200
    assert asked(admin, network, subnetpool_id=beside["id"], prefixlen=24).status == 201
    assert admin.put(path, change).error == (400, "NetworkAddressScopeAffinityError")
    stranger = pool_of(admin, "10.2.0.0/16", address_scope_id=two["id"])
    seen = asked(admin, network, subnetpool_id=stranger["id"], prefixlen=24)
    assert seen.error == (400, "NetworkAddressScopeAffinityError")


def test_what_networks_know_is_right_though_a_pool_moves_while_subnets_are_made(world: Any) -> None:
    """Hosts hear of scopes by the networks' facts alone; what the API shows is looked up from the pool."""
    admin = world.admin
    scopes = [*(scope_of(admin)["id"] for _ in range(2)), None]
    pool = pool_of(admin, address_scope_id=scopes[0])["id"]
    networks = [network_of(admin) for _ in range(24)]
    moves = [
        lambda to=to: admin.put(f"/v2.0/subnetpools/{pool}", {"subnetpool": {"address_scope_id": to}})
        for to in scopes * 4
    ]
    births = [lambda id=id: asked(admin, id, subnetpool_id=pool, prefixlen=24) for id in networks]
    mixed = [one for pair in zip(births[::2], births[1::2], moves, strict=True) for one in pair]
    with ThreadPoolExecutor(6) as threads:
        seen = list(threads.map(lambda ask: ask(), mixed))
    assert {one.status for one in seen} == {200, 201}
    shown = {one["id"]: one["ipv4_address_scope"] for one in admin.get("/v2.0/networks").json["networks"]}
    known = fold_recorded(world.log.read_streams([f"network-{id}" for id in networks]))
    assert {one.state.id: one.state.address_scope(4) for one in known.values() if one} == shown
    last = admin.put(f"/v2.0/subnetpools/{pool}", {"subnetpool": {"address_scope_id": scopes[1]}})
    assert last.status == 200
    known = fold_recorded(world.log.read_streams([f"network-{id}" for id in networks]))
    assert {one.state.address_scope(4) for one in known.values() if one} == {scopes[1]}


def test_projects_see_their_own_scopes_and_shared_ones(admin: Browser) -> None:
    us, them = admin.acting("us", "member"), admin.acting("them", "member")
    mine, shared = scope_of(us), scope_of(admin, shared=True)
    assert [one["id"] for one in them.get("/v2.0/address-scopes").json["address_scopes"]] == [shared["id"]]
    path = f"/v2.0/address-scopes/{mine['id']}"
    for seen in (them.get(path), them.delete(path), them.put(path, {"address_scope": {"name": "x"}})):
        assert seen.error == (404, "AddressScopeNotFound")
    body = {"name": "p", "prefixes": ["10.0.0.0/8"], "address_scope_id": mine["id"]}
    assert them.post("/v2.0/subnetpools", {"subnetpool": body}).error == (404, "AddressScopeNotFound")
    pool = pool_of(them, address_scope_id=shared["id"])
    seen = them.put(f"/v2.0/subnetpools/{pool['id']}", {"subnetpool": {"name": "x"}})
    assert seen.error == (400, "IllegalSubnetPoolUpdate"), "as in Neutron: the scope is another's"
    for change in ({"address_scope": {"name": "x", "ip_version": 4, "shared": True}},):
        assert them.post("/v2.0/address-scopes", change).error == (403, "PolicyNotAuthorized")
    assert us.put(path, {"address_scope": {"shared": True}}).error == (403, "PolicyNotAuthorized")
