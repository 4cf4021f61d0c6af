"""The leader's processes: what keeps networks served by DHCP, and routers running."""

from __future__ import annotations

from libs.config import Settings
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import EventLog
from libs.model import DHCP_AGENT, L3_AGENT
from services.topology.agents import Agents
from services.topology.commits import Commits
from services.topology.dhcp import DhcpServed
from services.topology.failover import Failover
from services.topology.process import Process
from services.topology.routers import RoutersRun
from services.topology.routing import Routed
from services.topology.scheduling import Served


def processes(
    log: EventLog, pool: Pool, commits: Commits, agents: Agents, settings: Settings
) -> tuple[Process[Served], Process[Routed]]:
    """Those of DHCP and of routers, made when this process begins to lead. agents: the model that follows the log."""
    patience = settings.agent_down_seconds
    dhcp = DhcpServed(log, pool, commits, agents, settings.dhcp_agents_per_network)
    routers = RoutersRun(log, pool, commits, agents)
    return (
        Process(log, pool, dhcp, Failover(agents, DHCP_AGENT, patience)),
        Process(log, pool, routers, Failover(agents, L3_AGENT, patience)),
    )
