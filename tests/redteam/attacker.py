"""A compromised hypervisor: one agent's real credentials, and an AMQP client that does as it is told."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import amqp
from amqp.exceptions import AMQPError

from libs.bus import Wire
from libs.bus.names import ask_exchange


class Attacker:
    """One connection as one user; `channel` is fresh after each refusal."""

    def __init__(self, url: str) -> None:
        self._address, self.url = Wire(url, lambda channel: None)._address, url
        self.user = str(self._address["userid"])
        self.connection = self.dial()
        self.channel = self._open()

    def _open(self) -> amqp.Channel:
        channel = self.connection.channel()
        channel.auto_decode = False
        return channel

    def dial(self, **changes: Any) -> amqp.Connection:
        """Another connection."""
        connection = amqp.Connection(**{**self._address, **changes}, login_method="PLAIN", connect_timeout=5)
        connection.connect()
        connection.transport.sock.settimeout(5)
        return connection

    def say(self, body: object, key: str = "", **properties: Any) -> None:
        """Publish to the servers, as an agent does; `body` is JSON-able or text, user_id None: without one."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        given = {"user_id": self.user, "content_type": "application/json", **properties}
        kept = {name: value for name, value in given.items() if value is not None}
        message = amqp.Message(text.encode() if isinstance(text, str) else text, **kept)
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(20_000)  # our own client must not be what stops us
        self.channel.basic_publish(message, ask_exchange(self.user), key or f"request.{self.user}")
        sys.setrecursionlimit(limit)

    def settle(self) -> None:
        """Wait until the broker has dealt with what was sent. Raises what it refused."""
        self.channel.basic_qos(0, 0, False)

    def refused(self, attempt: Callable[[Attacker], Any]) -> str:
        """What the broker says to `attempt`; empty when it did as it was told."""
        try:
            attempt(self)
            self.settle()
        except (AMQPError, OSError) as error:
            self.recover()
            return f"{type(error).__name__}: {error}"
        return ""

    def recover(self) -> None:
        """A new connection, whatever became of the old one."""
        self.connection.collect()
        self.connection = self.dial()
        self.channel = self._open()

    def hear(self, seconds: float) -> list[amqp.Message]:
        """What comes on its own queue meanwhile."""
        heard: list[amqp.Message] = []
        tag = self.channel.basic_consume(self.user, no_ack=True, callback=heard.append)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                self.connection.drain_events(timeout=left)
            except TimeoutError:
                break
        self.channel.basic_cancel(tag)
        return heard

    def close(self) -> None:
        """Gone."""
        self.connection.collect()


def flood(url: str, text: str) -> None:
    """Say it as fast as it goes, until killed."""
    red = Attacker(url)
    while True:
        try:
            red.say(text)
        except (OSError, AMQPError):  # the broker holds back who sends too much
            red.recover()


if __name__ == "__main__":
    flood(sys.argv[1], sys.stdin.read())
