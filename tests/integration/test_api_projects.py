"""Several projects on one cloud: what each sees, and what it may not do. What one cannot see is not found."""

from __future__ import annotations

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres
HIDDEN = {"binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details"}


def network_with_subnet(owner: Browser, **values: object) -> str:
    id: str = owner.made("network", **values)["id"]
    owner.made("subnet", network_id=id, cidr="10.0.0.0/24", ip_version=4)
    return id


def test_a_foreign_network_with_all_on_it_does_not_exist(world: World, ann: Browser, bob: Browser) -> None:
    network = network_with_subnet(ann, name="secret")
    subnet = ann.get("/v2.0/subnets").json["subnets"][0]["id"]
    port = ann.made("port", network_id=network)["id"]
    before = world.log.head()
    missing = "00000000-0000-4000-8000-000000000000"
    for kind, id in (("network", network), ("subnet", subnet), ("port", port)):
        assert bob.get(f"/v2.0/{kind}s").json == {f"{kind}s": []}
        assert bob.get(f"/v2.0/{kind}s?id={id}").json == {f"{kind}s": []}
        for method, body in (("GET", None), ("PUT", {kind: {"name": "x"}}), ("DELETE", None)):
            foreign, absent = (bob.call(method, f"/v2.0/{kind}s/{one}", body) for one in (id, missing))
            assert foreign.error == absent.error == (404, f"{kind.capitalize()}NotFound")
            assert foreign.text.replace(id.encode(), b"") == absent.text.replace(missing.encode(), b"")
    for target in ("/v2.0/subnets", "/v2.0/ports"):
        kind = target[6:-1]
        body = {kind: {"network_id": network, **({"cidr": "10.1.0.0/24", "ip_version": 4} if kind == "subnet" else {})}}
        assert bob.post(target, body).error == (404, "NetworkNotFound")
    assert world.log.head() == before


def test_a_shared_network_can_be_used_but_not_taken(world: World, admin: Browser, bob: Browser) -> None:
    network = network_with_subnet(admin, shared=True)
    subnet = bob.get("/v2.0/subnets").json["subnets"][0]["id"]
    port = bob.made("port", network_id=network, device_owner="compute:nova", fixed_ips=[{"subnet_id": subnet}])
    assert port["project_id"] == "bob" and not HIDDEN & port.keys()
    before = world.log.head()
    for body in (
        {"fixed_ips": [{"ip_address": "10.0.0.77"}]},
        {"mac_address": "fa:16:3e:11:22:33"},
        {"device_owner": "network:router_gateway"},
        {"binding:host_id": "compute1"},
        {"binding:profile": {"x": 1}},
    ):
        assert bob.post("/v2.0/ports", {"port": {"network_id": network, **body}}).error == (403, "PolicyNotAuthorized")
        assert bob.put(f"/v2.0/ports/{port['id']}", {"port": body}).error == (403, "PolicyNotAuthorized")
    new_subnet = {"network_id": network, "cidr": "10.9.0.0/24", "ip_version": 4}
    assert bob.post("/v2.0/subnets", {"subnet": new_subnet}).error == (403, "PolicyNotAuthorized")
    assert bob.put(f"/v2.0/networks/{network}", {"network": {"name": "mine"}}).error == (403, "PolicyNotAuthorized")
    assert bob.delete(f"/v2.0/subnets/{subnet}").error == (403, "PolicyNotAuthorized")
    assert bob.delete(f"/v2.0/networks/{network}").error == (403, "PolicyNotAuthorized")
    assert bob.delete(f"/v2.0/ports/{port['id']}").error == (403, "PolicyNotAuthorized"), (
        "a server's port is Nova's to delete"
    )
    assert world.log.head() == before


@pytest.mark.parametrize(
    "attributes",
    [
        {"shared": True},
        {"router:external": True},
        {"provider:network_type": "vlan"},
        {"provider:physical_network": "physnet1"},
        {"provider:segmentation_id": 7},
    ],
)
def test_members_may_not_shape_the_provider_side(world: World, ann: Browser, attributes: dict[str, object]) -> None:
    network = ann.made("network", name="n", shared=False)
    before = world.log.head()
    refused = ann.post("/v2.0/networks", {"network": attributes})
    assert refused.error == (403, "PolicyNotAuthorized")
    assert f"create_network:{next(iter(attributes))}" in refused.json["NeutronError"]["message"]
    assert ann.put(f"/v2.0/networks/{network['id']}", {"network": attributes}).error == (403, "PolicyNotAuthorized")
    assert world.log.head() == before


