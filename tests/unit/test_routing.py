"""Scheduling of routers: what is in, what must be done; and nothing when all is well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.commands import Command, ScheduleRouter, UnscheduleRouter, UpdatePort
from libs.events import (
    AgentAdminStateChanged,
    AgentCameUp,
    AgentDeleted,
    AgentReconfigured,
    AgentRegistered,
    AgentWentDown,
)
from libs.model import L3_AGENT, OVS_AGENT, ROUTER_GATEWAY_OWNER, ROUTER_INTERFACE_OWNER, Segment
from libs.network.network import Network
from libs.network.port import Port
from libs.network.router import Gateway, Interface, L3Server, Router
from libs.network.sharing import first_access
from services.topology import routing
from services.topology.agents import Agents
from services.topology.loads import Loads
from services.topology.routing import Routed

PUBLIC = Network("public", "p", "", "", True, 1500, Segment("flat", "public"), access=first_access(False, True))
RED = Network("red", "p", "", "", True, 1450, Segment("vxlan", None, 7))
PLAIN = Router("r", "p", "r", "", True)


def cloud(*hosts: str, zones: dict[str, str] | None = None, outside: str = "abcd") -> Agents:
    """Hosts with an L3 and an OVS agent each; those in `outside` reach the external network."""
    agents = Agents()
    for host in hosts:
        zone = (zones or {}).get(host, "nova")
        reach = {"tunnel_types": ["vxlan"], "bridge_mappings": {"public": "br-public"} if host in outside else {}}
        agents.take(AgentRegistered(f"l3-{host}", host, L3_AGENT, "l3", zone, {}))
        agents.take(AgentRegistered(f"ovs-{host}", host, OVS_AGENT, "ovs", zone, reach))
    return agents


def port(id: str, network: str, host: str = "", bound: bool = True) -> Port:
    owner = ROUTER_GATEWAY_OWNER if id == "gw" else ROUTER_INTERFACE_OWNER
    vif = ("ovs" if bound else "binding_failed") if host else "unbound"
    return Port(id, network, "p", "", "", "fa:16:3e:00:00:01", True, "r", owner, host=host, vif_type=vif)


def routed(host: str = "", outside: bool = True, bound: bool = True, **changes: Any) -> Routed:
    """A router between red and, perhaps, the outside, as it runs on `host`."""
    gateway = Gateway("public", "gw", (), True) if outside else None
    router = replace(PLAIN, gateway=gateway, interfaces=(Interface("if", "red", "s", "10.0.0.1", "10.0.0.0/24"),))
    server = L3Server(f"l3-{host}", host, "nova") if host else None
    ports = [port("if", "red", host), *([port("gw", "public", host, bound)] if outside else [])]
    networks = {one.id: one for one in (RED, *([PUBLIC] if outside else []))}
    return Routed(replace(router, server=server, **changes), networks, {one.id: one for one in ports}, 5)


def done(view: Routed, agents: Agents, lost: tuple[str, ...] = (), **numbers: int) -> list[Command]:
    """lost: hosts whose L3 agents' work is to be given away; numbers: of routers on hosts."""
    loads = Loads((host, f"other {index}") for host, number in numbers.items() for index in range(number))
    return routing.commands(view, agents, loads, {f"l3-{host}" for host in lost}.__contains__)


def host_of(commands: list[Command]) -> str:
    [command] = commands
    assert isinstance(command, ScheduleRouter)
    return command.host


def test_a_router_with_a_network_gets_the_agent_with_the_fewest_routers() -> None:
    assert host_of(done(routed(), cloud("a", "b", "c"), a=3, b=1, c=2)) == "b"
    assert host_of(done(routed(outside=False), cloud("b", "a"))) == "a"
    assert done(Routed(PLAIN), cloud("a")) == [], "nothing is to be routed yet"
    assert not routing.is_lacking(Routed(PLAIN), cloud("a"))


def test_the_host_must_carry_every_network_of_the_router() -> None:
    agents = cloud("a", "b", outside="b")
    assert host_of(done(routed(), agents, b=9)) == "b"
    assert host_of(done(routed(outside=False), agents, b=9)) == "a"
    agents.take(AgentWentDown("ovs-b", "b"))
    assert done(routed(), agents) == []
    assert routing.is_lacking(routed(), agents)


