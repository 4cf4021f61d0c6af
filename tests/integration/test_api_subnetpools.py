"""Subnet pools over the real log: their life, subnets out of them, many at once, and what one project sees of another's."""

from __future__ import annotations

import itertools
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from libs.network.kinds import row_of
from libs.network.resources import fold_recorded, kind_and_id
from tests.fakes.browser import Browser, Seen
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres

NEUTRON = json.loads((Path(__file__).parents[1] / "unit" / "neutron_attributes.json").read_text())["attributes"]
NOBODY = str(uuid.uuid4())


def pool_of(browser: Browser, *prefixes: str, **more: Any) -> dict[str, Any]:
    """A new pool."""
    return browser.made("subnetpool", **{"name": "pool", "prefixes": list(prefixes or ("10.0.0.0/8",)), **more})


def asked(browser: Browser, network: str, version: int = 4, **more: Any) -> Seen:
    """POST of a subnet."""
    return browser.post("/v2.0/subnets", {"subnet": {"network_id": network, "ip_version": version, **more}})


def network_of(browser: Browser, **more: Any) -> str:
    """A new network's id."""
    return str(browser.made("network", name="n", **more)["id"])


def test_a_pool_is_made_shown_changed_and_deleted(admin: Browser) -> None:
    made = pool_of(admin, "10.1.0.0/16", "10.0.0.0/16", default_prefixlen=24, description="first")
    assert made.keys() == NEUTRON["subnetpools"].keys()
    assert made["prefixes"] == ["10.0.0.0/15"] and made["ip_version"] == 4
    assert [made[name] for name in ("min_prefixlen", "default_prefixlen", "max_prefixlen")] == ["8", "24", "32"]
    path = f"/v2.0/subnetpools/{made['id']}"
    assert admin.get(path).json == {"subnetpool": made}
    change = {"name": "second", "max_prefixlen": 28, "default_quota": 1024}
    changed = admin.put(path, {"subnetpool": change}).json["subnetpool"]
    assert (changed["name"], changed["max_prefixlen"], changed["default_quota"]) == ("second", "28", 1024)
    assert changed["revision_number"] > made["revision_number"]
    assert admin.put(path, {"subnetpool": {"shared": True}}).error == (400, "HTTPBadRequest")
    assert admin.delete(path).status == 204
    assert admin.get(path).error == admin.delete(path).error == (404, "SubnetPoolNotFound")


def test_prefixes_come_and_go(admin: Browser) -> None:
    path = f"/v2.0/subnetpools/{pool_of(admin, '10.0.0.0/24')['id']}"
    assert admin.put(f"{path}/add_prefixes", {"prefixes": ["10.0.1.0/24"]}).json == {"prefixes": ["10.0.0.0/23"]}
    assert admin.put(f"{path}/remove_prefixes", {"prefixes": ["10.0.0.0/25"]}).json == {
        "prefixes": ["10.0.0.128/25", "10.0.1.0/24"]
    }
    assert admin.put(f"{path}/add_prefixes", {"prefixes": []}).status == 400
    assert admin.put(f"{path}/add_prefixes", {"prefixes": ["x"]}).status == 400
    assert admin.put(f"{path}/add_prefixes", {"prefixes": ["2001:db8::/64"]}).error == (400, "PrefixVersionMismatch")
    assert admin.put(f"/v2.0/subnetpools/{NOBODY}/add_prefixes", {"prefixes": ["10.0.0.0/8"]}).status == 404


