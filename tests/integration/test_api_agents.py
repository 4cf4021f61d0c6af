"""Agents as operators see and steer them: switched off for new work, described, removed, given networks and routers."""

from __future__ import annotations

import uuid

import pytest

from libs.model import DHCP_AGENT, L3_AGENT
from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import agent_on, subnet_of

pytestmark = pytest.mark.postgres

NOBODY = str(uuid.uuid4())


def test_an_agent_is_switched_off_described_and_removed(world: World, admin: Browser) -> None:
    path = f"/v2.0/agents/{agent_on(world, 'net1', L3_AGENT)}"
    before = admin.get(path).json["agent"]
    assert (before["admin_state_up"], before["description"], before["alive"]) == (True, None, True)
    assert (before["agent_type"], before["binary"], before["topic"]) == ("L3 agent", "neutron-l3-agent", "l3_agent")
    off = admin.put(path, {"agent": {"admin_state_up": False, "description": "in repair"}})
    assert off.status == 200 and off.json["agent"] == admin.get(path).json["agent"]
    assert (off.json["agent"]["admin_state_up"], off.json["agent"]["description"]) == (False, "in repair")
    assert [one["id"] for one in admin.get("/v2.0/agents?admin_state_up=False").json["agents"]] == [before["id"]]
    assert admin.put(path, {"agent": {"description": None}}).json["agent"]["description"] is None
    assert admin.delete(path).status == 204
    assert admin.get(path).error == admin.delete(path).error == (404, "AgentNotFound")


@pytest.mark.parametrize(
    "agent",
    [{"host": "x"}, {"alive": False}, {"admin_state_up": "maybe"}, {"description": 5}, {"description": "a\nb"},
     {"configurations": {}}, {"nothing": 1}, [], "agent"],
)  # fmt: skip
def test_what_an_agent_says_of_itself_cannot_be_changed(world: World, admin: Browser, agent: object) -> None:
    path = f"/v2.0/agents/{agent_on(world, 'net1', DHCP_AGENT)}"
    before, head = admin.get(path).json, world.log.head()
    assert admin.put(path, {"agent": agent}).error[0] == 400
    assert admin.get(path).json == before and world.log.head() == head


def test_a_network_is_given_to_a_dhcp_agent_and_taken_back(world: World, admin: Browser) -> None:
    agent, other = agent_on(world, "net1", DHCP_AGENT), agent_on(world, "compute1", DHCP_AGENT)
    network, _ = subnet_of(admin, "10.0.0.0/24", name="blue")
    path = f"/v2.0/agents/{agent}/dhcp-networks"
    assert admin.get(path).json == {"networks": []}

    given = admin.post(path, {"network_id": network})
    assert (given.status, given.json) == (201, None)
    assert admin.get(path).json["networks"] == [admin.get(f"/v2.0/networks/{network}").json["network"]]
    serving = admin.get(f"/v2.0/networks/{network}/dhcp-agents").json["agents"]
    assert serving == [admin.get(f"/v2.0/agents/{agent}").json["agent"]]
    [port] = admin.get(f"/v2.0/ports?network_id={network}").json["ports"]
    assert (port["device_owner"], port["binding:host_id"]) == ("network:dhcp", "net1")

    assert admin.post(path, {"network_id": network}).error == (409, "NetworkHostedByDHCPAgent")
    assert admin.delete(f"/v2.0/agents/{other}/dhcp-networks/{network}").error == (409, "NetworkNotHostedByDhcpAgent")
    assert admin.post(f"/v2.0/agents/{other}/dhcp-networks", {"network_id": network}).status == 201
    assert len(admin.get(f"/v2.0/networks/{network}/dhcp-agents").json["agents"]) == 2

    assert admin.delete(f"{path}/{network}").status == 204
    assert admin.get(path).json == {"networks": []}
    assert [one["id"] for one in admin.get(f"/v2.0/networks/{network}/dhcp-agents").json["agents"]] == [other]
    assert len(admin.get(f"/v2.0/ports?network_id={network}").json["ports"]) == 1


def test_only_dhcp_agents_that_take_work_are_given_networks(world: World, admin: Browser) -> None:
    l3, dhcp = agent_on(world, "net1", L3_AGENT), agent_on(world, "net1", DHCP_AGENT)
    network, _ = subnet_of(admin, "10.0.0.0/24")
    admin.put(f"/v2.0/agents/{dhcp}", {"agent": {"admin_state_up": False}})
    head = world.log.head()
    for agent in (l3, dhcp):
        refused = admin.post(f"/v2.0/agents/{agent}/dhcp-networks", {"network_id": network})
        assert refused.error == (404, "InvalidDHCPAgent")
    assert admin.post(f"/v2.0/agents/{NOBODY}/dhcp-networks", {"network_id": network}).error == (404, "AgentNotFound")
    assert admin.post(f"/v2.0/agents/{dhcp}/dhcp-networks", {"network_id": NOBODY}).error == (404, "NetworkNotFound")
    assert admin.get(f"/v2.0/agents/{NOBODY}/dhcp-networks").error == (404, "AgentNotFound")
    assert admin.get(f"/v2.0/networks/{NOBODY}/dhcp-agents").json == {"agents": []}, "as in Neutron"
    assert world.log.head() == head


