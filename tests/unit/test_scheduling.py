"""DHCP scheduling: what is in, what must be done; and nothing when all is well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.commands import Command, ScheduleDhcp, UnscheduleDhcp, UpdatePort, WantedAddress
from libs.events import AgentAdminStateChanged, AgentCameUp, AgentDeleted, AgentRegistered, AgentWentDown
from libs.model import DHCP_AGENT, DHCP_OWNER, OVS_AGENT, FixedIp, Segment
from libs.network.network import DhcpServer, Network
from libs.network.port import Port
from libs.network.subnet import Subnet
from services.topology import scheduling
from services.topology.agents import Agents
from services.topology.loads import Loads
from services.topology.scheduling import Served

NET = "11111111-1111-1111-1111-111111111111"
RED = Network(NET, "p", "red", "", True, 1450, Segment("vxlan", None, 7))


def subnet(id: str = "s1", dhcp: bool = True) -> Subnet:
    return Subnet(id, NET, "p", "", "", 4, "10.0.0.0/24", None, (), (), (), dhcp)


def cloud(*hosts: str, zones: dict[str, str] | None = None, tunnels: tuple[str, ...] = ("vxlan",)) -> Agents:
    """Hosts with a DHCP and an OVS agent each."""
    agents = Agents()
    for host in hosts:
        zone = (zones or {}).get(host, "nova")
        agents.take(AgentRegistered(f"dhcp-{host}", host, DHCP_AGENT, "dhcp", zone, {}))
        agents.take(AgentRegistered(f"ovs-{host}", host, OVS_AGENT, "ovs", zone, {"tunnel_types": list(tunnels)}))
    return agents


def server(host: str, zone: str = "nova") -> DhcpServer:
    return DhcpServer(f"dhcp-{host}", host, zone, f"port-{host}")


def its_port(host: str, *subnets: str, **changes: Any) -> Port:
    plain = Port(f"port-{host}", NET, "p", "", "", "fa:16:3e:00:00:01", True, "dhcp", DHCP_OWNER, host=host)
    fixed = tuple(FixedIp(name, f"10.0.0.{number}") for number, name in enumerate(subnets, start=2))
    return replace(plain, **{"vif_type": "ovs", "fixed_ips": fixed, **changes})


def served(*ports: Port, subnets: tuple[Subnet, ...] = (subnet(),)) -> Served:
    """The network as these DHCP ports serve it."""
    return Served(
        replace(RED, dhcp=tuple(server(port.host) for port in ports)), subnets, {one.id: one for one in ports}
    )


def loaded(numbers: Mapping[str, int]) -> Loads:
    """Hosts that serve so many other networks."""
    return Loads((host, f"other {index}") for host, number in numbers.items() for index in range(number))


def done(
    view: Served,
    agents: Agents,
    wanted: int = 1,
    lost: tuple[str, ...] = (),
    cause: str = "subnet-s1@1",
    loads: Mapping[str, int] = MappingProxyType({}),
) -> list[Command]:
    """lost: hosts whose DHCP agents' work is to be given away."""
    gone = {f"dhcp-{host}" for host in lost}
    return scheduling.commands(view, agents, loaded(loads), wanted, cause, gone.__contains__)


def hosts_of(commands: list[Command]) -> list[str]:
    return [command.host for command in commands if isinstance(command, ScheduleDhcp)]


def replaced(commands: list[Command]) -> list[tuple[str, str, str]]:
    """(new host, agent that it stands in for, why); every command must be a schedule."""
    assert len(hosts_of(commands)) == len(commands)
    return [(one.host, one.replaces, one.reason) for one in commands if isinstance(one, ScheduleDhcp)]


def test_a_network_with_dhcp_gets_the_least_loaded_agent() -> None:
    assert hosts_of(done(served(), cloud("a", "b", "c"), loads={"a": 3, "b": 1, "c": 2})) == ["b"]


def test_the_choice_is_the_same_each_time_and_its_port_too() -> None:
    first, again = done(served(), cloud("b", "a")), done(served(), cloud("a", "b"))
    assert first == again
    assert hosts_of(first) == ["a"]