def test_a_subnet_gets_a_prefix_and_gives_it_back(admin: Browser) -> None:
    pool, network = pool_of(admin, "10.0.0.0/23", default_prefixlen=24), network_of(admin)
    one = asked(admin, network, subnetpool_id=pool["id"]).json["subnet"]
    assert (one["cidr"], one["gateway_ip"], one["subnetpool_id"]) == ("10.0.0.0/24", "10.0.0.1", pool["id"])
    two = asked(admin, network, subnetpool_id=pool["id"], prefixlen=25).json["subnet"]
    assert two["cidr"] == "10.0.1.0/25"
    assert asked(admin, network, subnetpool_id=pool["id"]).error == (409, "SubnetAllocationError")
    assert asked(admin, network, subnetpool_id=pool["id"], cidr="10.0.1.64/26").error == (409, "SubnetAllocationError")
    assert admin.delete(f"/v2.0/subnetpools/{pool['id']}").error == (400, "SubnetPoolDeleteError")
    remove = {"prefixes": ["10.0.0.0/24"]}
    assert admin.put(f"/v2.0/subnetpools/{pool['id']}/remove_prefixes", remove).error == (
        400,
        "IllegalSubnetPoolPrefixUpdate",
    )
    found = admin.get(f"/v2.0/subnets?subnetpool_id={pool['id']}&fields=id").json["subnets"]
    assert {each["id"] for each in found} == {one["id"], two["id"]}
    assert admin.delete(f"/v2.0/subnets/{one['id']}").status == 204
    again = asked(admin, network, subnetpool_id=pool["id"], cidr="10.0.0.0/24").json["subnet"]
    assert again["cidr"] == "10.0.0.0/24"


def test_what_makes_no_sense_is_refused_as_in_neutron(admin: Browser) -> None:
    pool, network = pool_of(admin, min_prefixlen=16, max_prefixlen=28), network_of(admin)
    id = pool["id"]
    for more, error in (
        ({}, (400, "BadRequest")),
        ({"cidr": "10.0.0.0/24", "prefixlen": 24}, (400, "BadRequest")),
        ({"subnetpool_id": id, "prefixlen": 30}, (400, "MaxPrefixSubnetAllocationError")),
        ({"subnetpool_id": id, "prefixlen": 12}, (400, "MinPrefixSubnetAllocationError")),
        ({"subnetpool_id": id, "use_default_subnetpool": True}, (400, "BadRequest")),
        ({"use_default_subnetpool": True}, (400, "BadRequest")),
        ({"subnetpool_id": NOBODY}, (404, "SubnetPoolNotFound")),
        ({"subnetpool_id": "x"}, (400, "HTTPBadRequest")),
        ({"subnetpool_id": id, "version": 6}, (400, "BadRequest")),
    ):
        assert asked(admin, network, **more).error == error, more
    assert asked(admin, NOBODY, subnetpool_id=id).error == (404, "NetworkNotFound")
    bounds = {"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/8"], "min_prefixlen": 30, "max_prefixlen": 28}}
    assert admin.post("/v2.0/subnetpools", bounds).error == (400, "IllegalSubnetPoolPrefixBounds")
    empty = {"subnetpool": {"name": "p", "prefixes": []}}
    assert admin.post("/v2.0/subnetpools", empty).error == (400, "EmptySubnetPoolPrefixList")


def test_there_is_one_default_pool_for_each_ip_version(admin: Browser) -> None:
    first, network = pool_of(admin, is_default=True, default_prefixlen=26), network_of(admin)
    body = {"subnetpool": {"name": "b", "prefixes": ["192.0.2.0/24"], "is_default": True}}
    assert admin.post("/v2.0/subnetpools", body).error == (400, "InvalidInput")
    pool_of(admin, "2001:db8::/48", is_default=True)
    four = asked(admin, network, use_default_subnetpool=True).json["subnet"]
    six = asked(admin, network, 6, use_default_subnetpool=True).json["subnet"]
    assert (four["cidr"], four["subnetpool_id"]) == ("10.0.0.0/26", first["id"])
    assert (six["cidr"], six["gateway_ip"]) == ("2001:db8::/64", "2001:db8::1")
    assert "use_default_subnetpool" not in four
    admin.put(f"/v2.0/subnetpools/{first['id']}", {"subnetpool": {"is_default": False}})
    assert admin.post("/v2.0/subnetpools", body).status == 201


def test_a_project_has_no_more_of_a_pool_than_it_may(admin: Browser) -> None:
    pool = pool_of(admin, default_quota=512, shared=True, default_prefixlen=24)
    us, them = admin.acting("us", "member"), admin.acting("them", "member")
    ours, theirs = network_of(us), network_of(them)
    assert [asked(us, ours, subnetpool_id=pool["id"]).status for _ in range(3)] == [201, 201, 409]
    assert asked(us, ours, subnetpool_id=pool["id"]).error == (409, "SubnetPoolQuotaExceeded")
    assert asked(them, theirs, subnetpool_id=pool["id"]).status == 201


