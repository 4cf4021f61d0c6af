"""How topology itself commits: as netledger's own actor, each command with its cause, many at once sharing appends."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from libs.commands import Command
from libs.errors import Refusal
from libs.eventlog.commit import Committed, Ledger
from libs.eventlog.protocol import Recorded
from libs.model import Actor, Context

CommitAll = Callable[[Sequence[Command], str], list[Refusal | None]]
"""Commits commands together for one sender (the request's name), each with its own fate."""
ACTOR = Actor("netledger-topology", "", ("admin",))
WIDTH = 32


def cause_of(event: Recorded) -> str:
    """`<stream>@<version>`."""
    return f"{event.stream}@{event.version}"


class Commits:
    """Commits commands of this process. Safe to share."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def because(self, command: Command, event: Recorded, purpose: str) -> Committed:
        """Commit what follows from an event; the same event and purpose are done once, however often this is tried.

        Raises Refusal.
        """
        cause = cause_of(event)
        correlation = str(event.meta.get("correlation_id") or event.meta.get("request_id") or "")
        command_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{cause} {purpose}"))
        return self._ledger.commit(command, _context(command_id, correlation, cause))

    def one(self, command: Command, subject: str) -> Committed:
        """Commit what an agent said, or did not say; `subject` names it. Raises Refusal."""
        return self._ledger.commit(command, _context(str(uuid.uuid4()), subject))

    def all(self, commands: Sequence[Command], subject: str) -> list[Refusal | None]:
        """Commit several, side by side; each with its own fate."""
        fates: list[Refusal | None] = [None] * len(commands)

        def commit(index: int) -> None:
            try:
                self.one(commands[index], subject)
            except Refusal as refusal:
                fates[index] = refusal

        side_by_side([partial(commit, index) for index in range(len(commands))])
        return fates


def side_by_side(calls: Sequence[Callable[[], object]], width: int = WIDTH) -> None:
    """Run all, up to `width` at once, and wait. The first exception is raised when all are through."""
    left, errors = deque(calls), list[BaseException]()

    def work() -> None:
        while left:
            try:
                left.popleft()()
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(width, len(calls)) - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _context(command_id: str, correlation_id: str, causation_id: str = "") -> Context:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Context(ACTOR, f"req-{uuid.uuid4()}", command_id, at, correlation_id, causation_id)
