"""So much of each thing per sender, and no log line for each one too many. Pure but for the log and the clock of `Drops`."""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable
from time import monotonic

SILENCE_SECONDS = 60.0


class Rates:
    """`burst` at once, then `per_second`, for each key. Remembers the last `known` keys."""

    def __init__(self, burst: float, per_second: float, known: int = 20_000) -> None:
        self._burst, self._rate, self._known = float(burst), per_second, known
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, key: str, now: float, cost: float = 1.0) -> bool:
        """Whether something that costs this much is within the rate; `now` in seconds on a clock that never goes back."""
        left = self._now_left(key, now)
        self._keep(key, left - cost if left >= cost else left, now)
        return left >= cost

    def grant(self, key: str, now: float, wanted: int) -> int:
        """How many of `wanted` are within the rate; they count as done."""
        left = self._now_left(key, now)
        granted = min(wanted, int(left))
        self._keep(key, left - granted, now)
        return granted

    def _now_left(self, key: str, now: float) -> float:
        left, at = self._left.pop(key, (self._burst, now))
        return min(self._burst, left + (now - at) * self._rate)

    def _keep(self, key: str, left: float, now: float) -> None:
        self._left[key] = (left, now)
        if len(self._left) > self._known:
            self._left.popitem(last=False)


class Drops(Counter[str]):
    """Counts what was not believed, by reason; logs the first of each reason and user, then no more for a minute."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._log, self._clock = log, clock
        self._lines = Rates(1, 1 / SILENCE_SECONDS, known=1000)

    def note(self, reason: str, user: str, number: int = 1) -> None:
        """One more (or `number` more)."""
        self[reason] += number
        if self._lines.allow(f"{reason} {user}", self._clock()):
            fields = {"user": user[:300], "so_far": self[reason]}
            self._log.warning("dropped a message of an agent: %s", reason, extra={"fields": fields})
