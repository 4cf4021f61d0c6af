"""How fast an agent does what it does again and again."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds.

    settle: how long changes gather before they are applied. fetch_again: when a Fetch is repeated that nobody answered, the waits
    after the 1st, 2nd, .. time. fetch_pause: at least so long between two Fetches. check: after so long without any answer an agent
    asks whether it missed something. complete: between two complete reports. confirm: a change is followed by a
    complete report within this time, should the first report be lost. audit: between two full read-backs. backoff: waits after 1,
    2, .. failures to apply. spread: agents that were cut off together come back within this time, not all in one instant.
    """

    settle: float = 0.002
    fetch_again: tuple[float, ...] = (3.0, 6.0, 12.0, 24.0)
    fetch_pause: float = 0.2
    check: float = 60.0
    complete: float = 30.0
    confirm: float = 5.0
    audit: float = 180.0
    backoff: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
    spread: float = 0.5


def about(seconds: float) -> float:
    """`seconds`, give or take a fifth: many agents do not do the same in the same instant."""
    return seconds * random.uniform(0.8, 1.2)
