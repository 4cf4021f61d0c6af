"""Facts about networks with DHCP, as a host's feed brings them: positions and versions are counted here."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from libs import events
from libs.eventlog.protocol import Recorded
from libs.model import DHCP_OWNER, DhcpOption

HOST = "compute1"


def an_id(number: int) -> str:
    """A readable UUID: number 7 is 00000000-0000-0000-0000-000000000007."""
    return str(UUID(int=number))


class Facts:
    """Says events and remembers them: `said` is the feed so far, each fact on its stream with the next version."""

    def __init__(self, host: str = HOST) -> None:
        self.host = host
        self.said: list[Recorded] = []
        self._versions: dict[str, int] = {}
        self._numbers = count(1)

    def say(self, stream: str, event: events.Event) -> Recorded:
        self._versions[stream] = self._versions.get(stream, 0) + 1
        recorded = Recorded(
            len(self.said) + 1, stream, self._versions[stream], event, {}, "2026-01-01T00:00:00.000000Z"
        )
        self.said.append(recorded)
        return recorded

    def network(self, mtu: int = 1450, network_id: str = "") -> str:
        id = network_id or an_id(0xA00 + next(self._numbers))
        self.say(f"network-{id}", events.NetworkCreated(id, "p", "n", "", True, False, False, mtu, "vxlan", None, 7))
        return id

    def schedule(self, network_id: str, host: str = "") -> None:
        event = events.NetworkDhcpScheduled(network_id, an_id(0xA6E), host or self.host, "nova")
        self.say(f"network-{network_id}", event)

    def unschedule(self, network_id: str) -> None:
        self.say(f"network-{network_id}", events.NetworkDhcpUnscheduled(network_id, an_id(0xA6E), self.host))

    def subnet(self, network_id: str, cidr: str, gateway: str | None = None, **changes: Any) -> str:
        id = changes.pop("subnet_id", None) or an_id(0x500 + next(self._numbers))
        version = 6 if ":" in cidr else 4
        born = events.SubnetCreated(id, network_id, "p", "s", "", version, cidr, gateway, (), (), (), True)
        self.say(f"subnet-{id}", replace(born, **changes))
        return id

    def port(
        self,
        network_id: str,
        mac: str,
        *fixed: tuple[str, str],
        owner: str = "compute:nova",
        host: str = "",
        device: str = "d",
        dns_name: str = "",
    ) -> str:
        id = an_id(
            (next(self._numbers) << 96) + 0xB0
        )  # ports of one test differ in their first digits, as devices' names do
        created = events.PortCreated(id, network_id, "p", "", "", mac, True, device, owner, dns_name=dns_name)
        self.say(f"port-{id}", created)
        for subnet_id, address in fixed:
            self.allocate(id, subnet_id, address)
        if host:
            self.say(f"port-{id}", events.PortBound(id, network_id, host, "", 1, "ovs", {}))
        return id

    def dhcp_port(self, network_id: str, mac: str, *fixed: tuple[str, str], host: str = "") -> str:
        return self.port(network_id, mac, *fixed, owner=DHCP_OWNER, host=host or self.host)

    def options(self, port_id: str, *wanted: DhcpOption) -> None:
        self.say(f"port-{port_id}", events.PortDhcpOptionsChanged(port_id, (), wanted))

    def rename(self, port_id: str, before: str, after: str) -> None:
        self.say(f"port-{port_id}", events.PortDnsNameChanged(port_id, before, after))

    def allocate(self, port_id: str, subnet_id: str, address: str) -> None:
        self.say(f"port-{port_id}", events.AddressAllocated(port_id, subnet_id, address))

    def release(self, port_id: str, subnet_id: str, address: str) -> None:
        self.say(f"port-{port_id}", events.AddressReleased(port_id, subnet_id, address))

    def delete_port(self, port_id: str, network_id: str, *fixed: tuple[str, str]) -> None:
        for subnet_id, address in fixed:
            self.release(port_id, subnet_id, address)
        self.say(f"port-{port_id}", events.PortDeleted(port_id, network_id, "p", "", "", "", ""))

    def served_network(self, cidr: str = "10.0.0.0/24", server: str = "10.0.0.2", **subnet: Any) -> tuple[str, str]:
        """A network with one subnet that this host's agent serves: (network id, subnet id)."""
        network_id = self.network()
        subnet_id = self.subnet(network_id, cidr, **subnet)
        self.schedule(network_id)
        self.dhcp_port(network_id, f"fa:16:3e:dc:00:{len(self.said) % 256:02x}", (subnet_id, server))
        return network_id, subnet_id
