"""The address plan of this process, kept up with the log, and asked from many greenlets."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol

from libs.errors import Refusal
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.network.world import Answer, ChooseAddresses
from services.ipam.plan import AddressPlan

PAGE = 1000
WAIT_SECONDS = 2.0
CHECK_SECONDS = 5.0
RETRY_SECONDS = 0.5
_log = logging.getLogger(__name__)


class ReadsLog(Protocol):
    """What is read of the log."""

    def identity(self) -> LogIdentity: ...  # noqa: D102

    def head(self) -> int: ...  # noqa: D102

    def read(self, after: int, limit: int) -> list[Recorded]: ...  # noqa: D102


class Follows(Protocol):
    """What waits for news, as `libs.eventlog.follow.Tail`."""

    def wait(self, seconds: float) -> list[Recorded]: ...  # noqa: D102


class AddressBook:
    """`answer` proposes addresses; `run` follows the log until `close`.

    load() -> AddressPlan at some position. tail(position) -> what follows from there. A log that went back (another epoch, or
    shorter than it was) is loaded anew.
    """

    def __init__(
        self, log: ReadsLog, load: Callable[[], AddressPlan], tail: Callable[[int], Follows], patient: bool = True
    ) -> None:
        self._log, self._load, self._tail = log, load, tail
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._start(patient)

    def _start(self, patient: bool) -> None:
        """Load; a database that is away is waited for, or (not patient) raises Refusal 503."""
        while not self._closing.is_set():
            try:
                identity = self._log.identity()
                self._plan, self._identity = self._load(), identity
                return
            except Refusal as refusal:
                if not patient:
                    raise
                _log.warning("the address plan waits for the log: %s", refusal.message)
                self._closing.wait(RETRY_SECONDS)

    def run(self) -> None:
        """Follow the log; blocks."""
        plan, checked = self._plan, monotonic()
        tail = self._tail(plan.position)
        while not self._closing.is_set():
            try:
                news = tail.wait(WAIT_SECONDS)
                with self._lock:
                    for recorded in news:
                        self._plan.take(recorded)
                    if not news or monotonic() - checked > CHECK_SECONDS:
                        self._turn_back()
                        checked = monotonic()
                if self._plan is not plan:  # loaded anew, here or for an asker
                    plan, tail = self._plan, self._tail(self._plan.position)
            except Refusal as refusal:
                _log.warning("the log is away: %s", refusal.message)
                self._closing.wait(RETRY_SECONDS)

    def close(self) -> None:
        """Make `run` return soon."""
        self._closing.set()

    @property
    def position(self) -> int:
        """Up to where the log is known here."""
        return self._plan.position

    def answer(self, questions: Sequence[ChooseAddresses]) -> list[Answer]:
        """Addresses or a Refusal for each; reads the log first when an asker knows more of it than this process: a newer subnet,
        an address that is taken."""
        with self._lock:
            try:
                if any(one.avoid or self._plan.is_behind(one) for one in questions):
                    self._catch_up()
                    if any(self._plan.is_behind(one) for one in questions):
                        self._turn_back()
                answers = [self._choose(one) for one in questions]
                if any(isinstance(answer, Refusal) for answer in answers):
                    self._catch_up()  # what was released a moment ago may be all there is
                    answers = [
                        self._choose(one) if isinstance(answer, Refusal) else answer
                        for one, answer in zip(questions, answers, strict=True)
                    ]
            except Refusal as refusal:
                return [refusal] * len(questions)
        return answers

    def _turn_back(self) -> bool:
        """Load anew when the log is not the one that was followed so far; whether it was so. Raises Refusal 503."""
        if self._log.identity() == self._identity and self._log.head() >= self._plan.position:
            return False
        self._start(patient=False)
        return True

    def _choose(self, question: ChooseAddresses) -> Answer:
        try:
            return self._plan.choose(question, monotonic())
        except Refusal as refusal:
            return refusal

    def _catch_up(self) -> None:
        while True:
            page = self._log.read(self._plan.position, PAGE)
            for recorded in page:
                self._plan.take(recorded)
            if len(page) < PAGE:
                return
