"""What this process has read of the log, by whichever of its readers: it must stay there, or the log went back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from libs.eventlog.protocol import EventLog, LogIdentity, Recorded


class LogTurnedBack(RuntimeError):
    """The log is another one, or shorter than it was: everything derived from it must be derived anew."""


class Past:
    """Remembers the last event that was read. `turned_back(identity)` is called when it is there no more while the epoch stayed:
    a failover or a restore that nobody told of. `position`: what the process started from."""

    def __init__(
        self, log: EventLog, identity: LogIdentity, position: int, turned_back: Callable[[LogIdentity], None]
    ) -> None:
        self._log, self._identity, self._position = log, identity, position
        self._turned_back = turned_back
        self._last: Recorded | None = None

    def note(self, batch: Sequence[Recorded]) -> None:
        """Take notice of what was just read. A reader that follows from further back comes over the last event again, so a log that
        went back and has grown since is noticed here. Raises LogTurnedBack, Refusal 503."""
        last = self._last
        if last is not None and any(one.position == last.position and one != last for one in batch):
            self._end()
        if batch and batch[-1].position > self._position:
            self._last, self._position = batch[-1], batch[-1].position

    def check(self) -> None:
        """The last event must still be there, the very one. Raises LogTurnedBack, Refusal 503."""
        if self._log.identity() != self._identity or not self._remembers():
            self._end()

    def _remembers(self) -> bool:
        there = self._log.read(self._position - 1, 1) if self._position else []
        if self._last is None:  # nothing was read yet: what is there now is where this began
            self._last = there[0] if there else None
            return len(there) == min(1, self._position)
        return there == [self._last]

    def _end(self) -> None:
        identity = self._log.identity()
        if identity == self._identity:
            self._turned_back(identity)
        raise LogTurnedBack(f"position {self._position} of {self._identity} is not there any more")
