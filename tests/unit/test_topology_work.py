"""The leader's loops: in order, patient, and never too busy to say how far they are."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from libs.errors import unavailable
from libs.eventlog.protocol import Recorded
from libs.events import PortRenamed
from services.topology.work import Work


class News:
    """An inbox that always has one more event, until it has given `number` of them."""

    def __init__(self, number: int) -> None:
        self.position, self._number = 0, number

    def take(self, seconds: float) -> list[Recorded]:
        at = self.position + 1
        return [Recorded(at, "port-a", at, PortRenamed("a", "x", "y"), {}, "")] if at <= self._number else []

    def done(self, position: int) -> None:
        self.position = position


def test_under_a_steady_stream_of_news_the_loop_still_says_every_second_how_far_it_is() -> None:
    now, stored, inbox = [0.0], list[int](), News(100)

    def take(batch: Sequence[Recorded]) -> None:
        now[0] += 0.1

    work = Work(inbox, take, lambda: stored.append(inbox.position), clock=lambda: now[0])  # type: ignore[arg-type]
    for _ in range(100):
        work.step()
    assert len(stored) >= 8
    assert all(later - earlier <= 12 for earlier, later in zip(stored, stored[1:], strict=False))


def test_what_cannot_be_done_now_comes_again() -> None:
    inbox, stop, taken, troubles = News(3), threading.Event(), list[int](), [1]

    def take(batch: Sequence[Recorded]) -> None:
        if batch[0].position == 2 and troubles:
            troubles.pop()
            raise unavailable("the broker is away")
        taken.append(batch[0].position)

    Work(inbox, take, stop.set).run(stop)  # type: ignore[arg-type]
    assert taken == [1, 2, 3]
