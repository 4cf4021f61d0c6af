"""A loop of the leader: takes the log's events batch by batch, and rests in between."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from time import monotonic

from libs.bus import Away
from libs.errors import Refusal
from libs.eventlog.protocol import Recorded
from services.topology.inbox import Inbox

WAIT_SECONDS = 0.5
REST_SECONDS = 1.0
PAUSE_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0)
_log = logging.getLogger(__name__)


class Work:
    """`take` gets each batch, from `inbox`; what cannot be done now comes again. `rest` is called when there is none, and every
    second however many come; `always`: after each batch too."""

    def __init__(
        self,
        inbox: Inbox,
        take: Callable[[Sequence[Recorded]], None],
        rest: Callable[[], None],
        always: bool = False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._inbox, self._take, self._rest, self._always, self._clock = inbox, take, rest, always, clock
        self._rested = clock()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        failures = 0
        while not stop.is_set():
            try:
                self.step()
                failures = 0
            except (Refusal, Away) as error:
                _log.warning("stuck at position %s: %s", self._inbox.position, error)
                stop.wait(PAUSE_SECONDS[min(failures, len(PAUSE_SECONDS) - 1)])
                failures += 1

    def step(self) -> None:
        """One batch, if there is one in time. Raises Refusal 503, Away, LogTurnedBack."""
        batch = self._inbox.take(WAIT_SECONDS)
        if batch:
            self._take(batch)
            self._inbox.done(batch[-1].position)
        if self._always or not batch or self._clock() - self._rested > REST_SECONDS:
            self._rested = self._clock()
            self._rest()