def test_thirty_two_clients_get_thirty_two_prefixes(admin: Browser) -> None:
    pool = pool_of(admin, "10.0.0.0/16", default_prefixlen=24)
    networks = [network_of(admin) for _ in range(32)]
    with ThreadPoolExecutor(32) as threads:
        seen = list(threads.map(lambda id: asked(admin, id, subnetpool_id=pool["id"]), networks))
        assert {one.status for one in seen} == {201}, [one.text for one in seen if one.status != 201]
        cidrs = [ip_network(one.json["subnet"]["cidr"]) for one in seen]
        assert not any(one.overlaps(other) for one, other in itertools.combinations(cidrs, 2))
        assert sorted(cidrs) == list(ip_network("10.0.0.0/19").subnets(new_prefix=24)), "none is left out"
        ids = [one.json["subnet"]["id"] for one in seen]
        assert {one.status for one in threads.map(lambda id: admin.delete(f"/v2.0/subnets/{id}"), ids)} == {204}
    assert admin.delete(f"/v2.0/subnetpools/{pool['id']}").status == 204


def test_no_project_gets_one_too_many_however_many_ask_at_once(admin: Browser) -> None:
    pool = pool_of(admin, "10.0.0.0/16", default_prefixlen=24, default_quota=256 * 5)
    networks = [network_of(admin) for _ in range(16)]
    with ThreadPoolExecutor(16) as threads:
        seen = list(threads.map(lambda id: asked(admin, id, subnetpool_id=pool["id"]), networks))
    assert sorted(one.status for one in seen) == [201] * 5 + [409] * 11
    assert {one.error[1] for one in seen if one.status == 409} == {"SubnetPoolQuotaExceeded"}


def test_a_small_pool_is_given_out_to_the_last_prefix(admin: Browser) -> None:
    pool = pool_of(admin, "10.0.0.0/24", default_prefixlen=27)
    networks = [network_of(admin) for _ in range(12)]
    with ThreadPoolExecutor(12) as threads:
        seen = list(threads.map(lambda id: asked(admin, id, subnetpool_id=pool["id"]), networks))
    assert sorted(one.status for one in seen) == [201] * 8 + [409] * 4


def test_subnets_of_a_network_are_of_one_pool(admin: Browser) -> None:
    one, two, network = pool_of(admin), pool_of(admin, "192.0.2.0/24"), network_of(admin)
    assert asked(admin, network, subnetpool_id=one["id"], prefixlen=24).status == 201
    differ = (400, "NetworkSubnetPoolAffinityError")
    assert asked(admin, network, subnetpool_id=two["id"], prefixlen=26).error == differ
    assert asked(admin, network, cidr="203.0.113.0/24").error == differ
    assert asked(admin, network, 6, cidr="2001:db8::/64").status == 201


def test_projects_see_their_own_pools_and_shared_ones(admin: Browser) -> None:
    us, them = admin.acting("us", "member"), admin.acting("them", "member")
    mine, shared = pool_of(us), pool_of(admin, "192.0.2.0/24", shared=True, name="for all")
    assert mine["shared"] is False and shared["shared"] is True
    assert [one["id"] for one in them.get("/v2.0/subnetpools").json["subnetpools"]] == [shared["id"]]
    assert them.get(f"/v2.0/subnetpools/{shared['id']}").json["subnetpool"]["shared"] is True
    found = us.get("/v2.0/subnetpools?shared=true").json["subnetpools"]
    assert [one["id"] for one in found] == [shared["id"]]
    path = f"/v2.0/subnetpools/{mine['id']}"
    for seen in (
        them.get(path),
        them.delete(path),
        them.put(path, {"subnetpool": {"name": "x"}}),
        them.put(f"{path}/add_prefixes", {"prefixes": ["10.0.0.0/8"]}),
        them.put(f"{path}/remove_prefixes", {"prefixes": ["10.0.0.0/8"]}),
        asked(them, network_of(them), subnetpool_id=mine["id"]),
    ):
        assert seen.error == (404, "SubnetPoolNotFound")
    for more in ({"shared": True}, {"is_default": True}):
        body = {"subnetpool": {"name": "x", "prefixes": ["10.0.0.0/8"], **more}}
        assert them.post("/v2.0/subnetpools", body).error == (403, "PolicyNotAuthorized")
    seen = them.put(f"/v2.0/subnetpools/{shared['id']}", {"subnetpool": {"name": "x"}})
    assert seen.error == (403, "PolicyNotAuthorized")
    default = pool_of(admin, "198.51.100.0/24", is_default=True)
    assert asked(them, network_of(them), use_default_subnetpool=True).error == (400, "BadRequest"), default["id"]


