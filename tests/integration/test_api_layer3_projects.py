"""Layer 3 among projects: what is shared by being external, what is one's own, and what only administrators may name."""

from __future__ import annotations

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import attach, public, routed, subnet_of

pytestmark = pytest.mark.postgres

DENIED = (403, "PolicyNotAuthorized")


def test_a_member_builds_a_way_out(admin: Browser, bob: Browser) -> None:
    external, _ = public(admin)
    router, network, _ = routed(bob, external)
    port = bob.made("port", network_id=network)["id"]
    floating = bob.made("floatingip", floating_network_id=external, port_id=port)
    assert (floating["project_id"], floating["router_id"]) == ("bob", router)
    assert bob.get(f"/v2.0/routers/{router}").json["router"]["project_id"] == "bob"
    owners = {one["device_owner"] for one in bob.get(f"/v2.0/ports?device_id={router}").json["ports"]}
    assert owners == {"network:router_interface"}, "the gateway's port is nobody's"


def test_what_is_anothers_is_not_there(world: World, admin: Browser, bob: Browser, ann: Browser) -> None:
    external, _ = public(admin)
    router, network, subnet = routed(bob, external)
    port = bob.made("port", network_id=network)["id"]
    floating = bob.made("floatingip", floating_network_id=external, port_id=port)["id"]
    own, hers = ann.made("router")["id"], ann.made("floatingip", floating_network_id=external)["id"]
    head = world.log.head()
    assert [one["id"] for one in ann.get("/v2.0/routers").json["routers"]] == [own]
    assert [one["id"] for one in ann.get("/v2.0/floatingips").json["floatingips"]] == [hers]
    for path, error in (
        (f"/v2.0/routers/{router}", "RouterNotFound"),
        (f"/v2.0/floatingips/{floating}", "FloatingIPNotFound"),
    ):
        kind = path.split("/")[2][:-1]
        assert ann.get(path).error == ann.delete(path).error == (404, error)
        assert ann.put(path, {kind: {"description": "mine"}}).error == (404, error)
    for action in ("add_router_interface", "remove_router_interface"):
        assert ann.put(f"/v2.0/routers/{router}/{action}", {"subnet_id": subnet}).error == (404, "RouterNotFound")
    assert ann.put(f"/v2.0/routers/{router}/add_extraroutes", {"router": {"routes": []}}).error == (
        404,
        "RouterNotFound",
    )
    assert ann.put(f"/v2.0/routers/{own}/add_router_interface", {"subnet_id": subnet}).error == (404, "SubnetNotFound")
    assert ann.put(f"/v2.0/routers/{own}/add_router_interface", {"port_id": port}).error == (404, "PortNotFound")
    assert ann.put(f"/v2.0/floatingips/{hers}", {"floatingip": {"port_id": port}}).error == (404, "PortNotFound")
    lost = {"router": {"external_gateway_info": {"network_id": network}}}
    assert ann.put(f"/v2.0/routers/{own}", lost).error == (404, "NetworkNotFound")
    taken = {"floatingip": {"floating_network_id": network}}
    assert ann.post("/v2.0/floatingips", taken).error == (404, "NetworkNotFound")
    assert world.log.head() == head


def test_a_shared_subnet_is_not_routed_by_those_who_share_it(admin: Browser, bob: Browser) -> None:
    _, subnet = subnet_of(admin, "10.0.0.0/24", shared=True)
    router = bob.made("router")["id"]
    refused = bob.put(f"/v2.0/routers/{router}/add_router_interface", {"subnet_id": subnet})
    assert refused.error == (400, "BadRequest") and "not owned by project" in refused.text.decode()
    assert attach(admin, router, subnet_id=subnet)["project_id"] == "bob"


def test_a_port_does_not_pose_as_anothers_interface(world: World, admin: Browser, bob: Browser, ann: Browser) -> None:
    external, _ = public(admin)
    router, _, _ = routed(ann, external)
    network, subnet = subnet_of(bob, "10.9.0.0/24")
    posing = {"device_owner": "network:router_interface", "device_id": router}
    port, own = bob.made("port", network_id=network)["id"], bob.made("router")["id"]
    said = bob.made("port", network_id=network, device_owner="network:router_interface", device_id=own)["id"]
    head = world.log.head()
    refused = (409, "DeviceIDNotOwnedByTenant")
    assert bob.post("/v2.0/ports", {"port": {"network_id": network, **posing}}).error == refused
    assert bob.put(f"/v2.0/ports/{port}", {"port": posing}).error == refused
    assert bob.put(f"/v2.0/ports/{said}", {"port": {"device_id": router}}).error == refused
    assert world.log.head() == head
    answer = attach(bob, own, subnet_id=subnet)
    assert answer["port_id"] != said, "what only says to be an interface is none"
    detached = bob.put(f"/v2.0/routers/{own}/remove_router_interface", {"subnet_id": subnet})
    assert (detached.status, detached.json) == (200, answer)
    assert bob.delete(f"/v2.0/ports/{said}").status == 204


