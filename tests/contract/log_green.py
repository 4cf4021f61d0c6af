"""A process as services are, under eventlet's monkey patch: `python -m tests.contract.log_green`.

Takes the database from NETLEDGER_DATABASE_URL. Many greenlets commit, one follows, connections are cut in between. Prints one line
of JSON: {head, seen, errors, worst_pause_seconds}.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import os  # noqa: E402
import time  # noqa: E402

import psycopg2  # noqa: E402

from libs.errors import Refusal  # noqa: E402
from libs.eventlog.follow import Tail  # noqa: E402
from libs.eventlog.postgres import PostgresLog  # noqa: E402
from libs.gather import Gather  # noqa: E402
from tests.contract.log_cases import new_port  # noqa: E402

CLIENTS, EACH = 12, 15


class Play:
    """What happens in this process."""

    def __init__(self, url: str) -> None:
        self._url, self._log = url, PostgresLog(url)
        self._tail = Tail(self._log, 0)
        self._gather = Gather(self._log.append)
        self._seen: list[int] = []
        self._errors: list[str] = []
        self._worst = 0.0

    def run(self) -> None:
        """Play and print."""
        eventlet.spawn(self._follow)
        eventlet.spawn(self._tick)
        clients = [eventlet.spawn(self._client, number) for number in range(CLIENTS)]
        eventlet.spawn_after(0.1, self._cut)
        for client in clients:
            client.wait()
        until = time.monotonic() + 5
        while time.monotonic() < until and len(self._seen) < self._log.head():
            time.sleep(0.05)
        found = {
            "head": self._log.head(),
            "seen": self._seen,
            "errors": self._errors,
            "worst_pause_seconds": self._worst,
        }
        print(json.dumps(found))

    def _client(self, number: int) -> None:
        for each in range(EACH):
            try:
                self._gather.ask(new_port(f"{number}-{each}"))
            except Refusal as refusal:
                self._errors.append(refusal.message)
            time.sleep(0.01)

    def _follow(self) -> None:
        while True:
            self._seen += [one.position for one in self._tail.wait(1)]

    def _tick(self) -> None:
        """A greenlet that only sleeps: what it oversleeps is how long somebody blocked the process."""
        while True:
            started = time.monotonic()
            time.sleep(0.005)
            self._worst = max(self._worst, time.monotonic() - started - 0.005)

    def _cut(self) -> None:
        with psycopg2.connect(self._url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = current_user and pid <> pg_backend_pid()"
            )
        connection.close()


if __name__ == "__main__":
    Play(os.environ["NETLEDGER_DATABASE_URL"]).run()
