"""RBAC policies about security groups, address groups, scopes and subnet pools: who sees and uses them then, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.browser import Browser, Seen

pytestmark = pytest.mark.postgres

ANN, BOB, CAT = "a" * 32, "b" * 32, "c" * 32
PATH = "/v2.0/rbac-policies"
PLURALS = {
    "security_group": "security-groups",
    "address_group": "address-groups",
    "address_scope": "address-scopes",
    "subnetpool": "subnetpools",
}


def made(by: Browser, type: str, **values: Any) -> str:
    seen = by.post(f"/v2.0/{PLURALS[type]}", {type: {"name": "shared-one", **values}})
    assert seen.status == 201, seen.text
    id: str = seen.json[type]["id"]
    return id


def pool(by: Browser, **values: Any) -> str:
    return made(by, "subnetpool", prefixes=["10.0.0.0/16"], default_prefixlen=24, **values)


def asked(by: Browser, type: str, id: str, target: str = BOB) -> Seen:
    body = {"object_type": type, "object_id": id, "target_tenant": target, "action": "access_as_shared"}
    return by.post(PATH, {"rbac_policy": body})


def shared(by: Browser, type: str, id: str, target: str = BOB) -> str:
    seen = asked(by, type, id, target)
    assert seen.status == 201, seen.text
    policy: str = seen.json["rbac_policy"]["id"]
    return policy


def seen_by(by: Browser, type: str, id: str) -> list[int]:
    """How often it is shown, listed, and listed when one asks for what is shared."""
    path = f"/v2.0/{PLURALS[type]}"
    listed = by.get(f"{path}?name=shared-one").json[PLURALS[type].replace("-", "_")]
    return [by.get(f"{path}/{id}").status, len(listed)]


MAKERS: dict[str, Any] = {
    "security_group": lambda by: made(by, "security_group"),
    "address_group": lambda by: made(by, "address_group", addresses=["10.0.0.0/8"]),
    "address_scope": lambda by: made(by, "address_scope", ip_version=4),
    "subnetpool": pool,
}


@pytest.mark.parametrize("type", PLURALS)
def test_whom_it_is_shared_with_sees_it_until_the_policy_or_the_thing_goes(
    type: str, ann: Browser, bob: Browser, cat: Browser, admin: Browser
) -> None:
    id, path = MAKERS[type](ann), f"/v2.0/{PLURALS[type]}"
    assert seen_by(bob, type, id) == [404, 0]
    assert asked(bob, type, id, CAT).status == 404, "what one does not see one cannot share"
    policy = shared(ann, type, id)
    assert seen_by(bob, type, id) == seen_by(ann, type, id) == [200, 1] and seen_by(cat, type, id) == [404, 0]
    assert asked(bob, type, id, CAT).error == (400, "InvalidInput")
    assert asked(ann, type, id).error == (409, "DuplicateRbacPolicy")
    assert asked(ann, type, id, "*").error == (403, "PolicyNotAuthorized")
    assert bob.put(f"{path}/{id}", {type: {"name": "mine"}}).error[0] in (403, 404)
    assert bob.delete(f"{path}/{id}").error[0] in (403, 404)
    assert ann.delete(f"{PATH}/{policy}").status == 204 and seen_by(bob, type, id) == [404, 0]
    shared(admin, type, id, "*")
    assert seen_by(bob, type, id) == seen_by(cat, type, id) == [200, 1]
    assert ann.delete(f"{path}/{id}").status == 204
    assert admin.get(PATH).json["rbac_policies"] == [], "its policies went with it"


@pytest.mark.parametrize("type", ["security_group", "address_scope", "subnetpool"])
def test_shared_is_what_it_is_to_the_one_who_asks(type: str, ann: Browser, bob: Browser, admin: Browser) -> None:
    id, path = MAKERS[type](ann), f"/v2.0/{PLURALS[type]}"
    policy = shared(ann, type, id)

    def told(by: Browser) -> tuple[bool, int, int]:
        lists = [by.get(f"{path}?shared={it}&id={id}").json[PLURALS[type].replace("-", "_")] for it in (True, False)]
        return by.get(f"{path}/{id}").json[type]["shared"], len(lists[0]), len(lists[1])

    assert told(bob) == (True, 1, 0) and told(ann) == (False, 0, 1)
    assert admin.put(f"{PATH}/{policy}", {"rbac_policy": {"target_tenant": "*"}}).status == 200
    assert told(ann) == (True, 1, 0)
    assert ann.put(f"{path}/{id}", {type: {"name": "shared-one"}}).json[type]["shared"] is True


def test_a_shared_security_group_protects_others_ports_and_stays_while_it_does(ann: Browser, bob: Browser) -> None:
    group = MAKERS["security_group"](ann)
    network = bob.made("network")["id"]
    wanted = {"port": {"network_id": network, "security_groups": [group]}}
    assert bob.post("/v2.0/ports", wanted).error == (404, "SecurityGroupNotFound")
    policy = shared(ann, "security_group", group)
    seen = bob.post("/v2.0/ports", wanted)
    assert seen.status == 201 and seen.json["port"]["security_groups"] == [group]
    assert ann.delete(f"{PATH}/{policy}").error == (409, "RbacPolicyInUse")
    assert bob.delete(f"/v2.0/ports/{seen.json['port']['id']}").status == 204
    assert ann.delete(f"{PATH}/{policy}").status == 204
    assert bob.post("/v2.0/ports", wanted).error == (404, "SecurityGroupNotFound")


def test_a_shared_address_group_stays_while_others_rules_name_it(ann: Browser, bob: Browser) -> None:
    group, mine = MAKERS["address_group"](ann), MAKERS["security_group"](bob)
    rule = {"security_group_id": mine, "direction": "ingress", "remote_address_group_id": group}
    assert bob.post("/v2.0/security-group-rules", {"security_group_rule": rule}).error == (404, "AddressGroupNotFound")
    policy = shared(ann, "address_group", group)
    made_rule = bob.post("/v2.0/security-group-rules", {"security_group_rule": rule})
    assert made_rule.status == 201, made_rule.text
    assert ann.delete(f"{PATH}/{policy}").error == (409, "RbacPolicyInUse")
    assert bob.delete(f"/v2.0/security-group-rules/{made_rule.json['security_group_rule']['id']}").status == 204
    assert ann.delete(f"{PATH}/{policy}").status == 204


def test_a_shared_pool_stays_while_others_have_subnets_of_it(ann: Browser, bob: Browser, admin: Browser) -> None:
    id = pool(ann)
    network = bob.made("network")["id"]
    wanted = {"subnet": {"network_id": network, "ip_version": 4, "subnetpool_id": id}}
    assert bob.post("/v2.0/subnets", wanted).error == (404, "SubnetPoolNotFound")
    policy = shared(ann, "subnetpool", id)
    seen = bob.post("/v2.0/subnets", wanted)
    assert seen.status == 201, seen.text
    assert ann.delete(f"{PATH}/{policy}").error == (409, "RbacPolicyInUse")
    for_all = shared(admin, "subnetpool", id, "*")
    assert ann.delete(f"{PATH}/{policy}").status == 204, "bob has it by the other one"
    assert admin.delete(f"{PATH}/{for_all}").error == (409, "RbacPolicyInUse")
    assert bob.delete(f"/v2.0/subnets/{seen.json['subnet']['id']}").status == 204
    assert admin.delete(f"{PATH}/{for_all}").status == 204


def test_a_pool_is_shared_only_with_whom_its_address_scope_is(ann: Browser, bob: Browser) -> None:
    scope = MAKERS["address_scope"](ann)
    id = pool(ann, address_scope_id=scope)
    refused = asked(ann, "subnetpool", id)
    assert refused.error == (400, "InvalidInput") and "address scope" in refused.json["NeutronError"]["message"]
    shared(ann, "address_scope", scope)
    shared(ann, "subnetpool", id)
    assert asked(ann, "subnetpool", id, CAT).error == (400, "InvalidInput")


def test_what_an_administrator_shares_by_its_attribute_has_a_policy(admin: Browser, bob: Browser) -> None:
    for type, more in (("address_scope", {"ip_version": 4}), ("subnetpool", {"prefixes": ["10.0.0.0/16"]})):
        id = made(admin, type, shared=True, **more)
        [policy] = admin.get(f"{PATH}?object_id={id}").json["rbac_policies"]
        assert (policy["object_type"], policy["target_tenant"]) == (type, "*") and seen_by(bob, type, id) == [200, 1]
        assert admin.delete(f"{PATH}/{policy['id']}").status == 204
        assert seen_by(bob, type, id) == [404, 0]
        assert admin.get(f"/v2.0/{PLURALS[type]}/{id}").json[type]["shared"] is False
