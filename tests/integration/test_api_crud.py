"""The API over the real log and read model: what Nova, the CLI and Horizon do with networks, subnets and ports."""

from __future__ import annotations

import re

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres


def test_a_port_is_created_shown_changed_and_deleted(admin: Browser) -> None:
    network = admin.made("network", name="blue")
    subnet = admin.made("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    port = admin.made("port", network_id=network["id"], name="eth0", device_id="vm", device_owner="compute:nova")
    assert port["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.0.0.2"}]
    assert port["status"] == "DOWN" and port["mac_address"].startswith("fa:16:3e:")

    assert admin.get(f"/v2.0/ports/{port['id']}").json == {"port": port}
    bound = admin.put(f"/v2.0/ports/{port['id']}", {"port": {"binding:host_id": "compute1", "name": "nic"}}).json[
        "port"
    ]
    assert (bound["binding:host_id"], bound["binding:vif_type"], bound["name"]) == ("compute1", "ovs", "nic")
    assert bound["revision_number"] > port["revision_number"]
    assert admin.get(f"/v2.0/ports/{port['id']}").json == {"port": bound}

    gone = admin.delete(f"/v2.0/ports/{port['id']}")
    assert (gone.status, gone.text) == (204, b"")
    assert admin.get(f"/v2.0/ports/{port['id']}").error == (404, "PortNotFound")


def test_a_network_shows_its_subnets_and_goes_with_them(admin: Browser) -> None:
    network = admin.made("network", name="blue", mtu=1400)
    subnet = admin.made("subnet", network_id=network["id"], cidr="fd00::/64", ip_version=6, ipv6_ra_mode="slaac",
                        ipv6_address_mode="slaac")  # fmt: skip
    assert subnet["gateway_ip"] == "fd00::1" or subnet["gateway_ip"] == "fd00::"
    shown = admin.get(f"/v2.0/networks/{network['id']}").json["network"]
    assert shown["subnets"] == [subnet["id"]] and shown["mtu"] == 1400
    assert admin.delete(f"/v2.0/networks/{network['id']}").status == 204
    assert admin.get(f"/v2.0/subnets/{subnet['id']}").error == (404, "SubnetNotFound")


def test_a_network_is_hinted_to_zones_that_some_dhcp_agent_is_in(world: World, admin: Browser) -> None:
    world.register_agent("compute1")  # an Open vSwitch agent in the zone `nova`
    asked = {"network": {"availability_zone_hints": ["west", "nova"]}}
    assert admin.post("/v2.0/networks", asked).error == (404, "AvailabilityZoneNotFound")
    world.register_dhcp_agent("net1", "west")
    refused = admin.post("/v2.0/networks", asked)
    assert refused.error == (404, "AvailabilityZoneNotFound") and "nova could not be found" in refused.text.decode()
    bulk = {"networks": [{"name": "fine"}, {"name": "not", "availability_zone_hints": ["south"]}]}
    assert admin.post("/v2.0/networks", bulk).error == (404, "AvailabilityZoneNotFound")
    assert admin.get("/v2.0/networks").json == {"networks": []}
    assert admin.made("network", availability_zone_hints=["west"])["availability_zone_hints"] == ["west"]


def test_null_means_what_it_means_in_neutron(admin: Browser) -> None:
    network = admin.made("network")
    subnet = admin.made("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4, gateway_ip=None,
                        dns_nameservers=None, host_routes=None)  # fmt: skip
    assert (subnet["gateway_ip"], subnet["dns_nameservers"], subnet["host_routes"]) == (None, [], [])
    bare = admin.made("port", network_id=network["id"], fixed_ips=[], binding__host_id=None, binding__profile=None)
    assert (bare["fixed_ips"], bare["binding:host_id"], bare["binding:profile"]) == ([], "", {})
    bound = admin.made("port", network_id=network["id"], binding__host_id="compute1")
    freed = admin.put(f"/v2.0/ports/{bound['id']}", {"port": {"binding:host_id": None}}).json["port"]
    assert (freed["binding:host_id"], freed["binding:vif_type"]) == ("", "unbound")


