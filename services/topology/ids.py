"""Free numbers of a range: which VNI or VLAN to propose next, at a cost that does not grow with the range. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import accumulate

HOLD_SECONDS = 10.0


class IdPool:
    """Numbers of some ranges: first those never used since the start, then freed ones, the longest free first.

    A proposed number is not proposed again for `hold_seconds`, so that concurrent askers get distinct ones; whether it
    becomes taken is for the log to say (`take`). `seed` turns the starting point, so that replicas propose different numbers.
    """

    def __init__(self, ranges: Collection[tuple[int, int]], seed: int = 0, hold_seconds: float = HOLD_SECONDS) -> None:
        self._ranges = tuple(ranges)
        self._ends = list(accumulate(high - low + 1 for low, high in self._ranges))
        self._size = self._ends[-1] if self._ends else 0
        self._seed, self._hold = seed, hold_seconds
        self._cursor = 0
        self._taken: set[int] = set()
        self._freed: dict[int, None] = {}
        self._proposed: dict[int, float] = {}

    def take(self, number: int) -> None:
        """`number` is in use, whether proposed here, given by an admin or outside every range."""
        self._taken.add(number)
        self._proposed.pop(number, None)

    def release(self, number: int) -> None:
        """`number` is free again; it goes to the end of the queue."""
        self._taken.discard(number)
        if any(low <= number <= high for low, high in self._ranges):
            self._freed[number] = None

    def propose(self, avoid: Collection[int], now: float) -> int | None:
        """A number that is neither taken, proposed a moment ago nor to be avoided; None when none is left. `now` in seconds."""
        self._expire(now)
        kept: list[int] = []
        found = None
        for number in self._candidates():
            if number in self._taken or number in self._proposed:
                continue  # comes back by release() or when the proposal expires
            if number in avoid:
                kept.append(number)
                continue
            found = number
            self._proposed[number] = now + self._hold
            break
        self._freed.update(dict.fromkeys(kept))
        return found

    def _candidates(self) -> Iterator[int]:
        while self._cursor < self._size:
            self._cursor += 1
            yield self._number((self._cursor - 1 + self._seed) % self._size)
        for _ in range(len(self._freed)):
            number = next(iter(self._freed))
            del self._freed[number]
            yield number

    def _number(self, index: int) -> int:
        """The number at `index` when all ranges are laid one after the other."""
        for (_, high), end in zip(self._ranges, self._ends, strict=True):
            if index < end:
                return high - (end - 1 - index)
        raise IndexError(index)

    def _expire(self, now: float) -> None:
        """Give back proposals that nobody took; the oldest stand first."""
        while self._proposed:
            number, until = next(iter(self._proposed.items()))
            if until > now:
                return
            del self._proposed[number]
            self._freed[number] = None
