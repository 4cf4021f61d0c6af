"""Gather concurrent calls into one: while a call is in flight the next ones wait and then go together.

A lone caller pays no waiting, many share one round trip. Serves the group commit and the coalesced RPC alike.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class _Slot(Generic[Q, A]):
    def __init__(self, item: Q) -> None:
        self.item, self.done = item, threading.Event()
        self.answer: A | Exception | None = None

    def fill(self, answer: A | Exception) -> None:
        self.answer = answer
        self.done.set()


class Gather(Generic[Q, A]):
    """Turns `call(list of questions) -> list of answers` into `ask(question) -> answer`.

    `lanes` calls may be in flight at once, each with at most `limit` items. An answer that is an Exception is raised in its asker
    alone; an exception of the call is raised in all its askers. Runs in the first waiting caller's thread (green or real), which
    may be killed at any time: its lane goes on without it.
    """

    def __init__(self, call: Callable[[list[Q]], Sequence[A | Exception]], lanes: int = 1, limit: int = 1000) -> None:
        self._call, self._free, self._limit = call, lanes, limit
        self._waiting: list[_Slot[Q, A]] = []
        self._lock = threading.Lock()

    def ask(self, item: Q, timeout_seconds: float | None = None) -> A:
        """The answer to one question; blocks until its call is back. Raises TimeoutError."""
        answer = self.ask_all([item], timeout_seconds)[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask_all(self, items: Iterable[Q], timeout_seconds: float | None = None) -> list[A | Exception]:
        """The answers to several questions, in order, Exceptions among them; they go in one call if `limit` allows.

        Raises TimeoutError when one is not answered in time; a call that this caller itself leads is not cut short by that.
        """
        slots: list[_Slot[Q, A]] = [_Slot(item) for item in items]
        if not slots:
            return []
        deadline = None if timeout_seconds is None else monotonic() + timeout_seconds
        with self._lock:
            self._waiting += slots
            lead = self._free > 0
            self._free -= lead
        if lead:
            self._run_lane(slots[-1])
        try:
            for slot in slots:
                if not slot.done.wait(None if deadline is None else max(0.0, deadline - monotonic())):
                    raise TimeoutError(f"no answer within {timeout_seconds} s")
        except BaseException:  # nobody wants the answers any more
            self._withdraw(slots)
            raise
        return [slot.answer for slot in slots]  # type: ignore[misc]

    def _withdraw(self, slots: list[_Slot[Q, A]]) -> None:
        gone = set(map(id, slots))
        with self._lock:
            self._waiting = [slot for slot in self._waiting if id(slot) not in gone]

    def _run_lane(self, own: _Slot[Q, A]) -> None:
        """Call until the own question is answered, then leave the lane to those who came meanwhile."""
        try:
            while not own.done.is_set() and (batch := self._next_batch()):
                self._run_batch(batch)
        finally:
            self._leave()

    def _next_batch(self) -> list[_Slot[Q, A]]:
        with self._lock:
            batch, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
        return batch

    def _leave(self) -> None:
        """Give the lane back, or to a fresh thread when others wait: no caller serves others for ever."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            head = self._waiting[0]
        threading.Thread(target=self._run_lane, args=(head,), daemon=True).start()

    def _run_batch(self, batch: list[_Slot[Q, A]]) -> None:
        try:
            answers: Sequence[A | Exception] = self._call([slot.item for slot in batch])
            if len(answers) != len(batch):
                raise RuntimeError(f"{len(answers)} answers to {len(batch)} questions")
        except BaseException as error:  # a killed greenlet must not leave its askers waiting
            failure = error if isinstance(error, Exception) else RuntimeError(repr(error))
            for slot in batch:
                slot.fill(failure)
            if not isinstance(error, Exception):
                raise
            return
        for slot, answer in zip(batch, answers, strict=True):
            slot.fill(answer)
