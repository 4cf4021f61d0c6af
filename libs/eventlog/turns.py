"""Turns at a stream that many want to change at once: who lost a race for it waits for those before him, instead of racing again,
and who comes later does not push in.

Without them each round of n racers has one winner and costs n decisions: n * n / 2 in all. Versions still decide; a turn only keeps
the racers of one process out of each other's way.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 1.0
"""How long a turn is waited for; then it is raced for again, whoever holds it."""


class _Turn:
    def __init__(self) -> None:
        self.lock, self.wanted = threading.Lock(), 0


class Turns:
    """One turn at a time for each stream, green threads or real ones. A caller holds at most one, so that none waits in a circle."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._guard = threading.Lock()
        self._turns: dict[str, _Turn] = {}

    def __len__(self) -> int:
        return len(self._turns)

    def awaited(self, streams: Iterable[str]) -> str:
        """The first of the streams at which somebody has his turn, empty for none: who comes now stands in line."""
        return next((one for one in streams if one in self._turns), "") if self._turns else ""

    @contextmanager
    def taken(self, stream: str) -> Iterator[None]:
        """The turn at a stream; empty for none, which costs nothing."""
        if not stream:
            yield
            return
        with self._guard:
            turn = self._turns.setdefault(stream, _Turn())
            turn.wanted += 1
        held = False
        try:
            held = turn.lock.acquire(timeout=self._patience)
            yield
        finally:
            if held:
                turn.lock.release()
            with self._guard:
                turn.wanted -= 1
                if not turn.wanted:
                    self._turns.pop(stream, None)
