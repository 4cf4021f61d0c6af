"""Availability zones: listed from agents, named in networks' hints, shown where a network is served."""

from __future__ import annotations

import pytest

from libs.commands import CreateSubnets, NewSubnet, ScheduleDhcp
from libs.model import Actor, Context
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres
SOME_ID = "0b1b4d5e-5a5f-4c39-9c3b-222222222222"


def zone(name: str) -> dict[str, str]:
    return {"name": name, "resource": "network", "state": "available"}


def test_the_zones_of_dhcp_agents_are_places_for_networks(world: World) -> None:
    admin = world.admin
    world.register_agent("compute1")  # an Open vSwitch agent: its zone is a place for neither
    assert admin.get("/v2.0/availability_zones").json == {"availability_zones": []}
    for host, name in (("net1", "west"), ("net2", "east"), ("net3", "west")):
        world.register_dhcp_agent(host, name)
    listed = {"availability_zones": [zone("east"), zone("west")]}
    assert admin.get("/v2.0/availability_zones").json == listed
    assert admin.get("/v2.0/availability_zones.json?resource=network").json == listed
    assert admin.acting("p1", "reader").get("/v2.0/availability_zones").json == listed
    assert admin.get("/v2.0/availability_zones?resource=router").json == {"availability_zones": []}
    only = admin.get("/v2.0/availability_zones?name=west&state=available&fields=name").json
    assert only == {"availability_zones": [{"name": "west"}]}
    assert admin.get("/v2.0/availability_zones?colour=red").status == 400
    assert admin.post("/v2.0/availability_zones", {"availability_zone": zone("x")}).status == 405
    for alias in ("availability_zone", "network_availability_zone"):
        assert admin.get(f"/v2.0/extensions/{alias}").status == 200


def test_a_network_tells_which_zones_serve_it_and_is_sorted_by_its_hints(world: World) -> None:
    admin = world.admin
    for host, name in (("net1", "west"), ("net2", "east")):
        world.register_dhcp_agent(host, name)
    west = admin.made("network", name="w", availability_zone_hints=["west"])
    admin.made("network", name="e", availability_zone_hints=["east"])
    assert west["availability_zones"] == []
    context = Context(Actor("topology", "", ("admin",)), "", "", "2026-11-22T10:00:00.000000Z")
    world.ledger.commit(CreateSubnets((NewSubnet(SOME_ID, west["id"], "p", 4, "10.0.0.0/24"),)), context)
    agents = {one["host"]: one["id"] for one in admin.get("/v2.0/agents").json["agents"]}
    world.ledger.commit(ScheduleDhcp(west["id"], agents["net1"], "net1", "west", SOME_ID), context)
    assert admin.get(f"/v2.0/networks/{west['id']}").json["network"]["availability_zones"] == ["west"]
    ordered = admin.get("/v2.0/networks?sort_key=availability_zone_hints&sort_dir=asc").text.decode()
    assert world.names_in(ordered, "networks") == ["e", "w"]
