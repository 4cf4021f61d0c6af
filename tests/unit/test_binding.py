"""Binding: where a port can be attached."""

from __future__ import annotations

from typing import Any

import pytest

from libs.events import AgentCameUp, AgentReconfigured, AgentRegistered, AgentWentDown
from libs.model import OVS_AGENT, Segment
from libs.network.world import ChooseBinding
from services.topology import binding
from services.topology.agents import Agents

LAB = {
    "bridge_mappings": {"physnet1": "br-physnet1"},
    "tunnel_types": ["vxlan"],
    "datapath_type": "netdev",
    "integration_bridge": "br-int",
}
VXLAN, VLAN, FLAT = Segment("vxlan", None, 5), Segment("vlan", "physnet1", 5), Segment("flat", "public")


def one_agent(**changes: Any) -> Agents:
    agents = Agents()
    agents.take(AgentRegistered("a1", "compute1", OVS_AGENT, "netledger-agent-ovs", "nova", {**LAB, **changes}))
    return agents


def asked(segment: Segment, vnic_type: str = "normal", host: str = "compute1") -> ChooseBinding:
    return ChooseBinding("p1", host, segment, vnic_type)


@pytest.mark.parametrize("segment", [VXLAN, VLAN, Segment("local")])
def test_a_live_agent_that_carries_the_segment_takes_the_port(segment: Segment) -> None:
    found = binding.choose(asked(segment), one_agent())
    assert found.vif_type == "ovs"
    assert found.vif_details == {
        "bound_drivers": {"0": "openvswitch"},
        "bridge_name": "br-int",
        "connectivity": "l2",
        "datapath_type": "netdev",
        "ovs_hybrid_plug": False,
        "port_filter": True,
    }


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (asked(FLAT), "host compute1 has no bridge to physical network public"),
        (asked(VXLAN, host="compute9"), "no Open vSwitch agent is registered on host compute9"),
        (asked(VXLAN, "direct"), "vnic_type direct is not supported on host compute1"),
    ],
)
def test_what_stands_in_the_way_is_said(question: ChooseBinding, reason: str) -> None:
    found = binding.choose(question, one_agent())
    assert (found.vif_type, found.vif_details) == ("binding_failed", {"reason": reason})


def test_an_agent_without_tunnels_carries_no_vxlan() -> None:
    found = binding.choose(asked(VXLAN), one_agent(tunnel_types=[]))
    assert found.vif_details == {"reason": "host compute1 carries no vxlan networks"}


def test_a_dead_agent_binds_nothing_until_it_is_back() -> None:
    agents = one_agent()
    agents.take(AgentWentDown("a1", "compute1"))
    assert binding.choose(asked(VXLAN), agents).vif_type == "binding_failed"
    agents.take(AgentCameUp("a1", "compute1"))
    assert binding.choose(asked(VXLAN), agents).vif_type == "ovs"


def test_physical_networks_are_those_of_live_ovs_agents() -> None:
    agents = one_agent()
    assert agents.physical_networks() == {"physnet1"}
    agents.take(AgentReconfigured("a1", "compute1", "nova", LAB, {**LAB, "bridge_mappings": {"rack2": "br-2"}}))
    assert agents.physical_networks() == {"rack2"}
    agents.take(AgentWentDown("a1", "compute1"))
    assert agents.physical_networks() == frozenset()
