"""A process that appends at random until it is told to stop: `python -m tests.contract.log_writer <seed>`.

Takes the database from NETLEDGER_DATABASE_URL. Each acknowledged command is one line on stdout, `<command id> <first> <last>`.
Sleeps at random between the check under the lock and the write, and at times rolls back instead.
"""

from __future__ import annotations

import os
import random
import sys
import time
import uuid
from collections.abc import Sequence
from typing import Any

from libs.eventlog import fates
from libs.eventlog.chain import Stored
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Accepted, Append
from libs.eventlog.writer import Writer
from libs.events import Event
from libs.network.kinds import KINDS
from tests.contract.log_cases import change, context, created, port_row, renamed


class Whim(Exception):
    """The writer changed its mind."""


class WhimsicalWriter(Writer):
    """Dawdles while it holds the lock, and at times gives up instead of writing."""

    def __init__(self, url: str, rng: random.Random) -> None:
        super().__init__(url, {name: kind.columns for name, kind in KINDS.items()})
        self._rng = rng

    def write(self, written: fates.Written, stored: Sequence[Stored]) -> None:
        time.sleep(self._rng.choice((0, 0, 0.001, 0.005)))
        if self._rng.random() < 0.15:
            raise Whim
        super().write(written, stored)


def random_append(rng: random.Random) -> Append:
    """A new port with one to three facts that wants one of few addresses."""
    port = str(uuid.UUID(int=rng.getrandbits(128)))
    facts: list[Event] = [created(port)]
    facts += [renamed(port, "", str(number)) for number in range(rng.randint(0, 2))]
    address = f"ip/s/{rng.randint(1, 400)}"
    return Append(
        context(port),
        (change(port, 0, *facts),),
        take={address: f"port-{port}"},
        rows=(port_row(port, len(facts)),),
        result=address,
    )


def main(seed: int) -> None:
    """Write until stdin closes."""
    rng = random.Random(seed)
    url = os.environ["NETLEDGER_DATABASE_URL"]
    log: Any = PostgresLog(url)
    log._writer = WhimsicalWriter(url, rng)
    until = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < until:
        batch = [random_append(rng) for _ in range(rng.randint(1, 6))]
        try:
            outcomes = log.append(batch)
        except Whim:
            continue
        for one, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Accepted):
                print(one.context.command_id, outcome.first, outcome.last, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
