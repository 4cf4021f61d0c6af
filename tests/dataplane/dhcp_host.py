"""A hypervisor with a DHCP agent, for data-plane tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.dataplane.hypervisor import Hypervisor as Host
from tests.fakes.dhcp_facts import HOST, Facts


class Hypervisor(Host):
    """A host with a DHCP agent."""

    def __init__(self, facts: Facts | None = None, host: str = HOST, settings: Mapping[str, str] | None = None) -> None:
        super().__init__("agent_dhcp", facts or Facts())
        self.settings |= {"NETLEDGER_HOST": host, **(settings or {})}

    def folder(self, network_id: str) -> Path:
        return self.run / "agent_dhcp" / f"qdhcp-{network_id}@{self.name}"

    def pid(self, network_id: str) -> int:
        """The network's dnsmasq, 0 while there is none."""
        return self.pid_in(self.folder(network_id))


@contextmanager
def running(host: Hypervisor) -> Iterator[Hypervisor]:
    """The host up, its agent told all that was said so far."""
    try:
        host.up()
        host.go()
        host.start_agent()
        yield host
    finally:
        host.down()
