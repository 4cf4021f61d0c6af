"""RBAC policies over the API: what one shares with whom, who sees and uses it then, and what is refused. Two tenants and one more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fakes.browser import Browser, Seen
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres

ANN, BOB, CAT = "a" * 32, "b" * 32, "c" * 32
SHARED, EXTERNAL = "access_as_shared", "access_as_external"
PATH = "/v2.0/rbac-policies"


def asked(by: Browser, object_id: str, target: str = BOB, action: str = SHARED, type: str = "network") -> Seen:
    body = {"object_type": type, "object_id": object_id, "target_tenant": target, "action": action}
    return by.post(PATH, {"rbac_policy": body})


def shared(
    by: Browser, object_id: str, target: str = BOB, action: str = SHARED, type: str = "network"
) -> dict[str, Any]:
    seen = asked(by, object_id, target, action, type)
    assert seen.status == 201, seen.text
    policy: dict[str, Any] = seen.json["rbac_policy"]
    return policy


def network_of(by: Browser, cidr: str = "10.0.0.0/24", **more: Any) -> tuple[str, str]:
    network = by.made("network", **more)["id"]
    return network, by.made("subnet", network_id=network, cidr=cidr, ip_version=4)["id"]


def ids(by: Browser, plural: str, query: str = "") -> set[str]:
    seen = by.get(f"/v2.0/{plural}{query}")
    assert seen.status == 200, seen.text
    return {one["id"] for one in seen.json[plural.replace("-", "_")]}


def policies_of(by: Browser, object_id: str) -> dict[tuple[str, str], str]:
    found = by.get(f"{PATH}?object_id={object_id}").json["rbac_policies"]
    return {(one["action"], one["target_tenant"]): one["id"] for one in found}


def test_a_policy_is_made_listed_changed_and_deleted(ann: Browser, bob: Browser, admin: Browser) -> None:
    network, _ = network_of(ann)
    policy = shared(ann, network)
    assert policy == {
        "id": policy["id"],
        "tenant_id": ANN,
        "project_id": ANN,
        "object_type": "network",
        "object_id": network,
        "action": SHARED,
        "target_tenant": BOB,
    }
    one = f"{PATH}/{policy['id']}"
    assert ann.get(one).json == {"rbac_policy": policy} == admin.get(one).json
    assert ann.get(PATH).json["rbac_policies"] == [policy]
    assert ann.get(f"{PATH}?target_tenant={CAT}").json["rbac_policies"] == []
    assert ann.get(f"{PATH}?fields=action&object_type=network").json["rbac_policies"] == [{"action": SHARED}]
    changed = ann.put(one, {"rbac_policy": {"target_tenant": CAT}})
    assert (changed.status, changed.json["rbac_policy"]) == (200, {**policy, "target_tenant": CAT})
    assert ids(bob, "networks") == set()
    for attribute in ("action", "object_id", "object_type"):
        assert ann.put(one, {"rbac_policy": {attribute: policy[attribute]}}).status == 400, "never another object"
    assert ann.delete(one).status == 204 and ann.get(one).error == (404, "RbacPolicyNotFound")
    assert ann.get(PATH).json["rbac_policies"] == []


def test_whom_a_network_is_shared_with_sees_and_uses_it_and_nobody_else(
    ann: Browser, bob: Browser, cat: Browser, admin: Browser
) -> None:
    network, subnet = network_of(ann, name="of-ann")
    before = [ids(bob, plural) for plural in ("networks", "subnets")]
    policy = shared(ann, network)
    assert before == [set(), set()] == [ids(cat, plural) for plural in ("networks", "subnets")]
    assert (ids(bob, "networks"), ids(bob, "subnets")) == ({network}, {subnet})
    port = bob.made("port", network_id=network)
    assert port["project_id"] == BOB and ids(ann, "ports") == {port["id"]}
    anns = ann.made("port", network_id=network)["id"]
    assert ids(bob, "ports") == {port["id"]} and bob.get(f"/v2.0/ports/{anns}").error == (404, "PortNotFound")
    for body in ({"mac_address": "fa:16:3e:11:22:33"}, {"fixed_ips": [{"ip_address": "10.0.0.77"}]}):
        assert bob.post("/v2.0/ports", {"port": {"network_id": network, **body}}).error == (403, "PolicyNotAuthorized")
    new = {"network_id": network, "cidr": "10.9.0.0/24", "ip_version": 4}
    assert bob.post("/v2.0/subnets", {"subnet": new}).error == (403, "PolicyNotAuthorized")
    assert bob.put(f"/v2.0/networks/{network}", {"network": {"name": "x"}}).error == (403, "PolicyNotAuthorized")
    assert cat.post("/v2.0/ports", {"port": {"network_id": network}}).error == (404, "NetworkNotFound")
    kept = ann.delete(f"{PATH}/{policy['id']}")
    assert kept.error == (409, "RbacPolicyInUse") and network in kept.json["NeutronError"]["message"]
    assert bob.delete(f"/v2.0/ports/{port['id']}").status == 204
    assert ann.delete(f"{PATH}/{policy['id']}").status == 204
    assert bob.get(f"/v2.0/networks/{network}").error == (404, "NetworkNotFound")
    assert bob.post("/v2.0/ports", {"port": {"network_id": network}}).error == (404, "NetworkNotFound")


def test_shared_is_what_it_is_to_the_one_who_asks(ann: Browser, bob: Browser, cat: Browser, admin: Browser) -> None:
    network, subnet = network_of(ann, name='"shared":false')
    shared(ann, network)

    def told(by: Browser) -> list[Any]:
        body = by.get(f"/v2.0/networks/{network}").json["network"]
        [listed] = by.get("/v2.0/networks").json["networks"]
        [paged] = by.get("/v2.0/networks?limit=3").json["networks"]
        [field] = by.get("/v2.0/networks?fields=shared").json["networks"]
        assert body == listed == paged and body["name"] == '"shared":false'
        return [body["shared"], field["shared"], *(len(ids(by, "networks", f"?shared={it}")) for it in (True, False))]

    assert told(bob) == [True, True, 1, 0]
    assert told(ann) == [False, False, 0, 1] == told(admin)
    assert told(admin.acting(BOB, "admin"))[0] is True, "an administrator of the project, too"
    assert (ids(bob, "subnets", "?shared=True"), ids(ann, "subnets", "?shared=True")) == ({subnet}, set())
    shared(ann, network, ANN)
    renamed = ann.put(f"/v2.0/networks/{network}", {"network": {"name": "x"}}).json["network"]
    assert renamed["shared"] is True and renamed == ann.get(f"/v2.0/networks/{network}").json["network"]
    assert cat.get("/v2.0/networks").json["networks"] == []


def test_the_attribute_shared_is_a_policy_for_all(ann: Browser, bob: Browser, admin: Browser) -> None:
    network = admin.made("network", tenant_id=ANN, shared=True)["id"]
    one = policies_of(ann, network)[SHARED, "*"]
    assert ids(bob, "networks") == {network}
    assert admin.delete(f"{PATH}/{one}").status == 204
    assert ids(bob, "networks") == set()
    assert ann.get(f"/v2.0/networks/{network}").json["network"]["shared"] is False
    assert asked(ann, network, "*").error == (403, "PolicyNotAuthorized")
    mine = shared(ann, network)["id"]
    widened = ann.put(f"{PATH}/{mine}", {"rbac_policy": {"target_tenant": "*"}})
    assert widened.error == (403, "PolicyNotAuthorized"), "only an administrator shares with all"
    shared(admin, network, "*")
    assert ann.get(f"/v2.0/networks/{network}").json["network"]["shared"] is True
    assert admin.put(f"/v2.0/networks/{network}", {"network": {"shared": False}}).json["network"]["shared"] is False
    assert set(policies_of(admin, network)) == {(SHARED, BOB)} and ids(bob, "networks") == {network}
    assert admin.delete(f"/v2.0/networks/{network}").status == 204
    assert admin.get(PATH).json["rbac_policies"] == [], "its policies went with it"


def test_a_network_is_external_for_those_who_are_let(ann: Browser, bob: Browser, cat: Browser, admin: Browser) -> None:
    network, _ = network_of(admin, "203.0.113.0/24", name="public")
    policy = shared(admin, network, BOB, EXTERNAL)["id"]
    seen = bob.get(f"/v2.0/networks/{network}").json["network"]
    assert (seen["router:external"], seen["shared"]) == (True, False), "it became external by its first policy"
    assert bob.post("/v2.0/ports", {"port": {"network_id": network}}).error == (403, "PolicyNotAuthorized")
    pools = [len(by.get("/v2.0/floatingip_pools").json["floatingip_pools"]) for by in (bob, cat)]
    assert pools == [1, 0]
    gateway = {"external_gateway_info": {"network_id": network}}
    router = bob.made("router", **gateway)["id"]
    address = bob.made("floatingip", floating_network_id=network)["id"]
    assert cat.post("/v2.0/routers", {"router": gateway}).error == (404, "NetworkNotFound")
    fip = {"floatingip": {"floating_network_id": network}}
    assert cat.post("/v2.0/floatingips", fip).error == (404, "NetworkNotFound")
    assert admin.delete(f"{PATH}/{policy}").error == (409, "RbacPolicyInUse")
    to_cat = {"rbac_policy": {"target_tenant": CAT}}
    assert admin.put(f"{PATH}/{policy}", to_cat).error == (409, "RbacPolicyInUse")
    for_all = shared(admin, network, "*", EXTERNAL)["id"]
    assert admin.put(f"{PATH}/{policy}", to_cat).status == 200, "bob has it by the other one now"
    assert admin.delete(f"{PATH}/{for_all}").error == (409, "RbacPolicyInUse")
    assert bob.delete(f"/v2.0/routers/{router}").status == 204
    assert admin.delete(f"{PATH}/{for_all}").status == 204
    assert bob.get(f"/v2.0/networks/{network}").status == 404 and cat.get(f"/v2.0/networks/{network}").status == 200
    assert admin.delete(f"{PATH}/{policy}").error == (409, "RbacPolicyInUse"), "there is a floating IP"
    assert bob.delete(f"/v2.0/floatingips/{address}").status == 204
    assert admin.delete(f"{PATH}/{policy}").status == 204
    assert admin.get(f"/v2.0/networks/{network}").json["network"]["router:external"] is False


def test_the_attribute_external_is_a_policy_for_all(admin: Browser, bob: Browser) -> None:
    network = admin.made("network", router__external=True)["id"]
    one = policies_of(admin, network)[EXTERNAL, "*"]
    router = bob.made("router")["id"]
    narrowed = admin.put(f"{PATH}/{one}", {"rbac_policy": {"target_tenant": BOB}})
    assert narrowed.status == 200 and ids(bob, "networks", "?router:external=True") == {network}
    path, closed = f"/v2.0/networks/{network}", {"network": {"router:external": False}}
    led = bob.put(f"/v2.0/routers/{router}", {"router": {"external_gateway_info": {"network_id": network}}})
    assert led.status == 200 and admin.put(path, closed).error == (409, "ExternalNetworkInUse")
    assert bob.put(f"/v2.0/routers/{router}", {"router": {"external_gateway_info": {}}}).status == 200
    assert admin.put(path, closed).status == 200
    assert policies_of(admin, network) == {} and ids(bob, "networks") == set()


def test_a_router_joins_a_subnet_that_is_shared_with_its_project_by_name(
    bob: Browser, ann: Browser, admin: Browser
) -> None:
    network, subnet = network_of(ann)
    router = bob.made("router")["id"]
    path, body = f"/v2.0/routers/{router}/add_router_interface", {"subnet_id": subnet}
    assert bob.put(path, body).error == (404, "SubnetNotFound")
    for_all = shared(admin, network, "*")["id"]
    assert bob.put(path, body).status == 400, "the gateway of a network for all is not for anybody to take"
    policy = shared(ann, network)["id"]
    assert bob.put(path, body).status == 200
    assert admin.delete(f"{PATH}/{for_all}").status == 204
    assert ann.delete(f"{PATH}/{policy}").error == (409, "RbacPolicyInUse")


def test_what_is_refused(ann: Browser, bob: Browser, admin: Browser, world: World) -> None:
    network, _ = network_of(ann)
    policy = shared(ann, network)["id"]
    bobs = bob.made("network")["id"]
    nowhere = "0b1b4d5e-5a5f-4c39-9c3b-111111111111"
    before = world.log.head()
    for seen, error in (
        (asked(ann, network), (409, "DuplicateRbacPolicy")),
        (asked(ann, network, "bob"), (400, "InvalidInput")),
        (asked(ann, network, action="access_as_owner"), (400, "InvalidActionForType")),
        (asked(ann, network, type="qos_policy"), (400, "InvalidInput")),
        (asked(ann, network, type="port"), (400, "InvalidInput")),
        (asked(bob, network, CAT), (400, "InvalidInput")),
        (asked(ann, bobs, CAT), (404, "NetworkNotFound")),
        (asked(ann, nowhere, CAT), (404, "NetworkNotFound")),
        (asked(admin, nowhere, CAT), (404, "NetworkNotFound")),
        (bob.get(f"{PATH}/{policy}"), (404, "RbacPolicyNotFound")),
        (bob.put(f"{PATH}/{policy}", {"rbac_policy": {"target_tenant": CAT}}), (404, "RbacPolicyNotFound")),
        (bob.delete(f"{PATH}/{policy}"), (404, "RbacPolicyNotFound")),
        (bob.delete(f"{PATH}/{nowhere}"), (404, "RbacPolicyNotFound")),
        (ann.post(PATH, {"rbac_policy": {"object_id": network}}), (400, "HTTPBadRequest")),
        (ann.get(f"{PATH}?created_at=x"), (400, "HTTPBadRequest")),
    ):
        assert seen.error == error, seen.text
    reader = admin.acting(ANN, "reader")
    assert reader.get(f"{PATH}/{policy}").status == 200
    assert asked(reader, network, CAT).error == (403, "PolicyNotAuthorized")
    assert reader.delete(f"{PATH}/{policy}").error == (403, "PolicyNotAuthorized")
    assert bob.get(PATH).json["rbac_policies"] == [], "whom it is for does not see it, as in Neutron"
    assert world.log.head() == before


def test_many_policies_at_once_or_none(ann: Browser, bob: Browser, cat: Browser) -> None:
    network, _ = network_of(ann)
    to = [
        {"object_type": "network", "object_id": network, "target_tenant": one, "action": SHARED} for one in (BOB, CAT)
    ]
    twice = ann.post(PATH, {"rbac_policies": [*to, to[0]]})
    assert twice.error == (409, "DuplicateRbacPolicy") and ids(bob, "networks") == set()
    made = ann.post(PATH, {"rbac_policies": to})
    assert made.status == 201 and [one["target_tenant"] for one in made.json["rbac_policies"]] == [BOB, CAT]
    assert ids(bob, "networks") == ids(cat, "networks") == {network}


def test_the_default_external_network_is_one_and_for_all(admin: Browser, ann: Browser) -> None:
    first = admin.made("network", router__external=True, is_default=True)
    assert first["is_default"] is True and "is_default" not in admin.made("network")
    again = admin.post("/v2.0/networks", {"network": {"router:external": True, "is_default": True}})
    assert again.error == (409, "DefaultExternalNetworkExists")
    other = admin.made("network", router__external=True)["id"]
    path = f"/v2.0/networks/{other}"
    wanted = {"network": {"is_default": True}}
    assert admin.put(path, wanted).error == (409, "DefaultExternalNetworkExists")
    assert ann.put(path, wanted).error == (403, "PolicyNotAuthorized")
    assert ids(admin, "networks", "?is_default=True") == {first["id"]}
    policy = policies_of(admin, first["id"])[EXTERNAL, "*"]
    assert admin.delete(f"{PATH}/{policy}").error == (409, "RbacPolicyInUse")
    assert admin.put(f"/v2.0/networks/{first['id']}", {"network": {"is_default": False}}).status == 200
    assert admin.put(path, wanted).json["network"]["is_default"] is True
    assert admin.delete(path).status == 204 and admin.made("network", router__external=True, is_default=True)


def test_of_a_port_and_the_end_of_what_lets_it_one_comes_second(ann: Browser, bob: Browser) -> None:
    network, _ = network_of(ann)
    port = {"port": {"network_id": network, "fixed_ips": []}}
    with ThreadPoolExecutor(2) as both:
        for _ in range(30):
            policy = shared(ann, network)["id"]
            making = both.submit(bob.post, "/v2.0/ports", port)
            ending = both.submit(ann.delete, f"{PATH}/{policy}")
            made, ended = making.result(), ending.result()
            assert (made.status, ended.status) in ((201, 409), (404, 204)), (made.text, ended.text)
            if made.status == 201:
                assert bob.delete(f"/v2.0/ports/{made.json['port']['id']}").status == 204
                assert ann.delete(f"{PATH}/{policy}").status == 204
    assert policies_of(ann, network) == {}
