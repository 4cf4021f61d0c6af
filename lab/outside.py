"""The world beyond the routers: a namespace on the switch's `public` segment, with an address that is the routers' next hop."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab import tcp
from lab.hosts import Lab
from lab.namespaces import links, veth
from lab.shell import run

SEGMENT, PORT = "public", "public-out"
MTU = 1500


@dataclass
class Outside:
    """`cidr`: its address with the external subnet's prefix length."""

    lab: Lab
    cidr: str
    servers: list[tcp.Server] = field(default_factory=list)

    @property
    def netns(self) -> str:
        """Its namespace."""
        return f"{self.lab.prefix}outside"

    @property
    def address(self) -> str:
        """What routers send to."""
        return self.cidr.partition("/")[0]

    def build(self) -> None:
        """Make and plug it, with a server that says who asks. Raises ToolFailed."""
        self.lab.namespaces.ensure(self.netns)
        if PORT not in links(self.lab.switch):
            veth(self.netns, "eth0", self.lab.switch, PORT, MTU)
            run("ip", "-n", self.lab.switch, "link", "set", PORT, "master", SEGMENT)
        run("ip", "-n", self.netns, "addr", "replace", self.cidr, "dev", "eth0")
        self.servers.append(tcp.Server(self.netns, "outside"))

    def destroy(self) -> None:
        """Remove it. Safe to repeat."""
        for server in self.servers:
            server.stop()
        self.servers.clear()
        self.lab.namespaces.remove([self.netns])
