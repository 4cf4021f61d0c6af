"""A tenant's IPv6 network behind a router, and the world outside, which knows the way back."""

from __future__ import annotations

import json
from typing import Any

from lab.guests import Guest, guest
from lab.outside import Outside
from lab.shell import run
from libs.kernel.inside import inside
from tests.city import FLAT
from tests.fakes.dhcp_guests import solicit
from tests.tenant import TENANT, open_group, whole_port
from tests.whole import Whole, eventually

WORLD, OUTSIDE, INSIDE = "2001:db8:ffff::1", "2001:db8:ffff::/64", "2001:db8:2::/64"


class Six:
    """`mode`: ipv6_ra_mode and ipv6_address_mode of the servers' subnet."""

    def __init__(self, whole: Whole, mode: str) -> None:
        self.whole, self.api, self.admin = whole, whole.client(TENANT), whole.client()
        self.outside = Outside(whole.lab, f"{WORLD}/64")
        self.outside.build()
        self.guests: list[Guest] = []
        self.group = open_group(self.api)
        self._makes_its_own = mode == "slaac"
        self.external = self.admin.create("network", name="public6", **FLAT)["id"]
        world = {"cidr": OUTSIDE, "gateway_ip": WORLD, "ip_version": 6, "enable_dhcp": False}
        self.admin.create("subnet", network_id=self.external, **world)
        self.network = self.api.create("network", name="six")
        modes = {"ipv6_ra_mode": mode, "ipv6_address_mode": mode}
        self.subnet = self.api.create("subnet", network_id=self.network["id"], cidr=INSIDE, ip_version=6, **modes)
        gateway = {"external_gateway_info": {"network_id": self.external}}
        self.router = self.api.create("router", name="six", **gateway)
        self._interface = {"subnet_id": self.subnet["id"]}
        self.api.send("PUT", f"routers/{self.router['id']}/add_router_interface", self._interface)
        (address,) = self.router["external_gateway_info"]["external_fixed_ips"]
        run("ip", "-n", self.outside.netns, "route", "replace", INSIDE, "via", address["ip_address"])

    def boot(self, host: str) -> Guest:
        """A server on this host, plugged and ACTIVE, with its address: made from what the router advertises, or told by DHCPv6."""
        port = whole_port(self.api, self.network["id"], host, security_groups=[self.group])
        server = guest(self.whole.lab, f"six{len(self.guests)}", host, port)
        self.guests.append(server)
        server.build(self.network["mtu"])
        server.plug()
        path = f"ports/{port['id']}"
        eventually("ACTIVE", lambda: bool(self.api.get(path)["port"]["status"] == "ACTIVE"))
        if not self._makes_its_own:
            told = inside(server.netns, lambda: solicit(port["mac_address"], 10.0))
            server.run("ip", "-6", "addr", "add", f"{told['address']}/128", "dev", "eth0", "nodad")
        eventually("it has its port's address and no other", lambda: _addresses(server) == [server.address], 20)
        return server

    def is_reached(self, server: Guest) -> bool:
        """Whether the world's ping is answered."""
        asked = ("ping", "-n", "-c", "3", "-W", "1", server.address)
        return " bytes from " in run("ip", "netns", "exec", self.outside.netns, *asked, ok=True)

    def host(self) -> str:
        """Where the router runs."""
        agents = self.admin.get(f"routers/{self.router['id']}/l3-agents")["agents"]
        return str(agents[0]["host"]) if agents else ""

    def leave(self) -> None:
        """Remove everything."""
        for server in self.guests:
            server.destroy()
            self.api.delete("port", server.port["id"])
        self.api.send("PUT", f"routers/{self.router['id']}/remove_router_interface", self._interface)
        self.api.delete("router", self.router["id"])
        self.admin.delete("network", self.external)
        self.outside.destroy()
        self.api.delete("network", self.network["id"])
        self.api.send("DELETE", f"security-groups/{self.group}")


def _addresses(server: Guest) -> list[str]:
    """The server's global IPv6 addresses that it may use."""
    links: list[dict[str, Any]] = json.loads(
        server.run("ip", "-j", "-6", "addr", "show", "dev", "eth0", "scope", "global")
    )
    found = [one for link in links for one in link.get("addr_info", [])]
    return [one["local"] for one in found if one and not one.get("tentative")]
