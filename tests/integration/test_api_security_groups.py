"""Security groups and their rules over the real log: default groups, what is shown of rules, duplicates, what is in use, others'."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.eventlog.commit import Ledger
from libs.http.limits import Limits
from libs.network.security_group import default_group_id
from services.api.gateway import make_app
from tests.fakes.browser import Browser
from tests.fakes.choosers import Choosers
from tests.integration.api_world import World
from tests.integration.layer3_world import subnet_of

pytestmark = pytest.mark.postgres

US, THEM = "1" * 32, "2" * 32
GROUPS, RULES, ADDRESSES = "/v2.0/security-groups", "/v2.0/security-group-rules", "/v2.0/address-groups"
GROUP_ATTRIBUTES = {
    "id", "name", "tenant_id", "project_id", "stateful", "shared", "description", "created_at", "updated_at",
    "revision_number", "tags", "security_group_rules",
}  # fmt: skip
RULE_ATTRIBUTES = {
    "id", "tenant_id", "project_id", "security_group_id", "ethertype", "direction", "protocol", "port_range_min",
    "port_range_max", "remote_ip_prefix", "remote_address_group_id", "normalized_cidr", "remote_group_id",
    "belongs_to_default_sg", "description", "created_at", "updated_at", "revision_number",
}  # fmt: skip


def group(who: Browser, **more: Any) -> dict[str, Any]:
    seen = who.post(GROUPS, {"security_group": {"name": "web", **more}})
    assert seen.status == 201, seen.text
    made: dict[str, Any] = seen.json["security_group"]
    return made


def rule(who: Browser, group_id: str, **more: Any) -> dict[str, Any]:
    seen = who.post(RULES, wish(group_id, **more))
    assert seen.status == 201, seen.text
    made: dict[str, Any] = seen.json["security_group_rule"]
    return made


def wish(group_id: str, **more: Any) -> dict[str, Any]:
    return {"security_group_rule": {"security_group_id": group_id, "direction": "ingress", **more}}


def names(seen: Any) -> list[str]:
    return sorted(one["name"] for one in seen.json["security_groups"])


def test_who_looks_for_groups_finds_his_default_group(us: Browser, them: Browser, world: World) -> None:
    [default] = us.get(GROUPS).json["security_groups"]
    assert default.keys() == GROUP_ATTRIBUTES
    assert (default["id"], default["name"], default["project_id"]) == (default_group_id(US), "default", US)
    rules = default["security_group_rules"]
    assert all(one.keys() == RULE_ATTRIBUTES and one["belongs_to_default_sg"] for one in rules)
    assert {(one["direction"], one["ethertype"], one["remote_group_id"]) for one in rules} == {
        ("egress", "IPv4", None),
        ("egress", "IPv6", None),
        ("ingress", "IPv4", default["id"]),
        ("ingress", "IPv6", default["id"]),
    }
    head = world.log.head()
    assert us.get(GROUPS).json["security_groups"] == [default] and world.log.head() == head
    assert len(them.get(RULES).json["security_group_rules"]) == 4, "whoever looks for rules, too"
    assert len(us.get(RULES).json["security_group_rules"]) == 4


def test_a_reader_finds_it_too_and_nobody_makes_anothers(admin: Browser, them: Browser, world: World) -> None:
    assert names(admin.acting(US, "reader").get(GROUPS)) == ["default"]
    head = world.log.head()
    assert them.get(f"{GROUPS}?project_id={'3' * 32}").json == {"security_groups": []}
    assert world.log.head() == head
    assert names(admin.get(f"{GROUPS}?tenant_id={THEM}")) == ["default"]


def test_without_room_in_the_quota_there_is_no_default_group_and_no_port_that_wants_it(world: World) -> None:
    ledger = Ledger(world.log, Choosers(world.log).ask, limits={"security_group_rule": 3})
    app = make_app(world.log.pool.query, ledger.commit, world.settings, Limits(), lambda: datetime.now(UTC))
    us = Browser(app).acting(US, "member")
    assert us.get(GROUPS).json == {"security_groups": []}
    network, _ = subnet_of(us, "10.0.0.0/24")
    assert us.post("/v2.0/ports", {"port": {"network_id": network}}).error == (409, "OverQuota")
    assert us.made("port", network_id=network, security_groups=[])["security_groups"] == []


def test_a_group_is_made_shown_changed_and_deleted(us: Browser) -> None:
    made = group(us, description="of the web", stateful=False)
    assert made.keys() == GROUP_ATTRIBUTES
    assert (made["stateful"], made["shared"], len(made["security_group_rules"])) == (False, False, 2)
    path = f"{GROUPS}/{made['id']}"
    assert us.get(path).json["security_group"] == made
    added = rule(us, made["id"], protocol="tcp", port_range_min=22, port_range_max=22)
    assert added in us.get(path).json["security_group"]["security_group_rules"]
    renamed = us.put(path, {"security_group": {"name": "www", "stateful": True}}).json["security_group"]
    assert (renamed["name"], renamed["stateful"]) == ("www", True) and added in renamed["security_group_rules"]
    assert us.get(f"{GROUPS}?name=www&fields=security_group_rules").json["security_groups"] == [
        {"security_group_rules": renamed["security_group_rules"]}
    ]
    assert us.delete(path).status == 204
    assert us.get(path).error == us.delete(path).error == (404, "SecurityGroupNotFound")
    assert us.get(f"{RULES}/{added['id']}").error == (404, "SecurityGroupRuleNotFound")


def test_the_name_of_default_groups_is_theirs(us: Browser, admin: Browser) -> None:
    [default] = us.get(GROUPS).json["security_groups"]
    other = group(us)
    for name in ("default", "Default", "DEFAULT"):
        taken = (409, "SecurityGroupDefaultAlreadyExists")
        assert us.post(GROUPS, {"security_group": {"name": name}}).error == taken
        assert us.put(f"{GROUPS}/{other['id']}", {"security_group": {"name": name}}).error == taken
    path = f"{GROUPS}/{default['id']}"
    assert us.put(path, {"security_group": {"name": "x"}}).error == (409, "SecurityGroupCannotUpdateDefault")
    assert us.put(path, {"security_group": {"description": "x"}}).json["security_group"]["description"] == "x"
    assert us.delete(path).error == (409, "SecurityGroupCannotRemoveDefault")
    assert admin.delete(path).status == 204
    [another] = [one for one in us.get(GROUPS).json["security_groups"] if one["name"] == "default"]
    assert another["id"] != default["id"] and len(another["security_group_rules"]) == 4


def test_groups_are_found_by_their_attributes(us: Browser, admin: Browser) -> None:
    web = group(us, description="d")
    less = group(us, name="less", stateful=False)
    us.put(f"{GROUPS}/{web['id']}/tags", {"tags": ["blue"]})
    for query, expected in (
        (f"id={web['id']}", ["web"]),
        ("name=web&name=less", ["less", "web"]),
        ("description=d", ["web"]),
        ("stateful=False", ["less"]),
        ("shared=False", ["default", "less", "web"]),
        ("shared=True", []),
        ("tags=blue", ["web"]),
        (f"tenant_id={US}&not-tags=blue", ["default", "less"]),
        ("sort_key=name&sort_dir=asc&limit=1", ["default"]),
        (f"limit=1&marker={less['id']}&sort_key=name&sort_dir=asc", ["web"]),
    ):
        assert names(us.get(f"{GROUPS}?{query}")) == expected, query
    assert us.get(f"{GROUPS}?fields=id&fields=name&name=web").json["security_groups"] == [
        {"id": web["id"], "name": "web"}
    ]


def test_rules_are_found_by_their_attributes(us: Browser) -> None:
    id = group(us)["id"]
    ssh = rule(us, id, protocol="TCP", port_range_min="22", port_range_max=22, remote_ip_prefix="203.0.113.7/24")
    ping = rule(us, id, ethertype="ipv6", protocol="icmp", port_range_min=128)
    assert (ssh["protocol"], ssh["port_range_min"], ssh["ethertype"]) == ("tcp", 22, "IPv4")
    assert (ssh["remote_ip_prefix"], ssh["normalized_cidr"]) == ("203.0.113.7/24", "203.0.113.0/24")
    assert (ping["protocol"], ping["ethertype"], ping["port_range_max"]) == ("ipv6-icmp", "IPv6", None)

    def found(query: str) -> list[str]:
        return sorted(
            one["id"] for one in us.get(f"{RULES}?security_group_id={id}&{query}").json["security_group_rules"]
        )

    assert found("protocol=tcp") == found("port_range_min=22") == found("normalized_cidr=203.0.113.0/24") == [ssh["id"]]
    assert found("remote_ip_prefix=203.0.113.7/24") == [ssh["id"]]
    assert found("direction=ingress&ethertype=IPv6") == [ping["id"]]
    assert found("direction=ingress") == sorted([ssh["id"], ping["id"]])
    assert found("belongs_to_default_sg=True") == []
    assert len(us.get(f"{RULES}?belongs_to_default_sg=True").json["security_group_rules"]) == 4
    assert us.get(f"{RULES}/{ssh['id']}").json["security_group_rule"] == ssh
    assert us.get(f"{RULES}?name=x").status == 400
    assert us.put(f"{RULES}/{ssh['id']}", {"security_group_rule": {"description": "x"}}).status == 405


def test_the_same_twice_is_refused_whoever_is_first(us: Browser, world: World) -> None:
    id = group(us)["id"]
    first = rule(us, id, protocol="tcp", port_range_min=80, port_range_max=80, remote_ip_prefix="0.0.0.0/0")
    again = us.post(RULES, wish(id, protocol="6", port_range_min=80, port_range_max="80"))
    assert again.error == (409, "SecurityGroupRuleExists") and first["id"] in again.json["NeutronError"]["message"]
    path = f"{RULES}/{first['id']}"
    assert us.delete(path).status == 204
    assert us.delete(path).error == (404, "SecurityGroupRuleNotFound")
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: us.post(RULES, wish(id, protocol="udp")).status, range(8)))
    assert sorted(seen) == [201] + [409] * 7


def test_many_rules_are_made_at_once_or_none(us: Browser, world: World) -> None:
    id, other = group(us)["id"], group(us)["id"]
    ports = [wish(id, protocol="tcp", port_range_min=n, port_range_max=n)["security_group_rule"] for n in range(1, 101)]
    seen = us.post(RULES, {"security_group_rules": ports})
    assert seen.status == 201 and [one["port_range_min"] for one in seen.json["security_group_rules"]] == [
        *range(1, 101)
    ]
    head = world.log.head()
    one = wish(id, protocol="udp")["security_group_rule"]
    for bad, error in (
        ({**one}, (409, "DuplicateSecurityGroupRuleInPost")),
        (ports[0], (409, "SecurityGroupRuleExists")),
        ({**one, "security_group_id": other}, (400, "SecurityGroupNotSingleGroupRules")),
        ({**one, "port_range_min": 5}, (400, "SecurityGroupInvalidPortRange")),
    ):
        assert us.post(RULES, {"security_group_rules": [one, bad]}).error == error
    assert world.log.head() == head


def test_a_group_in_use_stays_as_it_is(us: Browser, admin: Browser) -> None:
    network, _ = subnet_of(us, "10.0.0.0/24")
    id = group(us)["id"]
    port = us.made("port", network_id=network, security_groups=[id])
    path = f"{GROUPS}/{id}"
    in_use = (409, "SecurityGroupInUse")
    assert us.delete(path).error == us.put(path, {"security_group": {"stateful": False}}).error == in_use
    assert us.put(path, {"security_group": {"name": "still"}}).status == 200
    assert us.put(f"/v2.0/ports/{port['id']}", {"port": {"security_groups": []}}).status == 200
    assert us.put(path, {"security_group": {"stateful": False}}).status == 200
    assert us.delete(path).status == 204


def test_a_deleted_group_takes_the_rules_that_name_it(us: Browser) -> None:
    id, other = group(us)["id"], group(us)["id"]
    named = rule(us, other, remote_group_id=id)
    assert us.delete(f"{GROUPS}/{id}").status == 204
    assert us.get(f"{RULES}/{named['id']}").status == 404
    left = us.get(f"{GROUPS}/{other}").json["security_group"]["security_group_rules"]
    assert {one["direction"] for one in left} == {"egress"}


def test_what_is_not_ours_is_not_there(us: Browser, them: Browser, admin: Browser) -> None:
    theirs = group(them)["id"]
    inside = rule(them, theirs)
    own = group(us)["id"]
    office = admin.acting(THEM, "member").post(ADDRESSES, {"address_group": {"name": "o"}}).json["address_group"]["id"]
    nobody = str(uuid.uuid4())
    network, _ = subnet_of(us, "10.0.0.0/24")
    for id, rule_id, group_id in ((theirs, inside["id"], office), (nobody, nobody, nobody)):
        missing = (404, "SecurityGroupNotFound")
        assert us.get(f"{GROUPS}/{id}").error == us.delete(f"{GROUPS}/{id}").error == missing
        assert us.put(f"{GROUPS}/{id}", {"security_group": {"name": "x"}}).error == missing
        assert us.post(RULES, wish(id)).error == us.post(RULES, wish(own, remote_group_id=id)).error == missing
        assert us.get(f"{RULES}/{rule_id}").error == us.delete(f"{RULES}/{rule_id}").error
        assert us.delete(f"{RULES}/{rule_id}").error == (404, "SecurityGroupRuleNotFound")
        assert us.post(RULES, wish(own, remote_address_group_id=group_id)).error == (404, "AddressGroupNotFound")
        port = {"port": {"network_id": network, "security_groups": [id]}}
        assert us.post("/v2.0/ports", port).error == missing
    port_id = us.made("port", network_id=network)["id"]
    assert us.put(f"/v2.0/ports/{port_id}", {"port": {"security_groups": [theirs]}}).error[0] == 404
    assert admin.acting(US, "reader").post(GROUPS, {"security_group": {"name": "x"}}).status == 403
    assert theirs not in us.get(f"{GROUPS}?fields=id").text.decode()
    assert admin.put(f"/v2.0/ports/{port_id}", {"port": {"security_groups": [theirs]}}).status == 200


def test_an_address_group_lives(us: Browser) -> None:
    made = us.post(ADDRESSES, {"address_group": {"name": "offices", "addresses": ["192.0.2.7/24"]}}).json[
        "address_group"
    ]
    assert made["addresses"] == ["192.0.2.0/24"] and made["project_id"] == US
    path = f"{ADDRESSES}/{made['id']}"
    added = us.put(f"{path}/add_addresses", {"addresses": ["2001:db8::/64"]})
    assert (added.status, added.json["address_group"]["addresses"]) == (200, ["192.0.2.0/24", "2001:db8::/64"])
    assert us.put(f"{path}/add_addresses", {"addresses": ["192.0.2.9/24"]}).error == (400, "AddressesAlreadyExist")
    assert us.put(f"{path}/remove_addresses", {"addresses": ["10.0.0.0/8"]}).error == (404, "AddressesNotFound")
    removed = us.put(f"{path}/remove_addresses", {"addresses": ["192.0.2.0/24"]})
    assert removed.json["address_group"]["addresses"] == ["2001:db8::/64"]
    assert us.put(path, {"address_group": {"name": "sites"}}).json["address_group"]["name"] == "sites"
    assert us.put(path, {"address_group": {"addresses": []}}).status == 400
    for body in ({}, {"addresses": []}, {"addresses": ["x"]}, {"addresses": "10.0.0.0/8"}, {"a": 1}, []):
        assert us.put(f"{path}/add_addresses", body).status == 400, body
    assert [
        one["id"] for one in us.get(f"{ADDRESSES}?name=sites&sort_key=name&sort_dir=asc").json["address_groups"]
    ] == [made["id"]]


def test_an_address_group_that_a_rule_names_stays(us: Browser, them: Browser) -> None:
    id = us.post(ADDRESSES, {"address_group": {"name": "offices"}}).json["address_group"]["id"]
    named = rule(us, group(us)["id"], remote_address_group_id=id, protocol="tcp")
    path = f"{ADDRESSES}/{id}"
    assert us.delete(path).error == (409, "AddressGroupInUse")
    for seen in (them.get(path), them.delete(path), them.put(f"{path}/add_addresses", {"addresses": ["10.0.0.0/8"]})):
        assert seen.error == (404, "AddressGroupNotFound")
    assert us.delete(f"{RULES}/{named['id']}").status == 204
    assert us.delete(path).status == 204


def test_thirty_two_first_ports_of_a_project_share_one_default_group(us: Browser, world: World) -> None:
    network, _ = subnet_of(us, "10.0.0.0/24")
    with ThreadPoolExecutor(16) as pool:
        wanted = {"port": {"network_id": network}}
        seen = list(pool.map(lambda _: us.post("/v2.0/ports", wanted), range(32)))
    assert {one.status for one in seen} == {201}
    assert {tuple(one.json["port"]["security_groups"]) for one in seen} == {(default_group_id(US),)}
    assert names(us.get(GROUPS)) == ["default"]
