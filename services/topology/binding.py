"""How a port can be attached on a host. Pure.

After Neutron's openvswitch mechanism driver; vif_details as os-vif needs them (without the true datapath_type it sets br-int
to `system` and cuts every port of a lab host off).
"""

from __future__ import annotations

from libs.model import OVS_AGENT, VIF_FAILED, VIF_OVS, Binding, Segment
from libs.network.agent import Agent
from libs.network.world import ChooseBinding
from services.topology.agents import Agents


def choose(question: ChooseBinding, agents: Agents) -> Binding:
    """vif_type `ovs`, or `binding_failed` with vif_details {"reason": text}."""
    agent = agents.on(question.host, OVS_AGENT)
    if question.vnic_type != "normal":
        return _failed(f"vnic_type {question.vnic_type} is not supported on host {question.host}")
    reason = obstacle(agent, question.host, question.segment)
    if reason or agent is None:
        return _failed(reason)
    settings = agent.configurations
    return Binding(
        VIF_OVS,
        {
            "bound_drivers": {"0": "openvswitch"},
            "bridge_name": settings.get("integration_bridge") or "br-int",
            "connectivity": "l2",
            "datapath_type": settings.get("datapath_type") or "system",
            "ovs_hybrid_plug": False,
            "port_filter": True,
        },
    )


def obstacle(agent: Agent | None, host: str, segment: Segment) -> str:
    """Why the OVS agent of `host` cannot carry a segment; empty when it can."""
    if agent is None:
        return f"no {OVS_AGENT} is registered on host {host}"
    if not agent.alive:
        return f"the {OVS_AGENT} of host {host} is down"
    if segment.network_type in ("vlan", "flat"):
        if segment.physical_network not in (agent.configurations.get("bridge_mappings") or {}):
            return f"host {host} has no bridge to physical network {segment.physical_network}"
    elif segment.network_type != "local" and segment.network_type not in (
        agent.configurations.get("tunnel_types") or ()
    ):
        return f"host {host} carries no {segment.network_type} networks"
    return ""


def _failed(reason: str) -> Binding:
    return Binding(VIF_FAILED, {"reason": reason})
