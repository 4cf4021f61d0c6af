"""Takes in what agents say of themselves and of their ports."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic

from libs.commands import Command
from libs.errors import Refusal
from libs.eventlog.pool import Pool
from libs.feed import AgentMessage, Alive, Drift, Fetch, Hello, Wiring
from libs.model import OVS_AGENT
from services.topology import status
from services.topology.heartbeats import Heartbeats
from services.topology.senders import Rates, Sender, registration

MAX_PORTS = 20_000
_log = logging.getLogger(__name__)

_BOUND = "select id, status, hidden from port where host = %s and hidden <> ''"

CommitAll = Callable[[Sequence[Command], str], list[Refusal | None]]
"""Commits commands together for one sender (the request's name), each with its own fate."""


class Reports:
    """Handles one message at a time per agent. `dropped` counts what was not believed, by reason.

    While the database is away a message waits (`patience` tries a second apart); then it is given up: agents repeat what matters.
    """

    def __init__(
        self, pool: Pool, heartbeats: Heartbeats, commit: CommitAll, answer: Callable[[Sender, Fetch], None]
    ) -> None:
        self._pool, self._heartbeats, self._commit, self._answer = pool, heartbeats, commit, answer
        self._hellos, self._fetches = Rates(10, 0.2), Rates(20, 1.0)
        self.dropped: Counter[str] = Counter()
        self.drift: Counter[str] = Counter()

    def handle(self, who: Sender, message: AgentMessage) -> None:
        """Do what a message comes to. Raises Refusal 503 when the database is away."""
        if isinstance(message, Alive):
            self._heartbeats.note(who.agent_id, message.position, message.load)
        elif isinstance(message, Wiring):
            self._wiring(who, message)
        elif isinstance(message, Hello):
            self._hello(who, message)
        elif isinstance(message, Fetch):
            if self._fetches.allow(who.user, monotonic()):
                self._answer(who, message)
            else:
                self._drop("too many fetches", who)
        elif isinstance(message, Drift):
            self._note_drift(who, message)

    def _hello(self, who: Sender, message: Hello) -> None:
        command = registration(message, who)
        if command is None:
            self._drop("a hello that is not its sender's", who)
        elif not self._hellos.allow(who.user, monotonic()):
            self._drop("too many hellos", who)
        else:
            self._do([command], who)
            self._heartbeats.note(who.agent_id, 0, {})
            self._heartbeats.flush()

    def _wiring(self, who: Sender, message: Wiring) -> None:
        if who.agent_type != OVS_AGENT:  # the ports of DHCP and routers are wired by the OVS agent, too
            return
        if len(message.ports) > MAX_PORTS:
            self._drop("a report of too many ports", who)
            return
        bound = self._bound(who.host) if message.complete else {}
        commands = status.reports(message, who.host, bound)
        self._do(commands, who)

    def _bound(self, host: str) -> dict[str, status.Bound]:
        rows = self._pool.query(_BOUND, (host,))
        return {id: status.Bound(state, json.loads(hidden).get("generation", 0)) for id, state, hidden in rows}

    def _do(self, commands: Sequence[Command], who: Sender) -> None:
        """Raises the first 503; other refusals (the port is gone) are the normal way of late reports."""
        for refusal in self._commit(commands, who.user) if commands else ():
            if refusal is not None and refusal.status == 503:
                raise refusal
            if refusal is not None:
                _log.debug("a report of %s came to nothing: %s", who.user, refusal.message)

    def _note_drift(self, who: Sender, message: Drift) -> None:
        counts = dict(list(message.counts.items())[:32])
        self.drift.update({what: max(0, number) for what, number in counts.items()})
        _log.warning(
            "a host differed from what is desired and was repaired", extra={"fields": {"user": who.user, **counts}}
        )

    def _drop(self, reason: str, who: Sender) -> None:
        self.dropped[reason] += 1
        _log.warning("dropped a message: %s", reason, extra={"fields": {"user": who.user}})
