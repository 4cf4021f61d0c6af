"""Whose work may be given to others. Pure but for the clock that is handed in.

An agent that falls silent while this process leads is believed to be gone at once: `watch` has waited for it. Who was down before is
given `patience_seconds` to come back first, since nobody listened for a while; the same when all agents were down at once, or the
first that comes back would get the work of all.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from services.topology.agents import Agents


class Failover:
    """Judges the agents of one type; `agents` is the model that follows the log."""

    def __init__(
        self, agents: Agents, agent_type: str, patience_seconds: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._agents, self._type, self._patience, self._clock = agents, agent_type, patience_seconds, clock
        self._patient_until = clock() + patience_seconds
        self._fell: set[str] = set()

    def fell(self, agent_id: str) -> bool:
        """The log says now that it is down; whether it is one of those that are judged here."""
        agent = self._agents.get(agent_id)
        if agent is None or agent.agent_type != self._type:
            return False
        self._fell.add(agent_id)
        self._look()
        return True

    def rose(self, agent_id: str) -> None:
        """The log says now that it is up."""
        self._fell.discard(agent_id)

    def is_lost(self, agent_id: str) -> bool:
        """Whether what this agent serves may be given away: it was deleted, or is down and had its time."""
        agent = self._agents.get(agent_id)
        if agent is None:
            return True
        if agent.alive:
            return False
        self._look()
        return agent_id in self._fell or self._clock() >= self._patient_until

    def _look(self) -> None:
        if not any(agent.alive for agent in self._agents.all() if agent.agent_type == self._type):
            self._fell.clear()
            self._patient_until = self._clock() + self._patience