def test_hints_bind_to_zones() -> None:
    agents = cloud("a", "b", zones={"b": "west"})
    assert host_of(done(routed(availability_zone_hints=("west",)), agents, b=50)) == "b"
    assert done(routed(availability_zone_hints=("south",)), agents) == []


def test_dead_agents_and_those_that_take_no_new_work_are_passed_over() -> None:
    agents = cloud("a", "b", "c")
    agents.take(AgentWentDown("l3-a", "a"))
    agents.take(AgentAdminStateChanged("l3-b", "b", False))
    assert host_of(done(routed(), agents, c=9)) == "c"
    assert done(routed("b"), agents) == [], "what it runs it keeps"


def test_a_router_whose_agent_is_lost_goes_to_another_and_stays_there() -> None:
    agents = cloud("a", "b")
    agents.take(AgentWentDown("l3-a", "a"))
    assert done(routed("a"), agents) == [], "not given up yet"
    assert routing.is_lacking(routed("a"), agents)
    assert done(routed("a"), agents, lost=("a",)) == [ScheduleRouter("r", "l3-b", "b", "nova", "agent down")]
    agents.take(AgentCameUp("l3-a", "a"))
    assert done(routed("b"), agents) == []
    assert not routing.is_lacking(routed("b"), agents)


def test_a_router_of_a_lost_agent_stays_while_nobody_can_take_it() -> None:
    agents = cloud("a")
    agents.take(AgentWentDown("l3-a", "a"))
    assert done(routed("a"), agents, lost=("a",)) == []
    agents.take(AgentDeleted("l3-a", "a", L3_AGENT))
    assert done(routed("a"), agents, lost=("a",)) == [UnscheduleRouter("r", "l3-a", "agent deleted")]


def test_a_router_that_gets_a_network_out_of_its_hosts_reach_moves_to_a_host_that_has_it() -> None:
    agents = cloud("a", "b", outside="b")
    assert done(routed("a"), agents) == [ScheduleRouter("r", "l3-b", "b", "nova", "network out of reach")]
    agents.take(AgentWentDown("ovs-b", "b"))
    assert done(routed("a"), agents) == []
    assert done(routed("b"), agents) == [], "a switch agent that is down for a while moves nothing"


def test_a_port_that_could_not_be_bound_is_bound_when_its_host_can_carry_it() -> None:
    agents, view = cloud("a", outside=""), routed("a", bound=False)
    assert done(view, agents) == []
    assert routing.is_lacking(view, agents)
    reach = {"tunnel_types": ["vxlan"], "bridge_mappings": {"public": "br-public"}}
    agents.take(AgentReconfigured("ovs-a", "a", "nova", {}, reach))
    assert done(view, agents) == [UpdatePort("gw", {"host": "a"})]


@given(
    st.sets(st.sampled_from("abcd")),
    st.sets(st.sampled_from("abcd")),
    st.sets(st.sampled_from("abcd")),
    st.sampled_from(["", *"abcd"]),
    st.lists(st.integers(0, 9), min_size=4, max_size=4),
)
def test_after_its_commands_a_router_needs_nothing_more(
    up: set[str], out: set[str], shut: set[str], at: str, numbers: list[int]
) -> None:
    agents, loads = cloud(*"abcd", outside="".join(out)), dict(zip("abcd", numbers, strict=True))
    for host in sorted(set("abcd") - up):
        agents.take(AgentWentDown(f"l3-{host}", host))
    for host in sorted(shut):
        agents.take(AgentAdminStateChanged(f"l3-{host}", host, False))
    lost = tuple(set("abcd") - up)
    commands = done(routed(at), agents, lost, **loads)
    able = (up & out) - shut
    if at in up & out or not able - {at}:
        assert commands == []
        return
    chosen = host_of(commands)
    assert chosen in able
    assert loads[chosen] == min(loads[host] for host in able)
    assert done(routed(chosen), agents, lost, **loads) == []
