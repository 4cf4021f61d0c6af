"""Reads along what services and agents say to each other."""

from __future__ import annotations

import amqp

from libs.bus import Wire

EXCHANGES = ("nameko-rpc", "nl.events", "nl.requests")


class Tap:
    """A queue of its own that gets a copy of every message of these exchanges."""

    def __init__(self, url: str) -> None:
        self._connection = amqp.Connection(**Wire(url, lambda channel: None)._address, login_method="PLAIN")
        self._connection.connect()
        self._channel = self._connection.channel()
        self._queue = self._channel.queue_declare(exclusive=True).queue
        for exchange in EXCHANGES:
            self._channel.queue_bind(self._queue, exchange, "#")

    def read(self) -> list[str]:
        """All messages so far: headers and bodies."""
        found = []
        while (message := self._channel.basic_get(self._queue, no_ack=True)) is not None:
            found.append(f"{message.properties} {message.headers} {message.body!r}")
        return found

    def close(self) -> None:
        self._connection.close()
