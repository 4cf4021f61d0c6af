"""What tests say of routers, floating IPs and their hosts in a cloud without hypervisors."""

from __future__ import annotations

import os
import signal
import uuid
from dataclasses import dataclass

from libs.commands import (
    AddRouterInterface,
    CreateFloatingIps,
    CreateRouters,
    NewFloatingIp,
    NewRouter,
    WantedGateway,
)
from libs.feed import FloatingIpReport, Routing
from libs.model import DHCP_AGENT, L3_AGENT, OVS_AGENT
from libs.network.router import Router
from tests.fakes.recording_brain import FakeAgent
from tests.integration.topology_world import Cloud, eventually


@dataclass
class Host:
    """A host with all its agents."""

    name: str
    ovs: FakeAgent
    l3: FakeAgent
    dhcp: FakeAgent

    def falls_silent(self, mute: bool = True) -> None:
        """It neither speaks nor hears, or does again."""
        for agent in (self.ovs, self.l3, self.dhcp):
            agent.link.mute = agent.link.deaf = mute


def a_host(cloud: Cloud, name: str) -> Host:
    """A registered host that can run routers and serve DHCP."""
    ovs, l3, dhcp = (cloud.agent(name, type) for type in (OVS_AGENT, L3_AGENT, DHCP_AGENT))
    for type in (OVS_AGENT, L3_AGENT, DHCP_AGENT):
        eventually(f"{name} has its {type}", lambda type=type: cloud.agent_row(name, type))  # type: ignore[misc]
    return Host(cloud.named(name), ovs, l3, dhcp)


def a_router(cloud: Cloud, external: str | None, *subnets: str) -> str:
    """A router with these interfaces, in the scene's zone."""
    id, gateway = str(uuid.uuid4()), WantedGateway(external, str(uuid.uuid4())) if external else None
    cloud.commit(CreateRouters((NewRouter(id, "p", gateway=gateway, availability_zone_hints=(cloud.zone,)),)))
    for subnet in subnets:
        cloud.commit(AddRouterInterface(id, str(uuid.uuid4()), subnet_id=subnet))
    return id


def an_outside(cloud: Cloud, cidr: str = "203.0.113.0/24") -> str:
    """An external network."""
    network = cloud.network(external=True)
    cloud.subnet(network, cidr, enable_dhcp=False)
    return network


def a_floating_ip(cloud: Cloud, external: str, port: str) -> str:
    """A floating IP that stands for the port's address."""
    id = str(uuid.uuid4())
    cloud.commit(CreateFloatingIps((NewFloatingIp(id, str(uuid.uuid4()), "p", external, port_id=port),)))
    return id


def router(cloud: Cloud, id: str) -> Router:
    """The router as the read model has it."""
    found: Router = cloud.state("router", id)
    return found


def ports_bound_on(cloud: Cloud, id: str) -> set[str]:
    """Hosts that the router's ports are bound on."""
    ports = [cloud.state("port", port) for port in router(cloud, id).port_ids]
    return {port.host if port.is_bound else "" for port in ports}


def runs_on(cloud: Cloud, id: str, host: Host) -> bool:
    """Whether the host runs the router and its agents hold what that takes."""
    there = router(cloud, id).host == host.name and ports_bound_on(cloud, id) == {host.name}
    return there and f"router-{id}" in host.l3.brain.holds.streams and cloud.follows(host.l3)


def says(cloud: Cloud, host: Host, *works: tuple[str, bool, str], complete: bool = False) -> None:
    """The host's L3 agent reports: (floating IP, whether it works, why not)."""
    told = []
    for id, working, reason in works:
        target = cloud.state("floatingip", id).target
        told.append(FloatingIpReport(id, target.router_id, target.ip_address, working, reason))
    host.l3.link.send(Routing(tuple(told), complete))


def kill_leader(cloud: Cloud) -> None:
    """kill -9 of the process that leads."""
    leader = cloud.leader()
    assert leader is not None
    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()
