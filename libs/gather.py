"""Gather concurrent calls into one: while a call is in flight the next ones wait and then go together.

A lone caller pays no waiting, many share one round trip. Serves the group commit and the coalesced RPC alike.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class _Slot(Generic[Q, A]):
    def __init__(self, item: Q) -> None:
        self.item, self.done = item, threading.Event()
        self.answer: A | None = None
        self.error: Exception | None = None

    def fill(self, answer: A | Exception) -> None:
        if isinstance(answer, Exception):
            self.error = answer
        else:
            self.answer = answer
        self.done.set()


class Gather(Generic[Q, A]):
    """Turns `call(list of questions) -> list of answers` into `ask(question) -> answer`.

    `lanes` calls may be in flight at once, each with at most `limit` items. An answer that is an Exception is raised in its asker
    alone; an exception of the call is raised in all its askers. Runs in the first waiting caller's thread (green or real).
    """

    def __init__(self, call: Callable[[list[Q]], Sequence[A | Exception]], lanes: int = 1, limit: int = 1000) -> None:
        self._call, self._free, self._limit = call, lanes, limit
        self._waiting: list[_Slot[Q, A]] = []
        self._lock = threading.Lock()

    def ask(self, item: Q) -> A:
        """The answer to one question; blocks until its call is back."""
        slot: _Slot[Q, A] = _Slot(item)
        with self._lock:
            self._waiting.append(slot)
            lead = self._free > 0
            if lead:
                self._free -= 1
        if lead:
            self._run_lane(slot)
        slot.done.wait()
        if slot.error is not None:
            raise slot.error
        return slot.answer  # type: ignore[return-value]

    def _run_lane(self, own: _Slot[Q, A]) -> None:
        """Work until the own question is answered and nobody waits, then give the lane back."""
        while True:
            with self._lock:
                batch, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
                if not batch:
                    self._free += 1
                    return
            self._run_batch(batch)
            if own.done.is_set() and self._hand_over():
                return

    def _hand_over(self) -> bool:
        """Let a fresh thread serve those who still wait, so that no caller serves others for ever; False when nobody waits."""
        with self._lock:
            if not self._waiting:
                return False
            head = self._waiting[0]
        threading.Thread(target=self._run_lane, args=(head,), daemon=True).start()
        return True

    def _run_batch(self, batch: list[_Slot[Q, A]]) -> None:
        try:
            answers: Sequence[A | Exception] = self._call([slot.item for slot in batch])
            if len(answers) != len(batch):
                raise RuntimeError(f"{len(answers)} answers to {len(batch)} questions")
        except BaseException as error:  # a killed greenlet must not leave its askers waiting
            answers = [error if isinstance(error, Exception) else RuntimeError(repr(error))] * len(batch)
            for slot, answer in zip(batch, answers, strict=True):
                slot.fill(answer)
            if not isinstance(error, Exception):
                raise
            return
        for slot, answer in zip(batch, answers, strict=True):
            slot.fill(answer)
