"""Many callers under eventlet, as in the API's process: `python -m tests.contract.keystone_green URL TOKEN,TOKEN..`.

Prints {"users": who they are, "seconds", "ticks" of a ticker meanwhile, "worst_pause_seconds" of it}.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from libs.auth import authenticator_of  # noqa: E402
from libs.config import Settings  # noqa: E402
from tests.conformance.people import PASSWORD  # noqa: E402


def main(url: str, tokens: list[str]) -> None:
    """Ask for all at once while a ticker looks for pauses."""
    named = {"keystone_username": "neutron", "keystone_password": PASSWORD, "keystone_project": "service"}
    authenticator = authenticator_of(Settings(auth="keystone", keystone_url=url, **named))  # type: ignore[arg-type]
    pauses = [0.0]

    def tick() -> None:
        while True:
            before = time.monotonic()
            eventlet.sleep(0.01)
            pauses.append(time.monotonic() - before - 0.01)

    ticker = eventlet.spawn(tick)
    eventlet.sleep(0.05)
    began = time.monotonic()
    callers = [eventlet.spawn(_user, authenticator, token) for token in tokens]
    users = [caller.wait() for caller in callers]
    seconds = time.monotonic() - began
    ticker.kill()
    print(json.dumps({"users": users, "seconds": seconds, "ticks": len(pauses), "worst_pause_seconds": max(pauses)}))


def _user(authenticator: object, token: str) -> str:
    headers = {"x-auth-token": token}
    return str(authenticator.actor(lambda name: headers.get(name, "")).user)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","))
