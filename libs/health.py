"""Whether a process is well: `python -m libs.health [URL]` ends with 0 when it is, with 1 when not. For containers' health checks.

A launched process touches NETLEDGER_HEALTH_FILE several times a second once all of it has started; one that hangs, or that starts
for ever, does not. With a URL, that has to answer 200 as well. It runs every few seconds, so it imports little.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from pathlib import Path

FRESH_SECONDS = 10.0
ANSWER_SECONDS = 3.0


class Pulse:
    """The side of the process that is looked at. `path` empty: nobody looks."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self.stop()

    def beat(self) -> None:
        """Say that all is well now. Raises OSError when the file cannot be written."""
        if self._path is not None:
            self._path.touch()

    def stop(self) -> None:
        """Say that it is not, or not yet."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def fresh(path: str) -> bool:
    """Whether the process that has this file beat within the last seconds."""
    try:
        return abs(time.time() - os.stat(path).st_mtime) < FRESH_SECONDS
    except OSError:
        return False


def answers(url: str) -> bool:
    """Whether GET gives 200 in time."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as reply:
            return bool(reply.status == 200)
    except (OSError, ValueError):
        return False


def main(arguments: list[str]) -> int:
    """The program; the exit code is its value."""
    path = os.environ.get("NETLEDGER_HEALTH_FILE", "")
    if not path and not arguments:
        print("netledger: nothing to look at: set NETLEDGER_HEALTH_FILE or give a URL", file=sys.stderr)
        return 1
    well = (not path or fresh(path)) and all(map(answers, arguments))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