def test_another_cause_means_another_port() -> None:
    ports = {
        command.port_id
        for cause in ("subnet-s1@1", "subnet-s1@2")
        for command in done(served(), cloud("a"), cause=cause)
        if isinstance(command, ScheduleDhcp)
    }
    assert len(ports) == 2


def test_a_served_network_is_left_alone() -> None:
    assert done(served(its_port("a", "s1")), cloud("a", "b")) == []


def test_two_agents_stand_in_different_zones_if_they_can() -> None:
    agents = cloud("a", "b", "c", zones={"a": "east", "b": "east", "c": "west"})
    assert hosts_of(done(served(), agents, wanted=2, loads={"c": 9})) == ["a", "c"]


def test_hints_bind_to_zones() -> None:
    agents = cloud("a", "b", zones={"b": "west"})
    hinted = Served(replace(RED, availability_zone_hints=("west",)), (subnet(),))
    assert hosts_of(done(hinted, agents, loads={"b": 50})) == ["b"]
    nowhere = Served(replace(RED, availability_zone_hints=("south",)), (subnet(),))
    assert done(nowhere, agents) == []
    assert scheduling.is_lacking(nowhere, agents, 1)


def test_dead_agents_and_hosts_that_cannot_carry_the_network_are_passed_over() -> None:
    agents = cloud("a", "b")
    agents.take(AgentWentDown("dhcp-a", "a"))
    assert hosts_of(done(served(), agents)) == ["b"]
    agents.take(AgentWentDown("ovs-b", "b"))
    assert done(served(), agents) == []
    assert done(served(), cloud("a", tunnels=())) == []


def test_agents_that_take_no_new_work_keep_what_they_serve() -> None:
    agents = cloud("a", "b")
    agents.take(AgentAdminStateChanged("dhcp-a", "a", False))
    assert hosts_of(done(served(), agents, loads={"b": 9})) == ["b"]
    assert done(served(its_port("a", "s1")), agents) == []


def test_a_server_whose_agent_is_down_is_looked_at_again_until_it_is_given_up() -> None:
    agents, view = cloud("a", "b"), served(its_port("a", "s1"))
    agents.take(AgentWentDown("dhcp-a", "a"))
    assert done(view, agents) == []
    assert scheduling.is_lacking(view, agents, 1)
    assert replaced(done(view, agents, lost=("a",))) == [("b", "dhcp-a", "agent down")]


def test_a_lost_server_stays_as_long_as_nobody_takes_its_place() -> None:
    agents, view = cloud("a"), served(its_port("a", "s1"))
    agents.take(AgentWentDown("dhcp-a", "a"))
    assert done(view, agents, lost=("a",)) == []
    agents.take(AgentDeleted("dhcp-a", "a", DHCP_AGENT))
    assert done(view, agents, lost=("a",)) == [UnscheduleDhcp(NET, "dhcp-a", "a", "port-a", "agent deleted")]


def test_the_second_server_goes_on_while_the_first_is_replaced() -> None:
    agents = cloud("a", "b", "c", zones={"a": "east", "b": "west", "c": "west"})
    agents.take(AgentWentDown("dhcp-a", "a"))
    commands = done(served(its_port("a", "s1"), its_port("b", "s1")), agents, wanted=2, lost=("a",))
    assert replaced(commands) == [("c", "dhcp-a", "agent down")]
    after = served(its_port("b", "s1"), its_port("c", "s1"))
    agents.take(AgentCameUp("dhcp-a", "a"))
    assert done(after, agents, wanted=2) == [], "who comes back gets nothing back"
    assert not scheduling.is_lacking(after, agents, 2)


def test_one_new_server_stands_in_for_the_deleted_agent_before_the_one_that_is_down() -> None:
    agents, view = cloud("a", "b", "c"), served(its_port("a", "s1"), its_port("b", "s1"))
    agents.take(AgentWentDown("dhcp-a", "a"))
    agents.take(AgentDeleted("dhcp-b", "b", DHCP_AGENT))
    assert replaced(done(view, agents, wanted=2, lost=("a", "b"))) == [("c", "dhcp-b", "agent deleted")]


