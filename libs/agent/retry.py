"""Come back to what was refused, more and more rarely."""

from __future__ import annotations

import threading
from collections.abc import Callable

_SECONDS = (0.2, 1.0, 5.0, 20.0, 60.0)


class Retry:
    """Calls `poke` some time after something was refused; one timer at most is under way."""

    def __init__(self, poke: Callable[[], None]) -> None:
        self._poke, self._failures, self._waiting = poke, 0, False

    def after(self, refused: int) -> None:
        """How many were refused, or failed, this time; 0 ends the waiting's growth."""
        if not refused:
            self._failures = 0
        elif not self._waiting:
            self._waiting = True
            timer = threading.Timer(_SECONDS[min(self._failures, len(_SECONDS) - 1)], self._again)
            timer.daemon = True
            self._failures += 1
            timer.start()

    def _again(self) -> None:
        self._waiting = False
        self._poke()