def test_by_every_attribute_that_neutron_filters_and_sorts_by(admin: Browser) -> None:
    pool_of(admin, "192.0.2.0/24", name="other", min_prefixlen=25)
    one = pool_of(admin, default_quota=9, is_default=True, description="d")
    whole = admin.get("/v2.0/subnetpools").json["subnetpools"]
    assert len(whole) == 2
    for name, rules in NEUTRON["subnetpools"].items():
        value = one[name]
        if rules["filter"] and value is not None and not isinstance(value, list):
            seen = admin.get(f"/v2.0/subnetpools?{quote(name)}={quote(str(value))}&fields=id")
            same = [each["id"] for each in whole if each[name] == value]
            assert sorted(each["id"] for each in seen.json["subnetpools"]) == sorted(same), name
        if rules["sort"]:
            seen = admin.get(f"/v2.0/subnetpools?sort_key={name}&sort_dir=asc&limit=1")
            assert seen.status == 200 and len(seen.json["subnetpools"]) == 1, name


def test_pools_have_tags_and_revisions(admin: Browser) -> None:
    pool = pool_of(admin)
    path = f"/v2.0/subnetpools/{pool['id']}"
    assert admin.put(f"{path}/tags", {"tags": ["blue", "red"]}).json == {"tags": ["blue", "red"]}
    assert [one["id"] for one in admin.get("/v2.0/subnetpools?tags=red").json["subnetpools"]] == [pool["id"]]
    assert admin.put(path, {"subnetpool": {"name": "x"}}, If_Match="revision_number=1").status == 412


def test_many_pools_are_made_at_once_or_none(admin: Browser, world: World) -> None:
    bodies = [{"name": f"p{number}", "prefixes": [f"10.{number}.0.0/16"]} for number in range(5)]
    seen = admin.post("/v2.0/subnetpools", {"subnetpools": bodies})
    assert seen.status == 201 and len({one["id"] for one in seen.json["subnetpools"]}) == 5
    head = world.log.head()
    assert admin.post("/v2.0/subnetpools", {"subnetpools": [*bodies, {"name": "x", "prefixes": []}]}).status == 400
    assert world.log.head() == head


def test_a_network_that_goes_gives_back_what_its_subnets_had(admin: Browser) -> None:
    pool, network = pool_of(admin, "10.0.0.0/24", default_prefixlen=24), network_of(admin)
    assert asked(admin, network, subnetpool_id=pool["id"]).status == 201
    assert admin.delete(f"/v2.0/networks/{network}").status == 204
    assert asked(admin, network_of(admin), subnetpool_id=pool["id"]).json["subnet"]["cidr"] == "10.0.0.0/24"


def test_the_read_model_holds_what_the_log_says(admin: Browser, world: World) -> None:
    scope = {"name": "s", "ip_version": 4, "shared": True}
    scope_id = admin.post("/v2.0/address-scopes", {"address_scope": scope}).json["address_scope"]["id"]
    pool = pool_of(admin, address_scope_id=scope_id, default_quota=5000, is_default=True)
    network = network_of(admin)
    ids = [asked(admin, network, use_default_subnetpool=True, prefixlen=24).json["subnet"]["id"] for _ in range(3)]
    assert admin.delete(f"/v2.0/subnets/{ids[1]}").status == 204
    admin.put(f"/v2.0/subnetpools/{pool['id']}", {"subnetpool": {"name": "other", "address_scope_id": None}})
    flavor = admin.made("flavor", name="gold", service_type="L3_ROUTER_NAT")
    assert admin.put(f"/v2.0/flavors/{flavor['id']}", {"flavor": {"name": "silver"}}).status == 200
    for stream, resource in fold_recorded(world.log.read(0, 100_000)).items():
        place = kind_and_id(stream)
        assert world.log.rows([place]) == ({} if resource is None else {place: row_of(resource)}), stream
