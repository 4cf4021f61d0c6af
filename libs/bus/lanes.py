"""Messages that wait for a worker: in order and one at a time for each user, users in turn. Pure."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """`workers`: users served at once. `depth` and `size`: how many messages, and how many bytes, may wait of one user."""

    def __init__(self, workers: int, depth: int, size: int) -> None:
        self._workers, self._depth, self._size = workers, depth, size
        self._waiting: dict[str, deque[tuple[T, int]]] = {}
        self._turns: deque[str] = deque()
        self._served: set[str] = set()

    def has_room(self, user: str, size: int) -> bool:
        """Whether one more message of so many bytes may wait; one alone always may."""
        lane = self._waiting.get(user, ())
        return not lane or (len(lane) < self._depth and sum(held for _, held in lane) + size <= self._size)

    def put(self, user: str, item: T, size: int) -> None:
        """One more."""
        lane = self._waiting.setdefault(user, deque())
        lane.append((item, size))
        if len(lane) == 1 and user not in self._served:
            self._turns.append(user)

    def next(self) -> tuple[str, T] | None:
        """(user, message) to be worked on now, until `done(user)`; None when nothing waits or all workers are busy."""
        if len(self._served) >= self._workers or not self._turns:
            return None
        user = self._turns.popleft()
        lane = self._waiting[user]
        item, _ = lane.popleft()
        if not lane:
            del self._waiting[user]
        self._served.add(user)
        return user, item

    def done(self, user: str) -> None:
        """The message of `user` is dealt with."""
        self._served.discard(user)
        if user in self._waiting:
            self._turns.append(user)

    def clear(self) -> None:
        """Forget what waits; what is being worked on goes on."""
        self._waiting.clear()
        self._turns.clear()
