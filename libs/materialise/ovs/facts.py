"""What the log says about the networks, ports and agents of this host's feed. Pure; events in, touched keys out.

Repeats and old news are harmless: a stream's version that was seen is not taken in again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from libs.eventlog.protocol import Recorded
from libs.events import (
    AgentDeleted,
    AgentReconfigured,
    AgentRegistered,
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDeleted,
    PortCreated,
)
from libs.materialise.ovs.ends import tunnel_address, tunnel_mac
from libs.materialise.ovs.things import Agent, Network, Port, port_after, port_created
from libs.model import OVS_AGENT, Segment

_TOMBSTONES = 4096  # deleted ports that are remembered, so that a repeat of their facts does not bring them back


class Facts:
    """Networks and ports by id, OVS agents by host, with the indexes that rendering asks. scopes: what the host is in, None while
    nobody said so: all that is told."""

    def __init__(self) -> None:
        self.networks: dict[str, Network] = {}
        self.ports: dict[str, Port] = {}
        self.agents: dict[str, Agent] = {}
        self.scopes: frozenset[str] | None = None
        self.ports_of: dict[str, set[str]] = {}
        self.ports_on: dict[str, set[str]] = {}
        self._versions: dict[str, int] = {}
        self._network_streams: dict[str, set[str]] = {}
        self._agent_hosts: dict[str, str] = {}
        self._ended: deque[tuple[str, str]] = deque()

    def forget(self, networks: Iterable[str] | None) -> set[tuple[str, str]]:
        """Drop what is held of these networks (None: of everything); returns the touched (kind, id)."""
        touched: set[tuple[str, str]] = set()
        if networks is None:
            touched |= {("host", host) for host in self.agents}
            self.agents.clear()
            self._agent_hosts.clear()
            self._versions.clear()
            networks = [*self._network_streams]
        for network_id in networks:
            touched.add(("network", network_id))
            for port_id in self.ports_of.get(network_id, set()).copy():
                touched.add(("port", port_id))
                self._put_port(port_id, None)
            self.networks.pop(network_id, None)
            for stream in self._network_streams.pop(network_id, set()):
                self._versions.pop(stream, None)
        return touched

    def take(self, recorded: Recorded) -> tuple[str, str] | None:
        """Take one event in; returns the touched (`network`, `port` or `host`, id), None when it changes nothing here."""
        kind, _, id = recorded.stream.partition("-")
        if kind not in ("network", "port", "agent") or recorded.version <= self._versions.get(recorded.stream, 0):
            return None
        event, at = recorded.event, recorded.position
        if kind == "port" and not self._is_ours(id, event):
            return None
        self._versions[recorded.stream] = recorded.version
        if kind == "network":
            self._network_streams.setdefault(id, set()).add(recorded.stream)
            return ("network", id) if self._take_network(id, event, at) else None
        if kind == "agent":
            return self._take_agent(id, event, at)
        return ("port", id) if self._take_port(id, event, at, recorded.stream) else None

    def _is_ours(self, port_id: str, event: Any) -> bool:
        """A port of a network that is not held comes by its security group: not even its version is noted, for when its network is
        entered all of it comes from the start."""
        if isinstance(event, PortCreated):
            return self.scopes is None or event.network_id in self.scopes
        return port_id in self.ports

    def _take_network(self, id: str, event: Any, at: int) -> bool:
        match event:
            case NetworkCreated():
                segment = Segment(event.network_type, event.physical_network, event.segmentation_id)
                self.networks[id] = Network(id, segment, event.admin_state_up, at)
            case NetworkAdminStateChanged() if id in self.networks:
                self.networks[id] = replace(self.networks[id], admin_up=event.admin_state_up)
            case NetworkDeleted():
                self.networks.pop(id, None)
            case _:
                return False
        return True

    def _take_port(self, id: str, event: Any, at: int, stream: str) -> bool:
        if isinstance(event, PortCreated):
            self._network_streams.setdefault(event.network_id, set()).add(stream)
            self._put_port(id, port_created(event, at))
            return True
        before = self.ports.get(id)
        if before is None:
            return False
        after = port_after(before, event, at)
        self._put_port(id, after)
        if after is None:
            self._bury(before.network_id, stream)
        return after != before

    def _bury(self, network_id: str, stream: str) -> None:
        """Remember a deleted port, and forget the oldest deleted one when they are too many."""
        self._ended.append((network_id, stream))
        if len(self._ended) > _TOMBSTONES:
            old_network, old = self._ended.popleft()
            self._versions.pop(old, None)
            _drop(self._network_streams, old_network, old)

    def _put_port(self, id: str, port: Port | None) -> None:
        before = self.ports.pop(id, None)
        if before is not None:
            _drop(self.ports_of, before.network_id, id)
            for host in before.hosts:
                _drop(self.ports_on, host, id)
        if port is not None:
            self.ports[id] = port
            self.ports_of.setdefault(port.network_id, set()).add(id)
            for host in port.hosts:
                self.ports_on.setdefault(host, set()).add(id)

    def _take_agent(self, id: str, event: Any, at: int) -> tuple[str, str] | None:
        if isinstance(event, AgentDeleted):
            return self._drop_agent(id)
        first = isinstance(event, AgentRegistered) and event.agent_type == OVS_AGENT
        if not first and not (isinstance(event, AgentReconfigured) and id in self._agent_hosts):
            return None
        ends = event.configurations
        ip, mac = tunnel_address(ends.get("tunneling_ip")), tunnel_mac(ends.get("tunnel_mac"))
        self._agent_hosts[id] = event.host
        self.agents[event.host] = Agent(id, event.host, ip, mac, at)
        return "host", event.host

    def _drop_agent(self, id: str) -> tuple[str, str] | None:
        host = self._agent_hosts.pop(id, "")
        if host not in self.agents or self.agents[host].id != id:
            return None
        del self.agents[host]
        return "host", host


def _drop(index: dict[str, set[str]], key: str, id: str) -> None:
    """Take `id` out of an index, and the key with its last one."""
    ids = index.get(key)
    if ids is not None:
        ids.discard(id)
        if not ids:
            del index[key]
