"""Which agents there are, as they say themselves: hellos and signs of life."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from time import monotonic

from libs.errors import Refusal, is_ended
from libs.feed import Alive, Hello
from libs.network.agent import agent_ids
from libs.rates import Rates
from services.topology.agents import Agents
from services.topology.commits import CommitAll
from services.topology.heartbeats import Heartbeats
from services.topology.senders import Sender, registration

DELETIONS = 1000
"""So often may an operator delete an agent that then comes back."""
_log = logging.getLogger(__name__)


class Registry:
    """agents: the model that follows the log, None before it was read. beckon(who) makes an agent introduce itself."""

    def __init__(
        self,
        heartbeats: Heartbeats,
        commit: CommitAll,
        agents: Callable[[], Agents | None],
        beckon: Callable[[Sender], None],
    ) -> None:
        self._heartbeats, self._commit, self._agents, self._beckon = heartbeats, commit, agents, beckon
        self._hellos, self._beckons = Rates(10, 0.2), Rates(1, 0.2)

    def hello(self, who: Sender, message: Hello) -> str:
        """Register it, or tell why not: what is wrong with the message. Raises Refusal 503.

        One that an operator deleted and that says hello again is another agent, with another id.
        """
        command = registration(message, who)
        if command is None:
            return "a hello that is not its sender's"
        if not self._hellos.allow(who.user, monotonic()):
            return "too many hellos"
        for agent_id in islice(agent_ids(who.host, who.agent_type), DELETIONS):
            [refusal] = self._commit([replace(command, agent_id=agent_id)], who.user)
            if refusal is None or not is_ended(refusal):
                self._registered(who, agent_id, refusal)
                break
        return ""

    def alive(self, who: Sender, message: Alive) -> None:
        """A sign of life. Who is not in the registry (an operator deleted it) is asked to say hello."""
        agents = self._agents()
        known = agents.on(who.host, who.agent_type) if agents else None
        if known is not None:
            self._heartbeats.note(known.id, message.position, message.load)
        elif agents is not None and self._beckons.allow(who.user, monotonic()):
            self._beckon(who)

    def _registered(self, who: Sender, agent_id: str, refusal: Refusal | None) -> None:
        if refusal is not None and refusal.status == 503:
            raise refusal
        if refusal is not None:
            _log.warning("%s was not registered: %s", who.user, refusal.message)
        self._heartbeats.note(agent_id, 0, {})
        self._heartbeats.flush()
