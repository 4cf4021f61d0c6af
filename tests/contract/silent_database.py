"""A process as services are, whose database accepts and says nothing: `python -m tests.contract.silent_database`.

Prints one line of JSON: {status, seconds, ticks}; ticks: how often another greenlet ran meanwhile.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import socket  # noqa: E402
import time  # noqa: E402

from libs.errors import Refusal  # noqa: E402
from libs.eventlog.pool import Pool  # noqa: E402


def main() -> None:
    """Ask it, and tell what came of it."""
    ticks: list[float] = []

    def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            time.sleep(0.1)

    silent = socket.create_server(("127.0.0.1", 0))
    eventlet.spawn(tick)
    begun, status = time.monotonic(), 0
    try:
        Pool(f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/x").query("select 1")
    except Refusal as refusal:
        status = refusal.status
    print(json.dumps({"status": status, "seconds": time.monotonic() - begun, "ticks": len(ticks)}))


if __name__ == "__main__":
    main()
