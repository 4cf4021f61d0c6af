"""Verdicts on tokens, remembered within bounds of number and time; many who bring one token cause one question.

Tokens themselves are not kept: entries go by an HMAC under a key that this process made, so that a dump of the memory, or a slip that
prints the cache, shows nothing that anybody could use.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from libs.auth.identity import Away, Identity, Refused, Verdict

T = TypeVar("T")
Ask = Callable[[str, bool], Verdict]
"""(token, whether one that expired lately will do) -> what Keystone says; raises nothing."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many verdicts are kept of each sort, and for how long: `seconds` those on valid tokens, `refused_seconds` the others."""

    entries: int
    seconds: float
    refused_seconds: float


class Flights(Generic[T]):
    """Lets one do the work and all who come meanwhile have what it gave."""

    def __init__(self, interrupted: T) -> None:
        self._interrupted, self._lock = interrupted, Lock()
        self._open: dict[bytes, Future[T]] = {}

    def run(self, key: bytes, work: Callable[[], T]) -> T:
        """What `work` gives, ours or somebody's under the same key; `interrupted` when who worked was killed."""
        with self._lock:
            flight = self._open.get(key)
            if flight is None:
                mine = self._open[key] = Future[T]()
        if flight is not None:
            return flight.result()
        result = self._interrupted
        try:
            result = work()
            return result
        finally:
            with self._lock:
                del self._open[key]
            mine.set_result(result)


@dataclass(slots=True)
class _Memory(Generic[T]):
    """At most `most` values, each until its time; the oldest goes first, which is the one that would end first anyway."""

    most: int
    _kept: dict[bytes, tuple[T, float]] = field(default_factory=dict)

    def get(self, key: bytes, now: float) -> T | None:
        found = self._kept.get(key)
        return found[0] if found is not None and now < found[1] else None

    def put(self, key: bytes, value: T, until: float) -> None:
        self._kept.pop(key, None)
        while len(self._kept) >= self.most:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[key] = (value, until)

    def __len__(self) -> int:
        return len(self._kept)


class TokenCache:
    """Verdicts of `ask`. Those on valid tokens and refusals are kept apart, so that guesses cannot push out who is known."""

    def __init__(
        self,
        ask: Ask,
        bounds: Bounds,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._bounds, self._clock, self._ticks = ask, bounds, clock, ticks
        self._key, self._flights = secrets.token_bytes(32), Flights[Verdict](Away("the question was interrupted"))
        self._good, self._refused = _Memory[Identity](bounds.entries), _Memory[Refused](bounds.entries)

    def __len__(self) -> int:
        return len(self._good) + len(self._refused)

    def verdict(self, token: str, late: bool = False) -> Verdict:
        """What is known of `token`, asked for when it is not; `late`: one that expired lately will do."""
        key = hmac.digest(self._key, (b"late " if late else b"now ") + token.encode(), "sha256")
        found = self._known(key)
        return found if found is not None else self._flights.run(key, lambda: self._asked(key, token, late))

    def _known(self, key: bytes) -> Verdict | None:
        now = self._ticks()
        return self._good.get(key, now) or self._refused.get(key, now)

    def _asked(self, key: bytes, token: str, late: bool) -> Verdict:
        if (known := self._known(key)) is not None:  # who flew before us landed while we looked for it
            return known
        began = self._ticks()  # an answer is as old as its question
        verdict = self._ask(token, late)
        if isinstance(verdict, Identity):
            left = verdict.expires_at - self._clock()
            if left <= 0 and not late:
                verdict = Refused()
            else:
                self._good.put(
                    key, verdict, began + (self._bounds.seconds if late else min(left, self._bounds.seconds))
                )
        if isinstance(verdict, Refused):
            self._refused.put(key, verdict, began + self._bounds.refused_seconds)
        return verdict