def test_only_administrators_name_snat_and_outer_addresses(world: World, admin: Browser, bob: Browser) -> None:
    external, _ = public(admin)
    router, head = bob.made("router")["id"], world.log.head()
    for further in (
        {"enable_snat": True},
        {"enable_snat": False},
        {"external_fixed_ips": [{"ip_address": "203.0.113.9"}]},
    ):
        body = {"router": {"external_gateway_info": {"network_id": external, **further}}}
        created, updated = bob.post("/v2.0/routers", body), bob.put(f"/v2.0/routers/{router}", body)
        assert created.error == updated.error == DENIED
        [name] = further
        assert f"rule:update_router:external_gateway_info:{name}" in updated.text.decode()
    assert world.log.head() == head
    plain = {"router": {"external_gateway_info": {"network_id": external}}}
    assert bob.put(f"/v2.0/routers/{router}", plain).status == 200


def test_only_managers_name_a_floating_address(world: World, admin: Browser, bob: Browser) -> None:
    external, _ = public(admin)
    wanted = {"floatingip": {"floating_network_id": external, "floating_ip_address": "203.0.113.9"}}
    head = world.log.head()
    assert bob.post("/v2.0/floatingips", wanted).error == DENIED and world.log.head() == head
    unnamed = {"floatingip": {"floating_network_id": external, "floating_ip_address": None}}
    assert bob.post("/v2.0/floatingips", unnamed).status == 201
    assert admin.acting("bob", "manager").post("/v2.0/floatingips", wanted).status == 201
    assert (
        bob.post("/v2.0/floatingips", {"floatingip": {"floating_network_id": external, "tenant_id": "ann"}}).error[0]
        == 400
    )


def test_readers_read(world: World, admin: Browser, bob: Browser) -> None:
    external, _ = public(admin)
    router, _, subnet = routed(bob, external)
    floating = bob.made("floatingip", floating_network_id=external)["id"]
    reader, nobody, head = admin.acting("bob", "reader"), admin.acting("bob", "other"), world.log.head()
    assert reader.get(f"/v2.0/routers/{router}").status == reader.get(f"/v2.0/floatingips/{floating}").status == 200
    for seen in (
        reader.post("/v2.0/routers", {"router": {}}),
        reader.put(f"/v2.0/routers/{router}", {"router": {"name": "x"}}),
        reader.delete(f"/v2.0/routers/{router}"),
        reader.put(f"/v2.0/routers/{router}/remove_router_interface", {"subnet_id": subnet}),
        reader.put(f"/v2.0/routers/{router}/add_extraroutes", {"router": {"routes": []}}),
        reader.post("/v2.0/floatingips", {"floatingip": {"floating_network_id": external}}),
        reader.put(f"/v2.0/floatingips/{floating}", {"floatingip": {"port_id": None}}),
        reader.delete(f"/v2.0/floatingips/{floating}"),
    ):
        assert seen.error == DENIED
    assert nobody.get("/v2.0/routers").json == {"routers": []}
    assert nobody.get("/v2.0/floatingip_pools").json == {"floatingip_pools": []}
    assert world.log.head() == head


def test_a_service_has_a_project_too(admin: Browser) -> None:
    external, _ = public(admin)
    octavia = admin.acting("octavia", "service", "member")
    router, network, _ = routed(octavia, external)
    assert octavia.put(f"/v2.0/networks/{network}", {"network": {"name": "lb"}}).status == 200
    assert octavia.put(f"/v2.0/routers/{router}", {"router": {"name": "lb"}}).status == 200
    other = admin.made("router")["id"]
    assert octavia.put(f"/v2.0/routers/{other}", {"router": {"name": "lb"}}).error == DENIED


def test_pools_are_the_ipv4_subnets_of_external_networks(admin: Browser, bob: Browser) -> None:
    external, subnet = public(admin)
    admin.made("subnet", network_id=external, cidr="2001:db8::/64", ip_version=6)
    subnet_of(admin, "10.0.0.0/24", shared=True)
    [pool] = bob.get("/v2.0/floatingip_pools").json["floatingip_pools"]
    assert pool == {
        "subnet_id": subnet, "subnet_name": "", "tenant_id": "bob", "project_id": "bob", "network_id": external,
        "cidr": "203.0.113.0/24",
    }  # fmt: skip
    assert bob.get("/v2.0/floatingip_pools?fields=cidr").json == {"floatingip_pools": [{"cidr": "203.0.113.0/24"}]}
    assert bob.get("/v2.0/floatingip_pools?cidr=x").error == (400, "HTTPBadRequest")
