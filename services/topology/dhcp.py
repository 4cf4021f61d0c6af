"""What keeps networks served by DHCP: the subject of a `process.Process`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from libs.commands import Command, ScheduleDhcp, UpdatePort
from libs.errors import Refusal, is_exhaustion
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import EventLog, Recorded
from libs.events import (
    Event,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    PortDeleted,
    SubnetCreated,
    SubnetDeleted,
    SubnetDhcpChanged,
)
from libs.model import DHCP_OWNER
from services.topology import scheduling
from services.topology.agents import Agents
from services.topology.commits import Commits, cause_of
from services.topology.loads import Loads
from services.topology.scheduling import Served
from services.topology.served import births, served_views

_SERVERS = """
    select n.id, s.value->>0 as agent_id, s.value->>1 as host
    from network n, json_array_elements(n.hidden::json->'dhcp') s"""
_LOADS = f"select host, id from ({_SERVERS}) s"
_LACKING = f"""
    select n.id from network n where json_array_length(n.hidden::json->'dhcp') < %s
        and exists (select from subnet s where s.network_id = n.id and s.enable_dhcp)
    union select s.id from ({_SERVERS}) s left join agent a on a.id = s.agent_id where not coalesce(a.alive, false)
    union select s.network_id from subnet s join port p using (network_id)
    where s.enable_dhcp and p.device_owner = 'network:dhcp' and s.id <> all (p.subnet_ids)"""
_OF_SUBNET = "select network_id from subnet where id = %s"


class DhcpServed:
    """A `process.Subject`. agents: the model that follows the log in this process. wanted: servers of a network."""

    name, called = "dhcp", "DHCP of network"

    def __init__(self, log: EventLog, pool: Pool, commits: Commits, agents: Agents, wanted: int) -> None:
        self._log, self._pool, self._commits = log, pool, commits
        self._agents, self._wanted = agents, wanted
        self.loads = Loads()

    def start(self) -> dict[str, Recorded]:
        """As `Subject.start`; what is on a subnet that it has no address on lacks something, too."""
        self.loads = Loads(self._pool.query(_LOADS))
        return births(self._log, "network", [id for (id,) in self._pool.query(_LACKING, (self._wanted,))])

    def touched(self, event: Event) -> Iterable[str]:
        """As `Subject.touched`."""
        if isinstance(event, SubnetCreated | SubnetDeleted):
            return (event.network_id,)
        if isinstance(event, SubnetDhcpChanged):
            return [network for (network,) in self._pool.query(_OF_SUBNET, (event.subnet_id,))]
        if isinstance(event, PortDeleted) and event.device_owner == DHCP_OWNER:
            self.loads.drop(event.host, event.network_id)
            return (event.network_id,)
        if isinstance(event, NetworkDhcpScheduled):
            self.loads.put(event.host, event.network_id)
        return ()

    def taken_away(self, event: Event) -> str:
        """As `Subject.taken_away`."""
        return (
            event.network_id if isinstance(event, NetworkDhcpUnscheduled) and event.reason == scheduling.ASKED else ""
        )

    def views(self, ids: Sequence[str]) -> dict[str, Served]:
        """As `Subject.views`."""
        return served_views(self._log, ids)

    def commands(self, view: Served, is_lost: Callable[[str], bool], cause: Recorded) -> list[Command]:
        """As `Subject.commands`."""
        return scheduling.commands(view, self._agents, self.loads, self._wanted, cause_of(cause), is_lost)

    def is_lacking(self, view: Served) -> bool:
        """As `Subject.is_lacking`."""
        return scheduling.is_lacking(view, self._agents, self._wanted)

    def carry_out(self, command: Command, cause: Recorded, view: Served) -> Refusal | None:
        """As `Subject.carry_out`; a further subnet without a free address is left out, and gives the refusal."""
        lack = self._commit(command, cause, view)
        if lack is not None and isinstance(command, UpdatePort):
            scheduling.in_steps(command, lambda step: self._commit(step, cause, view) is None)
        return lack

    def _commit(self, command: Command, cause: Recorded, view: Served) -> Refusal | None:
        """The refusal when it was for want of an address. Raises any other Refusal."""
        if isinstance(command, ScheduleDhcp):  # counted at once: the next choice is made before its event is back
            self.loads.put(command.host, command.network_id)
        try:
            self._commits.because(command, cause, f"dhcp {command} {view.version}")
        except Refusal as refusal:
            if isinstance(command, ScheduleDhcp):
                self.loads.drop(command.host, command.network_id)
            if not is_exhaustion(refusal):
                raise
            return refusal
        return None
