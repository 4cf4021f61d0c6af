"""One AMQP connection with one channel that comes back by itself: the ground under everything on the bus.

py-amqp is used directly: per publish nameko builds a kombu connection object and looks up a pool, which costs more than the
publish itself. One greenlet (or thread) reads, anyone may write: py-amqp locks its frame writer.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import amqp
from amqp.exceptions import AMQPError
from kombu.utils.url import parse_url

from libs.bus.frames import wary_frames

RETRY_SECONDS = 0.5
CONNECT_SECONDS = WAIT_SECONDS = 5.0
LOST = (OSError, AMQPError)
_log = logging.getLogger(__name__)


class Away(ConnectionError):
    """The broker cannot be reached now; nothing was sent, or it is unknown whether it was."""


class Wire:
    """Keeps a connection to `url` up. `setup(channel)` declares and consumes on each new channel and may block; `on_up()` runs when
    publishing works again; `on_lost()` when what was under way is lost. `run` is the reader: callbacks of consumers run in it."""

    def __init__(
        self,
        url: str,
        setup: Callable[[amqp.Channel], None],
        on_up: Callable[[], None] = lambda: None,
        on_lost: Callable[[], None] = lambda: None,
        heartbeat_seconds: int = 10,
    ) -> None:
        parts = parse_url(url)
        self.user = parts["userid"] or "guest"
        self._address = {
            "host": f"{parts['hostname'] or '127.0.0.1'}:{parts['port'] or 5672}",
            "userid": self.user,
            "password": parts["password"] or "guest",
            "virtual_host": parts["virtual_host"] or "/",
        }
        self._setup, self._on_up, self._on_lost = setup, on_up, on_lost
        self._heartbeat = heartbeat_seconds
        self._connection: amqp.Connection | None = None
        self._channel: amqp.Channel | None = None
        self._up, self._closing, self._quiet = threading.Event(), threading.Event(), False

    def start(self) -> None:
        """Run in a daemon greenlet (or thread)."""
        threading.Thread(target=self.run, name=f"wire-{self.user}", daemon=True).start()

    def run(self) -> None:
        """Connect, read, connect again; returns after `close`."""
        while not self._closing.is_set():
            try:
                self._session()
            except Exception as error:  # whatever it was: a fresh connection is the cure
                self._complain(error)
            finally:
                self._drop()
            self._closing.wait(RETRY_SECONDS)

    def _session(self) -> None:
        connection = amqp.Connection(
            **self._address,
            login_method="PLAIN",
            heartbeat=self._heartbeat,
            connect_timeout=CONNECT_SECONDS,
            frame_handler=wary_frames,
        )
        # else every publish would read the socket under the reader's feet, looking for connection.blocked
        connection.negotiate_capabilities = {**connection.negotiate_capabilities, "connection.blocked": False}
        self._connection = connection
        connection.connect()
        connection.transport.sock.settimeout(WAIT_SECONDS)  # for writes, and for replies during the set-up
        channel = connection.channel()
        channel.auto_decode = False  # a sender's content_encoding may name a codec that takes hours (punycode)
        self._setup(channel)
        self._channel, self._quiet = channel, False
        self._up.set()
        self._on_up()
        while not self._closing.is_set():
            with suppress(TimeoutError):
                connection.drain_events(timeout=1.0)
            connection.heartbeat_tick()

    def _complain(self, error: Exception) -> None:
        """One line per outage; a bug in a callback shows its traceback each time."""
        if not isinstance(error, LOST):
            _log.exception("the connection of %s broke", self.user)
        elif not self._quiet and not self._closing.is_set():
            _log.warning("not connected to the broker as %s: %s", self.user, error)
        self._quiet = True

    def _drop(self) -> None:
        was_up, connection = self._up.is_set(), self._connection
        self._up.clear()
        self._channel = self._connection = None
        if connection is not None:
            try:
                connection.collect()
            except Exception as error:  # a dead connection may refuse to be tidied
                _log.debug("dropping a connection: %s", error)
        if was_up:
            self._on_lost()

    def publish(self, body: str, exchange: str, key: str, mandatory: bool = False, **properties: Any) -> None:
        """Send `body` (JSON text), transient. Raises Away; does not wait for the broker."""
        channel = self._channel
        if channel is None:
            raise Away("no connection to the broker")
        message = amqp.Message(
            body, content_type="application/json", content_encoding="utf-8", delivery_mode=1, **properties
        )
        try:
            channel.basic_publish(message, exchange=exchange, routing_key=key, mandatory=mandatory)
        except LOST as error:
            self.hang_up()
            raise Away(str(error)) from None

    def wait_up(self, seconds: float) -> bool:
        """Whether there is a connection, waiting for one at most `seconds`."""
        return self._up.wait(seconds)

    @property
    def is_up(self) -> bool:
        """Whether there is a connection now, as far as is known."""
        return self._up.is_set()

    def hang_up(self) -> None:
        """Cut the socket; the reader notices and connects again."""
        transport = getattr(self._connection, "_transport", None)
        sock = getattr(transport, "sock", None)
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                _log.debug("hanging up: %s", error)

    def close(self) -> None:
        """End `run`; what is under way is lost."""
        self._closing.set()
        self.hang_up()
