"""Agents: hello, silence, and back again; what operators do with them."""

from __future__ import annotations

from itertools import islice

from libs.commands import DeleteAgent, MarkAgentDown, MarkAgentUp, RegisterAgent, UpdateAgent
from libs.events import (
    AgentAdminStateChanged,
    AgentCameUp,
    AgentDeleted,
    AgentDescribed,
    AgentReconfigured,
    AgentRegistered,
    AgentWentDown,
)
from libs.model import DHCP_AGENT, L3_AGENT
from libs.network.agent import agent_ids
from libs.network.kinds import body_of, resource_of, row_of
from services.topology.senders import Sender
from tests.unit.given import given
from tests.unit.people import AGENT

CONFIGURED = {"tunneling_ip": "192.0.2.1", "bridge_mappings": {"physnet1": "br-physnet1"}}
HELLO = RegisterAgent(AGENT, "compute1", "Open vSwitch agent", "neutron-openvswitch-agent", "", CONFIGURED)
REGISTERED = AgentRegistered(AGENT, "compute1", "Open vSwitch agent", "neutron-openvswitch-agent", "", CONFIGURED)


def test_the_first_hello_registers_and_further_ones_are_no_news():
    given().when(HELLO).then(REGISTERED)
    assert given(REGISTERED).when(HELLO).decision.changes == ()


def test_a_hello_with_other_settings_is_news():
    other = {**CONFIGURED, "tunneling_ip": "192.0.2.9"}
    hello = RegisterAgent(AGENT, "compute1", HELLO.agent_type, HELLO.binary, "", other)
    given(REGISTERED).when(hello).then(AgentReconfigured(AGENT, "compute1", "", CONFIGURED, other))


def test_an_agent_goes_down_once_and_comes_up_once():
    down = given(REGISTERED).when(MarkAgentDown(AGENT)).then(AgentWentDown(AGENT, "compute1")).after()
    assert down.when(MarkAgentDown(AGENT)).decision.changes == ()
    up = down.when(MarkAgentUp(AGENT)).then(AgentCameUp(AGENT, "compute1")).after()
    assert up.when(MarkAgentUp(AGENT)).decision.changes == ()


def test_a_hello_of_an_agent_that_was_down_brings_it_up():
    given(REGISTERED, AgentWentDown(AGENT, "compute1")).when(HELLO).then(AgentCameUp(AGENT, "compute1"))


def test_an_unknown_agent_cannot_be_marked():
    given().when(MarkAgentDown(AGENT)).refused(404, "AgentNotFound", AGENT)
    given().when(MarkAgentUp(AGENT)).refused(404, "AgentNotFound", AGENT)


def test_an_agents_body_is_neutrons():
    assert body_of(given(REGISTERED).resources[f"agent-{AGENT}"]) == {
        "id": AGENT,
        "agent_type": "Open vSwitch agent",
        "binary": "neutron-openvswitch-agent",
        "host": "compute1",
        "topic": "N/A",
        "availability_zone": None,
        "alive": True,
        "admin_state_up": True,
        "created_at": "2026-11-22 15:30:00",
        "started_at": "2026-11-22 15:30:00",
        "heartbeat_timestamp": "2026-11-22 15:30:00",
        "description": None,
        "configurations": CONFIGURED,
    }


def test_operators_keep_new_work_from_an_agent_and_describe_it():
    held = given(REGISTERED).when(UpdateAgent(AGENT, {"admin_state_up": False, "description": "disk full"}))
    after = held.then(
        AgentAdminStateChanged(AGENT, "compute1", False), AgentDescribed(AGENT, "compute1", "", "disk full")
    ).after()
    body = body_of(after.resources[f"agent-{AGENT}"])
    assert (body["admin_state_up"], body["description"], body["alive"]) == (False, "disk full", True)
    assert after.when(UpdateAgent(AGENT, {"admin_state_up": False})).decision.changes == ()
    after.when(UpdateAgent(AGENT, {"description": None})).then(AgentDescribed(AGENT, "compute1", "disk full", ""))
    assert resource_of(row_of(after.resources[f"agent-{AGENT}"])) == after.resources[f"agent-{AGENT}"]


def test_what_operators_say_outlives_a_silence():
    held = given(REGISTERED).and_then(
        AgentAdminStateChanged(AGENT, "compute1", False), AgentWentDown(AGENT, "compute1")
    )
    back = held.when(HELLO).then(AgentCameUp(AGENT, "compute1")).after()
    assert back.state("agent", AGENT).admin_state_up is False


def test_a_deleted_agent_is_unknown():
    deleted = given(REGISTERED).when(DeleteAgent(AGENT)).then(AgentDeleted(AGENT, "compute1", HELLO.agent_type)).after()
    for command in (DeleteAgent(AGENT), UpdateAgent(AGENT, {}), MarkAgentDown(AGENT)):
        deleted.when(command).refused(404, "AgentNotFound", AGENT)


def test_a_host_has_another_id_for_its_agent_after_each_deletion_and_always_the_same_ones():
    first, second, third = islice(agent_ids("compute1", L3_AGENT), 3)
    assert len({first, second, third}) == 3
    assert list(islice(agent_ids("compute1", L3_AGENT), 3)) == [first, second, third]
    assert first == Sender("agent-l3.compute1", L3_AGENT, "compute1").agent_id
    assert first not in {next(agent_ids("compute2", L3_AGENT)), next(agent_ids("compute1", DHCP_AGENT))}