def test_a_router_is_given_to_an_l3_agent_and_taken_back(world: World, admin: Browser) -> None:
    agent, other = agent_on(world, "net1", L3_AGENT, "west"), agent_on(world, "compute1", L3_AGENT)
    router = admin.made("router", name="gate")["id"]
    path = f"/v2.0/agents/{agent}/l3-routers"
    given = admin.post(path, {"router_id": router})
    assert (given.status, given.json) == (201, None)
    assert admin.get(path).json["routers"] == [admin.get(f"/v2.0/routers/{router}").json["router"]]
    running = admin.get(f"/v2.0/routers/{router}/l3-agents").json["agents"]
    assert running == [admin.get(f"/v2.0/agents/{agent}").json["agent"]]
    assert admin.get(f"/v2.0/routers/{router}").json["router"]["availability_zones"] == ["west"]

    head = world.log.head()
    assert admin.post(path, {"router_id": router}).status == 201, "it runs there already: nothing to do, as in Neutron"
    stolen = admin.post(f"/v2.0/agents/{other}/l3-routers", {"router_id": router})
    assert stolen.error == (409, "RouterHostedByL3Agent") and agent in stolen.text.decode()
    assert admin.delete(f"/v2.0/agents/{other}/l3-routers/{router}").status == 204, (
        "nor does it matter to whom it is not"
    )
    assert world.log.head() == head

    assert admin.delete(f"{path}/{router}").status == 204
    assert admin.get(path).json == {"routers": []}
    assert admin.get(f"/v2.0/routers/{router}/l3-agents").json == {"agents": []}


def test_only_l3_agents_that_take_work_are_given_routers(world: World, admin: Browser) -> None:
    l3, dhcp = agent_on(world, "net1", L3_AGENT), agent_on(world, "net1", DHCP_AGENT)
    router = admin.made("router")["id"]
    admin.put(f"/v2.0/agents/{l3}", {"agent": {"admin_state_up": False}})
    head = world.log.head()
    for agent in (l3, dhcp):
        assert admin.post(f"/v2.0/agents/{agent}/l3-routers", {"router_id": router}).error == (404, "InvalidL3Agent")
    assert admin.post(f"/v2.0/agents/{NOBODY}/l3-routers", {"router_id": router}).error == (404, "AgentNotFound")
    assert admin.post(f"/v2.0/agents/{l3}/l3-routers", {"router_id": NOBODY}).error == (404, "RouterNotFound")
    assert admin.delete(f"/v2.0/agents/{l3}/l3-routers/{NOBODY}").error == (404, "RouterNotFound")
    assert world.log.head() == head


@pytest.mark.parametrize("body", [None, {}, [], "x", {"network_id": 5}, {"network_id": "x"}, {"network_id": None},
                                  {"network_id": NOBODY, "a": 1}])  # fmt: skip
def test_what_is_to_be_served_is_named_by_its_id(world: World, admin: Browser, body: object) -> None:
    path = f"/v2.0/agents/{agent_on(world, 'net1', DHCP_AGENT)}/dhcp-networks"
    assert admin.post(path, body).error[0] == 400


def test_projects_steer_no_agents(world: World, admin: Browser) -> None:
    dhcp, l3 = agent_on(world, "net1", DHCP_AGENT), agent_on(world, "net1", L3_AGENT)
    bob = admin.acting("bob", "member")
    network, _ = subnet_of(bob, "10.0.0.0/24")
    router, head = bob.made("router")["id"], world.log.head()
    assert bob.put(f"/v2.0/agents/{l3}", {"agent": {"admin_state_up": False}}).error == (404, "AgentNotFound")
    assert bob.delete(f"/v2.0/agents/{l3}").error == (404, "AgentNotFound")
    asked = (
        bob.get(f"/v2.0/agents/{dhcp}/dhcp-networks"),
        bob.post(f"/v2.0/agents/{dhcp}/dhcp-networks", {"network_id": network}),
        bob.delete(f"/v2.0/agents/{dhcp}/dhcp-networks/{network}"),
        bob.get(f"/v2.0/networks/{network}/dhcp-agents"),
        bob.get(f"/v2.0/agents/{l3}/l3-routers"),
        bob.post(f"/v2.0/agents/{l3}/l3-routers", {"router_id": router}),
        bob.delete(f"/v2.0/agents/{l3}/l3-routers/{router}"),
        bob.get(f"/v2.0/routers/{router}/l3-agents"),
    )
    assert {one.error for one in asked} == {(403, "PolicyNotAuthorized")}
    assert world.log.head() == head
