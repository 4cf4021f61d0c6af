"""The process that keeps networks served by DHCP: events in, commands out. Only the leader runs one.

Its whole state follows from the log and the read model: which networks to look at comes from the events after its stored
position and from one question at the start. Everything it does may be done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from functools import partial
from time import monotonic

from libs.commands import Command, ScheduleDhcp, UpdatePort
from libs.errors import Refusal, is_exhaustion
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import EventLog, Recorded
from libs.events import (
    AgentCameUp,
    AgentReconfigured,
    AgentRegistered,
    PortDeleted,
    SubnetCreated,
    SubnetDeleted,
    SubnetDhcpChanged,
)
from libs.model import DHCP_AGENT, DHCP_OWNER
from services.topology import scheduling
from services.topology.agents import Agents
from services.topology.commits import Commits, cause_of, side_by_side
from services.topology.scheduling import Served
from services.topology.served import births, views

NAME = "dhcp"
CHUNK = 50
AGAIN_SECONDS = 5.0
_log = logging.getLogger(__name__)

_UNSERVED = """
    select distinct s.network_id from subnet s left join
        (select network_id, count(*) as number from feed_member where member like 'dhcp-%%' group by network_id) m
        using (network_id)
    where s.enable_dhcp and coalesce(m.number, 0) < %s
    union select s.network_id from subnet s join port p using (network_id)
    where s.enable_dhcp and p.device_owner = 'network:dhcp' and s.id <> all (p.subnet_ids)"""
_OF_SUBNET = "select network_id from subnet where id = %s"
_ON_HOSTS = "select distinct network_id from feed_member where host = any (%s) and member = 'dhcp-' || network_id"
_LOADS = "select host, count(*) from feed_member where member like 'dhcp-%' group by host"
_STORE = "insert into projection (name, position) values (%s, %s) on conflict (name) do update set position = excluded.position"


class DhcpProcess:
    """`take` events in order; `tend` now and then. agents: the model that follows the log in this process."""

    def __init__(self, log: EventLog, pool: Pool, commits: Commits, agents: Agents, wanted: int) -> None:
        self._log, self._pool, self._commits = log, pool, commits
        self._agents, self._wanted = agents, wanted
        self._waiting: dict[str, Recorded] = {}
        self._loads: dict[str, int] = {}
        self._complaints: dict[str, str] = {}
        self._stored, self._tended = 0, monotonic()
        self.position = 0

    def start(self) -> int:
        """Find out where to go on, and which networks lack a server. Raises Refusal 503."""
        found = self._pool.query("select position from projection where name = %s", (NAME,))
        self.position = int(found[0][0]) if found else self._log.head()
        self._loads = dict(self._pool.query(_LOADS))
        unserved = [network for (network,) in self._pool.query(_UNSERVED, (self._wanted,))]
        for start in range(0, len(unserved), CHUNK):
            self._waiting.update(births(self._log, unserved[start : start + CHUNK]))
        self._tended = 0.0
        return self.position

    def take(self, batch: Sequence[Recorded]) -> None:
        """Do what the events call for. Raises Refusal 503; then the same events must come again."""
        dirty: dict[str, Recorded] = {}
        hosts: dict[str, Recorded] = {}
        for one in batch:
            event = one.event
            if isinstance(event, SubnetCreated | SubnetDeleted):
                dirty[event.network_id] = one
            elif isinstance(event, SubnetDhcpChanged):
                dirty.update((network, one) for (network,) in self._pool.query(_OF_SUBNET, (event.subnet_id,)))
            elif isinstance(event, PortDeleted) and event.device_owner == DHCP_OWNER:
                self._loads[event.host] = self._loads.get(event.host, 1) - 1
                dirty[event.network_id] = one
            elif isinstance(event, AgentRegistered | AgentReconfigured | AgentCameUp):
                hosts[event.host] = one
        if hosts:
            dirty = {**dict.fromkeys((*self._waiting, *self._served_on(hosts)), list(hosts.values())[-1]), **dirty}
        self._look_at(dirty)
        self._store(batch[-1].position, force=bool(dirty))

    def tend(self) -> None:
        """Try again, every few seconds, what could not be done. Raises Refusal 503."""
        if monotonic() - self._tended >= AGAIN_SECONDS:
            self._tended = monotonic()
            some = dict(list(self._waiting.items())[: 4 * CHUNK])
            self._look_at(some)
            for network, cause in some.items():  # those that still wait go to the end of the queue
                if self._waiting.pop(network, None) is not None:
                    self._waiting[network] = cause

    def _look_at(self, dirty: dict[str, Recorded]) -> None:
        networks = list(dirty)
        for start in range(0, len(networks), CHUNK):
            found = views(self._log, networks[start : start + CHUNK])
            for network in networks[start : start + CHUNK]:
                if network not in found:
                    self._forget(network)
            side_by_side([partial(self._tend_to, view, dirty[view.network.id]) for view in found.values()])

    def _tend_to(self, view: Served, cause: Recorded) -> None:
        """Bring one network in order. Raises Refusal 503; what else is refused waits for a better moment."""
        network = view.network.id
        lack: Refusal | None = None
        try:
            for command in self._commands(view, cause):
                lack = self._do(command, cause, view) or lack
        except Refusal as refusal:
            self._waiting[network] = cause
            if refusal.status == 503:
                raise
            return self._complain(network, refusal)
        except Exception:  # one network that cannot be served must not keep the others waiting
            _log.exception("DHCP of network %s", network)
        if lack is not None:
            self._complain(network, lack)
        if lack is not None or scheduling.is_lacking(view, self._wanted):
            self._waiting[network] = cause
        else:
            self._forget(network)

    def _commands(self, view: Served, cause: Recorded) -> list[Command]:
        agents = [agent for agent in self._agents.all() if agent.agent_type == DHCP_AGENT]
        loads = {agent.id: self._loads.get(agent.host, 0) for agent in agents}
        return scheduling.commands(view, self._agents, loads, self._wanted, cause_of(cause))

    def _do(self, command: Command, cause: Recorded, view: Served) -> Refusal | None:
        """Carry it out; a further subnet without a free address is left out, and gives the refusal. Raises any other Refusal."""
        lack = self._commit(command, cause, view)
        if lack is not None and isinstance(command, UpdatePort):
            scheduling.in_steps(command, lambda step: self._commit(step, cause, view) is None)
        return lack

    def _commit(self, command: Command, cause: Recorded, view: Served) -> Refusal | None:
        """The refusal when it was for want of an address. Raises any other Refusal."""
        try:
            if isinstance(command, ScheduleDhcp):  # counted at once: the next choice is made before its event is back
                self._loads[command.host] = self._loads.get(command.host, 0) + 1
            self._commits.because(command, cause, f"dhcp {command} {view.version}")
        except Refusal as refusal:
            if isinstance(command, ScheduleDhcp):
                self._loads[command.host] -= 1
            if not is_exhaustion(refusal):
                raise
            return refusal
        return None

    def _complain(self, network: str, refusal: Refusal) -> None:
        """Once, not with every try."""
        if self._complaints.get(network) != refusal.message:
            _log.warning("DHCP of network %s: %s", network, refusal.message)
            self._complaints[network] = refusal.message

    def _forget(self, network: str) -> None:
        self._waiting.pop(network, None)
        self._complaints.pop(network, None)

    def _served_on(self, hosts: Collection[str]) -> list[str]:
        return [network for (network,) in self._pool.query(_ON_HOSTS, (list(hosts),))]

    def _store(self, position: int, force: bool) -> None:
        """Remember how far it is, not with every event: what is done again does no harm."""
        self.position = position
        if force or position - self._stored >= 1000:
            self._pool.execute(_STORE, (NAME, position))
            self._stored = position
