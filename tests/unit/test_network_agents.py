"""Agents: hello, silence, and back again."""

from __future__ import annotations

from libs.commands import MarkAgentDown, MarkAgentUp, RegisterAgent
from libs.events import AgentCameUp, AgentReconfigured, AgentRegistered, AgentWentDown
from libs.network.kinds import body_of
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