def test_a_bulk_request_makes_all_or_nothing(world: World, admin: Browser) -> None:
    network = admin.made("network")
    admin.made("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    items = [{"network_id": network["id"], "name": f"p{number}"} for number in range(50)]
    made = admin.post("/v2.0/ports", {"ports": items})
    assert made.status == 201 and [one["name"] for one in made.json["ports"]] == [one["name"] for one in items]
    assert len({one["fixed_ips"][0]["ip_address"] for one in made.json["ports"]}) == 50
    assert admin.post("/v2.0/ports", {"ports": [{"port": items[0]}]}).status == 201, (
        "wrapped items are accepted as in Neutron"
    )

    before = world.log.head()
    taken = made.json["ports"][0]["fixed_ips"]
    assert admin.post("/v2.0/ports", {"ports": [*items, {**items[0], "fixed_ips": taken}]}).status == 409
    assert world.log.head() == before
    assert len(admin.get("/v2.0/ports?fields=id").json["ports"]) == 51


def test_every_reply_has_a_request_id_and_a_given_one_is_recorded(world: World, admin: Browser) -> None:
    given = "req-5ad0bd18-1a41-4e8a-a4a3-7c8a3f2d9e55"
    seen = admin.post("/v2.0/networks", {"network": {}}, **{"X-Openstack-Request-Id": given})
    own = seen.headers["X-Openstack-Request-Id"]
    assert re.fullmatch(r"req-[0-9a-f-]{36}", own) and own != given
    meta = world.log.read(0, 10)[0].meta
    assert (meta["request_id"], meta["correlation_id"]) == (own, given)
    admin.post("/v2.0/networks", {"network": {}}, **{"X-Openstack-Request-Id": "req-1; drop table event"})
    meta = world.log.read(0, 10)[-1].meta
    assert meta["correlation_id"] == meta["request_id"]
    assert "X-Openstack-Request-Id" in admin.get("/nowhere").headers


def test_if_match_protects_what_somebody_else_changed(world: World, admin: Browser) -> None:
    network = admin.made("network", name="blue")
    path, match = f"/v2.0/networks/{network['id']}", f"revision_number={network['revision_number']}"
    assert admin.put(path, {"network": {"name": "red"}}, **{"If-Match": match}).status == 200
    before = world.log.head()
    stale = admin.put(path, {"network": {"name": "green"}}, **{"If-Match": f'"{match}"'})
    assert stale.error == (412, "RevisionNumberConstraintFailed")
    assert admin.delete(path, **{"If-Match": match}).status == 412
    assert admin.put(path, {"network": {"name": "green"}}, **{"If-Match": "revision_number=x"}).status == 400
    assert world.log.head() == before


def test_who_asks_is_recorded_and_owns_what_is_made(world: World, admin: Browser) -> None:
    mine = admin.acting("p1", "member").made("network")
    assert (mine["project_id"], mine["tenant_id"]) == ("p1", "p1")
    assert world.log.read(0, 10)[0].meta["actor"] == {"user": "user-of-p1", "project": "p1", "roles": ["member"]}
    assert admin.made("network", tenant_id="p2")["project_id"] == "p2"
    assert admin.made("network")["project_id"] == world.settings.default_project


def test_agents_are_listed_with_their_heartbeat(world: World, admin: Browser, database) -> None:
    agent = world.register_agent("compute1")
    shown = admin.get("/v2.0/agents").json["agents"]
    assert [one["host"] for one in shown] == ["compute1"] and shown[0]["alive"] is True
    world.beat(agent, "2026-11-22T10:11:12Z")
    shown = admin.get(f"/v2.0/agents/{agent}").json["agent"]
    assert shown["heartbeat_timestamp"] == "2026-11-22 10:11:12"
    member = admin.acting("p1", "member")
    assert member.get("/v2.0/agents").json == {"agents": []}
    assert member.get(f"/v2.0/agents/{agent}").error == (404, "AgentNotFound")
    assert admin.post("/v2.0/agents", {"agent": {}}).status == 405


def test_discovery_tells_versions_resources_and_extensions(admin: Browser) -> None:
    link = {"rel": "self", "href": "http://localhost:9696/v2.0/"}
    assert admin.get("/").json == {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]}
    for path in ("/v2.0", "/v2.0/"):
        served = ["networks", "subnets", "subnetpools", "ports", "routers", "floatingips"]
        assert [one["collection"] for one in admin.get(path).json["resources"]] == served
    aliases = {one["alias"] for one in admin.get("/v2.0/extensions").json["extensions"]}
    assert {"binding", "provider", "external-net", "standard-attr-revisions"} <= aliases
    assert {"agent", "dhcp_agent_scheduler", "l3_agent_scheduler", "router", "ext-gw-mode", "extraroute"} <= aliases
    assert {"extraroute-atomic", "fip-port-details", "floatingip-pools", "router_availability_zone"} <= aliases
    assert not {"l3-ha", "dvr", "router-admin-state-down-before-update"} & aliases, (
        "no router is distributed or has a twin"
    )
    assert admin.get("/v2.0/extensions/binding.json").json["extension"]["name"] == "Port Binding"
    assert admin.get("/v2.0/extensions/trunk").status == 404
    assert admin.get("/v2.0/networks/").status == admin.get("/v2.0/networks.json").status == 200


def test_a_network_may_be_asked_for_by_its_one_segment(admin: Browser) -> None:
    segment = {"provider:network_type": "vlan", "provider:physical_network": "physnet1", "provider:segmentation_id": 7}
    made = admin.made("network", segments=[segment])
    assert {name: made[name] for name in segment} == segment and "segments" not in made
    path = f"/v2.0/networks/{made['id']}"
    assert admin.get(f"{path}?fields=segments").json == {"network": {}}, "as Neutron tells of networks of one segment"
    for body, error in (
        ({"segments": [segment, {**segment, "provider:segmentation_id": 8}]}, "InvalidInput"),
        ({"segments": [segment], "provider:network_type": "vlan"}, "SegmentsSetInConjunctionWithProviders"),
        ({"segments": [{"network_type": "vlan"}]}, "HTTPBadRequest"),
        ({"segments": "vlan"}, "HTTPBadRequest"),
    ):
        assert admin.post("/v2.0/networks", {"network": body}).error == (400, error), body
    assert admin.put(path, {"network": {"segments": [segment]}}).error == (400, "InvalidInput")
    assert admin.made("network", segments=[])["provider:network_type"] == "vxlan"
    member = admin.acting("us", "member")
    assert member.post("/v2.0/networks", {"network": {"segments": [segment]}}).error == (403, "PolicyNotAuthorized")
    assert "multi-provider" not in {one["alias"] for one in admin.get("/v2.0/extensions").json["extensions"]}
