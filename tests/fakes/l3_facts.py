"""Facts about routers and floating IPs, as a host's feed brings them, over those about networks."""

from __future__ import annotations

from typing import Any

from libs import events
from libs.model import FLOATING_IP_OWNER, ROUTER_GATEWAY_OWNER, ROUTER_INTERFACE_OWNER, FixedIp
from tests.fakes.dhcp_facts import Facts, an_id

AGENT = an_id(0x13)


class L3Facts(Facts):
    """Also says what happens to routers."""

    def __init__(self) -> None:
        super().__init__()
        self._macs = 0

    def mac(self) -> str:
        self._macs += 1
        return f"fa:16:3e:13:{self._macs // 256:02x}:{self._macs % 256:02x}"

    def about(self, router_id: str, event: events.Event) -> None:
        self.say(f"router-{router_id}", event)

    def router(self, host: str | None = None, up: bool = True) -> str:
        """A router that runs here; on another host, or nowhere (empty), when said so."""
        id = an_id(0x9000 + len(self.said))
        self.about(id, events.RouterCreated(id, "p", "r", "", up))
        place = self.host if host is None else host
        if place:
            self.about(id, events.RouterScheduled(id, AGENT, place, "nova"))
        return id

    def interface(
        self, router_id: str, network_id: str, subnet_id: str, address: str, cidr: str, port_id: str = ""
    ) -> str:
        """Its port on a subnet; one more address of `port_id` when given."""
        owner = ROUTER_INTERFACE_OWNER
        if port_id:
            self.allocate(port_id, subnet_id, address)
        port_id = port_id or self.own_port(router_id, network_id, owner, (subnet_id, address))
        event = events.RouterInterfaceAttached(router_id, port_id, network_id, subnet_id, address, cidr)
        self.about(router_id, event)
        return port_id

    def own_port(self, device_id: str, network_id: str, owner: str, *fixed: tuple[str, str], host: str = "") -> str:
        id = an_id((len(self.said) + 1 << 96) + 0xB1)
        event = events.PortCreated(id, network_id, "p", "", "", self.mac(), True, device_id, owner)
        self.say(f"port-{id}", event)
        for subnet_id, address in fixed:
            self.allocate(id, subnet_id, address)
        bound = events.PortBound(id, network_id, host or self.host, "", 1, "ovs", {})
        self.say(f"port-{id}", bound)
        return id

    def gateway(self, router_id: str, network_id: str, *fixed: tuple[str, str], snat: bool = True) -> str:
        """Its port on an external network."""
        id = self.own_port(router_id, network_id, ROUTER_GATEWAY_OWNER, *fixed)
        addresses = tuple(FixedIp(*one) for one in fixed)
        self.about(router_id, events.RouterGatewaySet(router_id, network_id, id, addresses, snat))
        return id

    def floating_ip(self, network_id: str, subnet_id: str, address: str) -> str:
        """An address of the external network, associated with nothing."""
        id = an_id(0xF000_0000 + len(self.said))
        port = an_id(0xF00F_0000 + len(self.said))
        self.say(
            f"port-{port}", events.PortCreated(port, network_id, "", "", "", self.mac(), True, id, FLOATING_IP_OWNER)
        )
        self.say(f"floatingip-{id}", events.FloatingIpAllocated(id, "p", network_id, subnet_id, address, port, ""))
        return id

    def associate(
        self, floatingip_id: str, floating: str, router_id: str, port_id: str, fixed: str, subnet_id: str
    ) -> None:
        event = events.FloatingIpAssociated(floatingip_id, floating, router_id, port_id, fixed, subnet_id)
        self.say(f"floatingip-{floatingip_id}", event)

    def disassociate(self, floatingip_id: str, floating: str, router_id: str, port_id: str, fixed: str) -> None:
        event = events.FloatingIpDisassociated(floatingip_id, floating, router_id, port_id, fixed, "asked")
        self.say(f"floatingip-{floatingip_id}", event)


class Town:
    """One router between a tenant's network and the outside, with two servers."""

    OUTSIDE, INSIDE = "198.51.100.0/24", "10.4.0.0/24"
    OWN, GATEWAY, ONE, TWO = "198.51.100.10", "198.51.100.254", "10.4.0.11", "10.4.0.12"

    def __init__(self, facts: L3Facts, **router: Any) -> None:
        self.facts = facts
        self.public, self.private = facts.network(1500), facts.network()
        self.outside = facts.subnet(self.public, self.OUTSIDE, self.GATEWAY)
        self.inside = facts.subnet(self.private, self.INSIDE, "10.4.0.1")
        self.one = facts.port(self.private, "fa:16:3e:00:00:01", (self.inside, self.ONE), device=an_id(1))
        self.two = facts.port(self.private, "fa:16:3e:00:00:02", (self.inside, self.TWO), device=an_id(1))
        self.router = facts.router(**router)
        self.interface = facts.interface(self.router, self.private, self.inside, "10.4.0.1", self.INSIDE)
        self.gateway = facts.gateway(self.router, self.public, (self.outside, self.OWN))

    def floating(self, address: str, port_id: str = "", fixed: str = "") -> str:
        """A floating IP; for a server when given, else for nobody."""
        id = self.facts.floating_ip(self.public, self.outside, address)
        if port_id:
            self.facts.associate(id, address, self.router, port_id, fixed, self.inside)
        return id
