"""What only administrators may do that no rule says: judged by what the decision reads, so that it holds when it is committed."""

from __future__ import annotations

import pytest

from libs.naming import path_of
from tests.fakes.browser import Browser
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres
ANN, BOB = "1" * 32, "2" * 32
SHARED = "access_as_shared"


def _made(caller: Browser, kind: str, **values: object) -> str:
    seen = caller.post(path_of(kind), {kind: values})
    assert seen.status == 201, seen.text
    id: str = seen.json[kind]["id"]
    return id


def test_what_is_shared_with_one_is_not_ones_to_share(world: World, ann: Browser, bob: Browser) -> None:
    network = ann.made("network")["id"]
    said = {"object_type": "network", "object_id": network, "action": SHARED}
    theirs = _made(ann, "rbac_policy", **said, target_tenant="2" * 32)
    refused = bob.post("/v2.0/rbac-policies", {"rbac_policy": {**said, "target_tenant": "3" * 32}})
    assert refused.error == (400, "InvalidInput") and "networks they do not own" in str(refused.text)
    assert bob.put(f"/v2.0/rbac-policies/{theirs}", {"rbac_policy": {"target_tenant": "3" * 32}}).error[0] == 404
    bobs = _made(world.admin, "rbac_policy", **said, target_tenant="4" * 32, project_id="2" * 32)
    moved = bob.put(f"/v2.0/rbac-policies/{bobs}", {"rbac_policy": {"target_tenant": "3" * 32}})
    assert moved.error == (409, "RbacPolicyInUse") and "do not own" in str(moved.text)
    for kind in ("address_scope", "security_group"):
        values = {"name": "x", **({"ip_version": 4} if kind == "address_scope" else {})}
        thing = {"object_type": kind, "object_id": _made(ann, kind, **values), "action": SHARED}
        _made(ann, "rbac_policy", **thing, target_tenant="2" * 32)
        seen = bob.post("/v2.0/rbac-policies", {"rbac_policy": {**thing, "target_tenant": "3" * 32}})
        assert seen.error == (400, "InvalidInput") and "objects they do not own" in str(seen.text)


def test_a_default_group_is_an_administrators_to_delete(world: World, ann: Browser) -> None:
    [group] = ann.get("/v2.0/security-groups").json["security_groups"]
    path = f"/v2.0/security-groups/{group['id']}"
    assert ann.delete(path).error == (409, "SecurityGroupCannotRemoveDefault")
    assert world.admin.delete(path).status == 204


def test_a_pool_in_anothers_scope_is_not_changed(world: World, ann: Browser, bob: Browser) -> None:
    scope = _made(ann, "address_scope", name="scope", ip_version=4)
    said = {"object_type": "address_scope", "object_id": scope, "action": SHARED, "target_tenant": "2" * 32}
    _made(ann, "rbac_policy", **said)
    pool = _made(
        world.admin, "subnetpool", name="p", prefixes=["10.0.0.0/16"], address_scope_id=scope, project_id="2" * 32
    )
    refused = bob.put(f"/v2.0/subnetpools/{pool}", {"subnetpool": {"name": "q"}})
    assert refused.error == (400, "IllegalSubnetPoolUpdate")
    assert world.admin.put(f"/v2.0/subnetpools/{pool}", {"subnetpool": {"name": "q"}}).status == 200
