"""A service whose work fails after a moment, for the launcher's tests."""

from __future__ import annotations

import time

from libs.bus import Background
from libs.config import Settings


class Failing:
    """Runs for a moment, then raises."""

    def __init__(self, settings: Settings) -> None:
        self.host = settings.host

    def run(self) -> None:
        time.sleep(0.3)
        if self.host == "mute":
            time.sleep(3600)
        raise RuntimeError("the work cannot go on")

    def close(self) -> None:
        time.sleep(3600)  # does not want to end


class Dying:
    """The nameko service."""

    name = "dying"
    work = Background(Failing)


SERVICE = Dying