def test_of_two_new_servers_only_one_stands_in_for_the_lost_one() -> None:
    agents = cloud("a", "b", "c")
    agents.take(AgentWentDown("dhcp-a", "a"))
    commands = done(served(its_port("a", "s1")), agents, wanted=2, lost=("a",))
    assert replaced(commands) == [("b", "dhcp-a", "agent down"), ("c", "", "asked")]


def test_without_dhcp_subnets_the_servers_go() -> None:
    view = served(its_port("a"), subnets=(subnet(dhcp=False),))
    assert done(view, cloud("a")) == [UnscheduleDhcp(NET, "dhcp-a", "a", "port-a", "no subnet with DHCP")]
    assert done(served(subnets=()), cloud("a")) == []


def test_a_further_subnet_needs_an_address_and_a_silent_one_needs_none() -> None:
    view = served(its_port("a", "s1", "s2"), subnets=(subnet("s1"), subnet("s2", dhcp=False), subnet("s3")))
    [update] = done(view, cloud("a"))
    assert update == UpdatePort("port-a", {"fixed_ips": (WantedAddress("s1", "10.0.0.2"), WantedAddress("s3"))})


def test_full_subnets_are_left_out_one_by_one() -> None:
    view = served(its_port("a", "s1", "s9"), subnets=tuple(map(subnet, ("s1", "s2", "s3", "s4"))))
    [update] = done(view, cloud("a"))
    assert isinstance(update, UpdatePort)
    held: list[WantedAddress] = []

    def fits(step: UpdatePort) -> bool:
        if any(one.subnet_id == "s3" for one in step.changes["fixed_ips"]):
            return False
        held[:] = step.changes["fixed_ips"]
        return True

    scheduling.in_steps(update, fits)
    assert held == [WantedAddress("s1", "10.0.0.2"), WantedAddress("s2"), WantedAddress("s4")]


def test_what_is_no_longer_served_goes_although_the_only_further_subnet_is_full() -> None:
    steps: list[UpdatePort] = []
    view = served(its_port("a", "s1", "s9"), subnets=(subnet("s1"), subnet("s2")))
    [update] = done(view, cloud("a"))
    assert isinstance(update, UpdatePort)
    scheduling.in_steps(update, lambda step: bool(steps.append(step)))
    assert steps == [UpdatePort("port-a", {"fixed_ips": (WantedAddress("s1", "10.0.0.2"),)})]


def test_a_port_that_could_not_be_bound_is_bound_when_its_host_can_carry_it() -> None:
    view = served(its_port("a", "s1", vif_type="binding_failed"))
    assert done(view, cloud("a", tunnels=())) == []
    assert scheduling.is_lacking(view, cloud("a"), 1)
    assert done(view, cloud("a")) == [UpdatePort("port-a", {"host": "a"})]


def test_a_lost_port_is_replaced_by_a_fresh_one() -> None:
    view = Served(replace(RED, dhcp=(server("a"),)), (subnet(),), {})
    gone, fresh = done(view, cloud("a"))
    assert gone == UnscheduleDhcp(NET, "dhcp-a", "a", "port-a", "port deleted")
    assert isinstance(fresh, ScheduleDhcp)
    assert fresh.host == "a"
    assert fresh.port_id != "port-a"


@given(st.integers(0, 4), st.integers(1, 4), st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_after_its_commands_a_network_needs_nothing_more(size: int, wanted: int, numbers: list[int]) -> None:
    names = ("a", "b", "c", "d")[:size]
    agents, loads = cloud(*names), dict(zip(names, numbers, strict=False))
    chosen = hosts_of(done(served(), agents, wanted, loads=loads))
    assert len(chosen) == len(set(chosen)) == min(size, wanted)
    after = served(*(its_port(host, "s1") for host in chosen))
    assert done(after, agents, wanted, loads=loads) == []
    assert scheduling.is_lacking(after, agents, wanted) == (size < wanted)