def test_members_do_not_see_the_provider_side(admin: Browser, ann: Browser) -> None:
    network = network_with_subnet(ann, name='"router:external":')
    tricky = {"ip_allocation": {"binding:host_id": 1}, '"ip_allocation":': '"binding:vif_type":'}
    port = admin.made("port", network_id=network, tenant_id="ann", name='"binding:host_id":', binding__profile=tricky,
                      binding__host_id="compute1", description='"ip_allocation":')  # fmt: skip
    whole = admin.get(f"/v2.0/ports/{port['id']}").json["port"]
    shown = ann.get(f"/v2.0/ports/{port['id']}").json["port"]
    assert shown == {name: value for name, value in whole.items() if name not in HIDDEN}
    assert ann.get("/v2.0/ports").json["ports"] == [shown]
    assert ann.get("/v2.0/ports?limit=5").json["ports"] == [shown]
    changed = ann.put(f"/v2.0/ports/{port['id']}", {"port": {"description": "x"}}).json["port"]
    assert changed.keys() == shown.keys()
    assert ann.get("/v2.0/ports?fields=binding:host_id&fields=name").json["ports"] == [{"name": whole["name"]}]
    assert ann.get(f"/v2.0/ports/{port['id']}?fields=binding:host_id").json["port"] == {}
    hidden = {"provider:network_type", "provider:physical_network", "provider:segmentation_id"}
    mine, theirs = (one.get(f"/v2.0/networks/{network}").json["network"] for one in (ann, admin))
    assert mine == {name: value for name, value in theirs.items() if name not in hidden}
    for query in (
        "ports?binding:host_id=compute1",
        "ports?binding:vif_type=ovs",
        "networks?provider:segmentation_id=1",
    ):
        assert ann.get(f"/v2.0/{query}").error[0] == 400, "nor can they find out by asking"


def test_a_network_s_owner_sees_and_removes_what_others_have_on_it(admin: Browser, ann: Browser, bob: Browser) -> None:
    network = network_with_subnet(ann)
    admin.put(f"/v2.0/networks/{network}", {"network": {"shared": True}})
    port = bob.made("port", network_id=network)["id"]
    assert ann.get(f"/v2.0/ports/{port}").status == 200
    assert ann.put(f"/v2.0/ports/{port}", {"port": {"name": "x"}}).error == (403, "PolicyNotAuthorized")
    assert ann.delete(f"/v2.0/ports/{port}").status == 204
    assert admin.put(f"/v2.0/networks/{network}", {"network": {"shared": False}}).status == 200


def test_nobody_acts_for_another_project_but_operators(world: World, admin: Browser, ann: Browser) -> None:
    before = world.log.head()
    refused = ann.post("/v2.0/networks", {"network": {"tenant_id": "bob"}})
    assert refused.status == 400 and "authenticated project" in refused.json["NeutronError"]["message"]
    assert world.log.head() == before
    network = network_with_subnet(ann)
    nova = admin.acting("services", "service")
    port = nova.made(
        "port", network_id=network, tenant_id="ann", binding__host_id="compute1", binding__profile={"a": 1}
    )
    assert (port["project_id"], port["binding:vif_type"]) == ("ann", "ovs")


def test_a_reader_reads_and_that_is_all(world: World, admin: Browser, ann: Browser) -> None:
    network = network_with_subnet(ann)
    reader, stranger = admin.acting("ann", "reader"), admin.acting("ann", "nothing-special")
    before = world.log.head()
    assert reader.get(f"/v2.0/networks/{network}").status == 200
    assert reader.put(f"/v2.0/networks/{network}", {"network": {"name": "x"}}).error == (403, "PolicyNotAuthorized")
    assert reader.post("/v2.0/networks", {"network": {}}).error == (403, "PolicyNotAuthorized")
    assert stranger.get("/v2.0/networks").json == {"networks": []}
    assert stranger.post("/v2.0/networks", {"network": {}}).error == (403, "PolicyNotAuthorized")
    assert world.log.head() == before


def test_external_networks_are_seen_by_all_but_not_used_for_ports(admin: Browser, bob: Browser) -> None:
    network = network_with_subnet(admin, router__external=True, name="public")
    assert [one["name"] for one in bob.get("/v2.0/networks?router:external=True").json["networks"]] == ["public"]
    assert bob.get("/v2.0/subnets").json["subnets"] == [], "what it has inside is used and not seen"
    assert bob.post("/v2.0/ports", {"port": {"network_id": network}}).error == (403, "PolicyNotAuthorized")


@pytest.mark.parametrize("headers", [{"X-Project-Id": "x" * 300}, {"X-Roles": "admin\x07"}, {"X-User-Id": "\x00"}])
def test_identities_that_cannot_be_are_refused(admin: Browser, headers: dict[str, str]) -> None:
    assert admin.get("/v2.0/networks", **headers).error[0] == 400
