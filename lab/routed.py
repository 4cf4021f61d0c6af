"""The demo's second chapter: a tenant's router. Out by its address, in by floating IPs, metadata, and the death of its host."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Protocol

from lab import tcp
from lab.guests import Guest
from lab.nova import PATH, Nova
from lab.outside import Outside
from lab.stage import Stage, must, until

BLUE = "b1" * 16  # the tenant
METADATA = "169.254.169.254"
PUBLIC, WORLD = "203.0.113.0/24", "203.0.113.1"
FLAT = {"provider:network_type": "flat", "provider:physical_network": "public"}
MOVE_SECONDS = 40.0  # for the outage; agent_down_seconds (15) and a bit is what it should be


class Power(Protocol):
    """The mains of the lab's hosts."""

    def off(self, host: str) -> None:
        """Everything on that host ends at once, and its wires are dead."""
        ...

    def on(self, host: str) -> None:
        """It starts again."""
        ...


class Routed:
    """One play of it. `times`: {what: seconds}."""

    def __init__(self, stage: Stage, power: Power, nova: Nova | None) -> None:
        self._stage, self._power, self._nova = stage, power, nova
        self._tenant = stage.client(BLUE)
        self._outside = Outside(stage.lab, f"{WORLD}/24")
        self._servers: list[tcp.Server] = []
        self._router: dict[str, Any] = {}
        self._floating: dict[str, Any] = {}
        self._dead = ""
        self.times: dict[str, float] = {}

    def play(self, network: str, names: tuple[str, str]) -> None:
        """Two servers of one network go out and are reached. Raises as `Story.play` does."""
        guests = [self._stage.boots[name].guest for name in names]
        self._outside.build()
        self._stage.afterwards(self._outside.destroy)
        self._servers += [tcp.Server(one.netns, one.name) for one in guests]
        external = self._external()
        self._router = self._built(network, external, guests)
        # The floating IP ends at a server that outlives the host of the router.
        guests.sort(key=lambda one: one.host.name != self._host())
        self._let_in(guests)
        self._floating_ip(external, guests[0])
        self._move(*guests)
        self._metadata(guests)
        self._survivor = guests[1]

    def death(self) -> None:
        """The router's host dies, and another one runs the router. Raises as `Story.play` does."""
        begun, host, guest = time.perf_counter(), self._host(), self._survivor
        self._dead = host
        self._power.off(host)
        self._stage.say(f"{host}, which runs the router, is dead")
        self._answers(guest, MOVE_SECONDS)
        must(guest.reaches(WORLD), f"{guest.name} does not reach the outside")
        self.times["the router's host dies: until it works on another"] = time.perf_counter() - begun
        now = self._host()
        must(now not in ("", host), f"the router is said to be on {now or 'no host'}")
        self._stage.say(f"the router lives on {now}")

    def come_back(self) -> None:
        """The host that died is switched on again. Safe to repeat."""
        for server in self._servers:
            server.stop()
        if self._dead:
            self._power.on(self._dead)
            self._stage.say(f"{self._dead} is back")
            self._dead = ""

    def _external(self) -> str:
        """The id of a network that is the way out, and whose next hop is `outside`."""
        stage = self._stage
        network = stage.create(stage.admin, "network", name="demo-public", **FLAT, **{"router:external": True})
        subnet = {"ip_version": 4, "cidr": PUBLIC, "gateway_ip": WORLD, "enable_dhcp": False}
        stage.create(stage.admin, "subnet", network_id=network["id"], **subnet)
        return str(network["id"])

    def _built(self, network: str, external: str, guests: list[Guest]) -> dict[str, Any]:
        begun, tenant = time.perf_counter(), self._tenant
        way_out = {"external_gateway_info": {"network_id": external}}
        router = self._stage.create(tenant, "router", name="demo-router", **way_out)
        (subnet,) = tenant.get(f"subnets?network_id={network}")["subnets"]
        interface, path = {"subnet_id": subnet["id"]}, f"routers/{router['id']}"
        tenant.send("PUT", f"{path}/add_router_interface", interface)
        self._stage.afterwards(lambda: tenant.send("PUT", f"{path}/remove_router_interface", interface))
        until(f"{guests[0].name} reaches the outside", lambda: guests[0].reaches(WORLD, 1.0), 15)
        self.times["router: POST to a server's first ping outside"] = time.perf_counter() - begun
        address = router["external_gateway_info"]["external_fixed_ips"][0]["ip_address"]
        for one in guests:
            said = tcp.answer(one.netns, WORLD, 2.0)
            must(said == f"outside {address}", f"{one.name} asks the outside as the router, {address}: {said!r}")
        self._stage.say(f"a router: servers go out as {address}")
        return router

    def _host(self) -> str:
        """Where the router is now."""
        agents = self._stage.admin.get(f"routers/{self._router['id']}/l3-agents")["agents"]
        return str(agents[0]["host"]) if agents else ""

    def _let_in(self, guests: list[Guest]) -> None:
        """A security group that lets TCP in, beside the default one, which lets nobody in from outside."""
        admin = self._stage.admin  # whose ports the servers' are
        group = admin.send("POST", "security-groups", {"security_group": {"name": "demo-web"}})["security_group"]
        self._stage.afterwards(lambda: admin.send("DELETE", f"security-groups/{group['id']}"))
        rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
        admin.send("POST", "security-group-rules", {"security_group_rule": rule})
        for one in guests:
            path = f"ports/{one.port['id']}"
            groups = admin.get(path)["port"]["security_groups"]
            admin.send("PUT", path, {"port": {"security_groups": [*groups, group["id"]]}})
            self._stage.afterwards(partial(admin.send, "PUT", path, {"port": {"security_groups": groups}}))

    def _floating_ip(self, external: str, to: Guest) -> None:
        begun = time.perf_counter()
        wanted = {"floating_network_id": external, "port_id": to.port["id"]}
        floating = self._stage.create(self._tenant, "floatingip", **wanted)
        self._floating = floating
        self._answers(to)
        self.times["floating IP: POST to a TCP answer"] = time.perf_counter() - begun
        path = f"floatingips/{floating['id']}"
        until("the floating IP ACTIVE", lambda: bool(self._tenant.get(path)["floatingip"]["status"] == "ACTIVE"))
        self._stage.say(f"{floating['floating_ip_address']} outside is {to.name}: TCP comes in, status ACTIVE")

    def _answers(self, to: Guest, seconds: float = 10.0) -> None:
        """Wait until the floating IP leads to that server, which sees who really asks."""
        address, outside, wanted = self._floating["floating_ip_address"], self._outside.netns, f"{to.name} {WORLD}"
        until(f"{address} answers as {to.name}", lambda: tcp.answer(outside, address) == wanted, seconds, 0.01)

    def _move(self, old: Guest, new: Guest) -> None:
        link, _ = tcp.dial(self._outside.netns, self._floating["floating_ip_address"])
        with link:
            must(tcp.echoes(link), f"a connection to {old.name} by the floating IP")
            begun = time.perf_counter()
            self._tenant.send("PUT", f"floatingips/{self._floating['id']}", {"floatingip": {"port_id": new.port["id"]}})
            self._answers(new)
            self.times["floating IP moved: PUT to the other server's answer"] = time.perf_counter() - begun
            until(f"the connection to {old.name} is cut", lambda: not tcp.echoes(link), 2)
        self._stage.say(f"moved to {new.name}, which answers; the connection to {old.name} is cut")

    def _metadata(self, guests: list[Guest]) -> None:
        """Each server asks who it is, and learns its own name by way of the signed instance id."""
        if self._nova is None:
            self._stage.say("metadata: not played, the agents ask the Nova that you gave")
            return
        for one in guests:
            self._nova.servers[one.port["device_id"]] = (one.port["project_id"], one.name)
            until(f"{one.name} is sent to the router for metadata", partial(_is_sent_to_router, one), pause=0.1)
        begun = time.perf_counter()
        for one in guests:
            said = tcp.fetch(one.netns, METADATA, PATH)
            must(said == (200, one.name), f"{one.name} asks {METADATA} who it is, and is told {said}")
        self.times["metadata: a server asks who it is"] = (time.perf_counter() - begun) / len(guests)
        self._stage.say(f"{METADATA} tells each server its own name, from Nova's metadata API")


def _is_sent_to_router(server: Guest) -> bool:
    """Its lease is from before the router, when the way to metadata was the DHCP server; it is renewed, as leases are."""
    return METADATA not in server.ask_address().get("staticroutes", "")
