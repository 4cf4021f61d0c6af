"""Wakes who follows the log: NOTIFY after commits, gathered, never inside the append's transaction (it would serialise commits)."""

from __future__ import annotations

import contextlib
import threading
import time

import psycopg2

from libs.eventlog.pool import connect

CHANNEL = "netledger"
_LIMITS = "-c synchronous_commit=off -c statement_timeout=2000"


class Notifier:
    """Sends the newest position on channel `netledger`, at most once every `spacing` seconds, from a thread of its own.

    A lost wake-up is no harm: followers poll as well.
    """

    def __init__(self, url: str, spacing: float = 0.004) -> None:
        self._url, self._spacing = url, spacing
        self._position, self._due, self._started = 0, threading.Event(), False
        self._connection: psycopg2.extensions.connection | None = None

    def poke(self, position: int) -> None:
        """The log has reached `position`; returns at once."""
        self._position = max(self._position, position)
        self._due.set()
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="log-notifier", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            self._send()
            time.sleep(self._spacing)

    def _send(self) -> None:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = connect(self._url, _LIMITS)
            with self._connection.cursor() as cursor:
                cursor.execute("select pg_notify(%s, %s)", (CHANNEL, str(self._position)))
        except psycopg2.Error:
            if self._connection is not None:
                with contextlib.suppress(psycopg2.Error):
                    self._connection.close()
            self._connection = None
