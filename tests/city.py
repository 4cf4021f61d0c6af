"""A city on a whole system: a tenant's servers behind a router, the world outside, and what its hosts' agents count."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from typing import Any

from lab import tcp
from lab.guests import Guest
from lab.namespaces import with_suffix
from lab.outside import Outside
from tests.tenant import Tenant
from tests.whole import Whole, eventually

HOSTS = ("compute1", "compute2", "compute3")
AGENTS = ("agent_ovs", "agent_dhcp", "agent_l3")
WORLD = "198.51.100.1"
FLAT = {"provider:network_type": "flat", "provider:physical_network": "public", "router:external": True}


class City(Tenant):
    """A tenant's network whose servers go out by a router; `outside` is the world."""

    def __init__(self, whole: Whole) -> None:
        super().__init__(whole)
        self.outside = Outside(whole.lab, f"{WORLD}/24")
        self.outside.build()
        self.servers: list[tcp.Server] = []
        self.admin = whole.client()
        self.external = self.admin.create("network", name="public", **FLAT)["id"]
        subnet = {"ip_version": 4, "cidr": "198.51.100.0/24", "gateway_ip": WORLD, "enable_dhcp": False}
        self.admin.create("subnet", network_id=self.external, **subnet)
        gateway = {"external_gateway_info": {"network_id": self.external}}
        self.router = self.api.create("router", name="way", **gateway)["id"]

    def attach(self) -> None:
        """The router is on the servers' subnet."""
        self.api.send("PUT", f"routers/{self.router}/add_router_interface", {"subnet_id": self.subnet["id"]})

    def boot(self, host: str) -> Guest:
        server = super().boot(host)
        self.servers.append(tcp.Server(server.netns, server.name))
        return server

    def floating(self, to: Guest, working: bool = True) -> str:
        """The address outside by which a server is reached, from when it is."""
        wanted = {"floating_network_id": self.external, "port_id": to.port["id"]}
        address = str(self.api.create("floatingip", **wanted)["floating_ip_address"])
        if working:
            eventually(f"{address} answers", lambda: self.asked(address) == to.name)
        return address

    def asked(self, address: str) -> str:
        """Who answers outside's question there; empty for nobody."""
        return tcp.answer(self.outside.netns, address).partition(" ")[0]

    def host(self) -> str:
        """Where the router runs."""
        agents = self.admin.get(f"routers/{self.router}/l3-agents")["agents"]
        return str(agents[0]["host"]) if agents else ""

    def leave(self) -> None:
        for server in self.servers:
            server.stop()
        for one in self.api.get("floatingips")["floatingips"]:
            self.api.delete("floatingip", one["id"])
        with contextlib.suppress(RuntimeError):  # not attached
            self.api.send("PUT", f"routers/{self.router}/remove_router_interface", {"subnet_id": self.subnet["id"]})
        self.api.delete("router", self.router)
        self.admin.delete("network", self.external)
        self.outside.destroy()
        super().leave()


def routers(lab: Whole, *hosts: str) -> list[str]:
    """Namespaces of routers on these hosts, by default on all."""
    suffixes = [lab.lab.host(name).suffix for name in hosts or HOSTS]
    return [name for suffix in suffixes for name in with_suffix(suffix) if name.startswith("qrouter-")]


def operations(lab: Whole, agent: str, host: str) -> dict[str, int]:
    """{"pid", kind: changes on the host} as an agent last wrote it, kinds without any left out; empty before it wrote."""
    state = lab.lab.host(host).run / "state"
    file = state / "agent_ovs.json" if agent == "agent_ovs" else state / agent / "operations.json"
    with contextlib.suppress(OSError, ValueError):
        told: dict[str, Any] = json.loads(file.read_text())
        counted = told.get("operations", told)
        return {
            "pid": told["pid"],
            **{kind: n for kind, n in counted.items() if n and kind not in ("pid", "readbacks")},
        }
    return {}


def recompute(lab: Whole, hosts: tuple[str, ...] = HOSTS) -> None:
    """Kill every agent of these hosts; the next ones, which know nothing but the log, find them in order; so is the read model."""
    kill_agents(lab, hosts, AGENTS)
    for host in hosts:
        for agent in AGENTS:
            assert set(operations(lab, agent, host)) == {"pid"}, (agent, host, operations(lab, agent, host))
    assert "differed" not in lab.must("rebuild")


def kill_agents(lab: Whole, hosts: tuple[str, ...], agents: tuple[str, ...]) -> None:
    """kill -9, all at once, and wait until those that come after them are done with their hosts."""
    before = lab.pids()
    killed = {f"{agent}@{host}": before[f"{agent}@{host}"] for host in hosts for agent in agents}
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    eventually("others in their place", lambda: all(lab.pids().get(name, pid) != pid for name, pid in killed.items()))
    await_order(lab, hosts, agents)


def await_order(lab: Whole, hosts: tuple[str, ...], agents: tuple[str, ...]) -> None:
    """Wait until the agents that run there have brought their hosts in order once."""

    def done() -> bool:
        now = lab.pids()
        pairs = [(agent, host) for host in hosts for agent in agents]
        return all(operations(lab, *pair).get("pid") == now.get("@".join(pair), 0) for pair in pairs)

    eventually("hosts in order", done, 30)
