"""The agents that the log knows, by host. A plain model: facts in, answers out. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from libs.events import AgentEvent
from libs.model import OVS_AGENT
from libs.network.agent import Agent, evolve


class Agents:
    """Every registered agent, alive as the log's facts say."""

    def __init__(self, known: Iterable[Agent] = ()) -> None:
        self._agents: dict[str, Agent] = {}
        self._by_host: dict[str, dict[str, Agent]] = defaultdict(dict)
        self._physical: frozenset[str] | None = None
        for agent in known:
            self._put(agent)

    def take(self, event: AgentEvent) -> None:
        """One more fact."""
        before = self._agents.get(event.agent_id)
        agent = evolve(before, event)
        if agent is not None:
            self._put(agent)
        elif before is not None:
            self._remove(before)

    def get(self, agent_id: str) -> Agent | None:
        """The agent, None when the log knows none of that id."""
        return self._agents.get(agent_id)

    def is_alive(self, agent_id: str) -> bool:
        """Whether the log knows it and has it up."""
        agent = self._agents.get(agent_id)
        return agent is not None and agent.alive

    def all(self) -> list[Agent]:
        """Every agent, in the order of registration."""
        return list(self._agents.values())

    def on(self, host: str, agent_type: str) -> Agent | None:
        """The host's agent of that type: a live one before a dead one."""
        found = [agent for agent in self._by_host.get(host, {}).values() if agent.agent_type == agent_type]
        return max(found, key=lambda agent: agent.alive, default=None)

    def physical_networks(self) -> frozenset[str]:
        """Names of the physical networks that live OVS agents reach."""
        if self._physical is None:
            live = (one for one in self._agents.values() if one.alive and one.agent_type == OVS_AGENT)
            self._physical = frozenset(name for one in live for name in one.configurations.get("bridge_mappings") or ())
        return self._physical

    def _put(self, agent: Agent) -> None:
        self._agents[agent.id] = agent
        self._by_host[agent.host][agent.id] = agent
        self._physical = None

    def _remove(self, agent: Agent) -> None:
        del self._agents[agent.id]
        del self._by_host[agent.host][agent.id]
        self._physical = None
