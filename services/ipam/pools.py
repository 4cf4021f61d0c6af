"""The free addresses of one subnet, as integers: choosing costs the same whatever the subnet's size. Pure, given its `random`.

Free are the `spans` that were never given out since this model was built, from their low end, then what was set free, oldest
first: a released address rests as long as others are left. An address that was given by name, or by another ipam, is found taken
when its turn comes, and skipped; each is skipped once, so a choice is O(1) over time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from random import randrange

Span = tuple[int, int]
"""First and last address."""
Random = Callable[[int], int]
"""random.randrange, or a stand-in."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An address on its way to `port_id`; free again at `until` (seconds on the caller's clock) unless the log says otherwise."""

    port_id: str
    until: float


class Pool:
    """Which addresses of `ranges` (the allocation pools) are taken, promised or free. `taken` may hold others of the subnet too.

    Another ipam may be choosing from the same subnet. Each collision with it moves this one to a random other place, so that two
    that started side by side soon go different ways.
    """

    def __init__(self, ranges: Iterable[Span], taken: set[int], random: Random = randrange) -> None:
        self._taken, self._random, self._collided = taken, random, False
        self._promised: dict[int, Proposal] = {}
        self._by_port: dict[str, list[int]] = {}
        self.set_ranges(ranges)

    def set_ranges(self, ranges: Iterable[Span]) -> None:
        """Other allocation pools from now on. O(addresses taken)."""
        self._ranges = sorted(ranges)
        self._starts = [low for low, _ in self._ranges]
        self._spans: deque[Span] = deque(_gaps(self._ranges, sorted(self._taken)))
        self._released: dict[int, None] = {}

    def promise(
        self, port_id: str, until: float, avoid: Collection[int] = (), besides: Collection[int] = ()
    ) -> int | None:
        """A free address, promised to the port until then; None when nothing is left. `avoid`: found taken. `besides`: those the port
        just got. A port that asks again keeps its promise."""
        for value in list(self._by_port.get(port_id, ())):
            if value in avoid:
                self._lose(value, port_id)
            elif value not in besides:
                self._promised[value] = Proposal(port_id, until)
                return value
        if self._collided:
            self._jump()
        set_aside = []
        found = next(self._candidates(), None)
        while found is not None and (found in avoid or found in besides):
            set_aside.append(found)
            found = next(self._candidates(), None)
        self._released.update(dict.fromkeys(set_aside))
        if found is not None:
            self._promised[found] = Proposal(port_id, until)
            self._by_port.setdefault(port_id, []).append(found)
        return found

    def allocate(self, value: int, port_id: str) -> None:
        """The log says that the port holds it."""
        self._taken.add(value)
        promise = self._promised.pop(value, None)
        if promise is not None and promise.port_id == port_id:
            self._forget(value, port_id)
        elif promise is not None:
            self._lose(value, promise.port_id)

    def release(self, value: int) -> None:
        """The log says that no port holds it any more."""
        self._taken.discard(value)
        self._give_back(value)

    def expire(self, value: int, now: float) -> None:
        """A promise whose time has come; nothing when it was kept, or given again since."""
        promise = self._promised.get(value)
        if promise is not None and promise.until <= now:
            self.take_back(value)

    def take_back(self, value: int) -> None:
        """Nobody will use this promise."""
        promise = self._promised.pop(value, None)
        if promise is not None:
            self._forget(value, promise.port_id)
            self._give_back(value)

    def _lose(self, value: int, port_id: str) -> None:
        """Someone else got what was promised to the port. If the log does not know yet, it stays promised until its time is over."""
        self._forget(value, port_id)
        self._collided = True

    def _jump(self) -> None:
        """Go on at another place, a random one in one of the next spans."""
        self._collided = False
        if self._spans:
            self._spans.rotate(-self._random(min(len(self._spans), 16)))
            low, high = self._spans.popleft()
            middle = low + self._random(high - low + 1)
            if middle > low:
                self._spans.append((low, middle - 1))
            self._spans.appendleft((middle, high))
        for _ in range(self._random(min(len(self._released), 16) or 1)):
            value = next(iter(self._released))
            del self._released[value]
            self._released[value] = None

    def _give_back(self, value: int) -> None:
        if self._is_free(value) and self._within(value):
            self._released[value] = None

    def _is_free(self, value: int) -> bool:
        return value not in self._taken and value not in self._promised

    def _forget(self, value: int, port_id: str) -> None:
        mine = self._by_port.get(port_id, [])
        if value in mine:
            mine.remove(value)
        if not mine:
            self._by_port.pop(port_id, None)

    def _within(self, value: int) -> bool:
        index = bisect_right(self._starts, value) - 1
        return index >= 0 and value <= self._ranges[index][1]

    def _candidates(self) -> Iterator[int]:
        """Takes free addresses out, one by one; the taken and promised among them are dropped for good."""
        while self._spans:
            low, high = self._spans.popleft()
            if low < high:
                self._spans.appendleft((low + 1, high))
            if low not in self._released and self._is_free(low):
                yield low
        while self._released:
            value = next(iter(self._released))
            del self._released[value]
            if self._is_free(value):
                yield value


def _gaps(ranges: Iterable[Span], taken: list[int]) -> Iterator[Span]:
    """The parts of sorted `ranges` without the sorted `taken`."""
    for low, high in ranges:
        for value in taken[bisect_right(taken, low - 1) : bisect_right(taken, high)]:
            if low < value:
                yield low, value - 1
            low = value + 1
        if low <= high:
            yield low, high
