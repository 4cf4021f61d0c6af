"""nameko's WebServer with our own accept loop: a socket that costs too much is closed, a broken client never ends the service."""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
import time
from collections import Counter
from functools import partial
from typing import Any

import eventlet
from nameko.web.server import WebServer

from libs.http.connection import Application, Connection
from libs.http.limits import Limits

LOG = logging.getLogger(__name__)
_BACKLOG = 1024
_GRACE_SECONDS = 5.0


def is_loopback(address: str) -> bool:
    """Whether `address` is this machine's own."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


class Door:
    """Who is inside: counts the open connections, in all and by address, and says who may come in."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._open = limits, dict[Connection, str]()
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def admits(self, address: str) -> bool:
        """Whether one more connection from there is within the limits."""
        if len(self._open) >= self._limits.connections:
            return False
        if self._limits.loopback_exempt and is_loopback(address):
            return True
        return self._by_address[address] < self._limits.connections_per_address if address in self._by_address else True

    def enter(self, connection: Connection, address: str) -> None:
        """Count it in."""
        self._open[connection] = address
        self._by_address[address] += 1

    def leave(self, connection: Connection) -> None:
        """Count it out; nothing stays behind."""
        address = self._open.pop(connection)
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]

    def inside(self) -> list[Connection]:
        """Those that are open now."""
        return list(self._open)


class HttpServer(WebServer):  # type: ignore[misc]
    """Serves the WSGI `app` of its one provider on settings api_host and api_port, within the provider's `limits`."""

    def __init__(self) -> None:
        super().__init__()
        self._limits, self._door, self._listening = Limits(), Door(Limits()), False
        self._app: Application | None = None

    @property
    def port(self) -> int:
        """The TCP port that it listens on."""
        return int(self._sock.getsockname()[1])

    def get_wsgi_app(self) -> Application:
        """The provider's application."""
        (provider,) = self._providers
        app: Application = provider.app
        return app

    def start(self) -> None:
        """Listen and accept. Raises OSError when the address is taken."""
        if self._listening:
            return
        self._listening = True
        (provider,) = self._providers
        self._app, self._limits = self.get_wsgi_app(), provider.limits
        self._door = Door(self._limits)
        settings: Any = self.container.config["settings"]
        family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
        self._sock = eventlet.listen((settings.api_host, settings.api_port), family, backlog=_BACKLOG)
        self._gt = self.container.spawn_managed_thread(self.run)

    def run(self) -> None:
        """Accept until stopped; out of descriptors is no reason to end."""
        while self._is_accepting:
            try:
                sock, peer = self._sock.accept()
            except OSError as error:
                if not self._is_accepting or error.errno in (errno.EBADF, errno.EINVAL):
                    return
                LOG.warning("cannot accept: %s", error)
                eventlet.sleep(0.1)
                continue
            self._welcome(sock, str(peer[0]))

    def _welcome(self, sock: socket.socket, address: str) -> None:
        if not self._door.admits(address):
            LOG.debug("too many connections from %s", address)
            sock.close()
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(sock, address, self._app or self.get_wsgi_app(), self._limits)
        self._door.enter(connection, address)
        self.container.spawn_managed_thread(partial(self._serve, connection))

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            self._door.leave(connection)

    def stop(self) -> None:
        """Accept no more, let what is being answered be answered (at most 5 s), close the rest."""
        self._is_accepting = False
        if self._gt is not None:
            self._gt.kill()
            self._sock.close()
        for connection in self._door.inside():
            connection.retire()
        end = time.monotonic() + _GRACE_SECONDS
        while len(self._door) and time.monotonic() < end:
            eventlet.sleep(0.01)
        super(WebServer, self).stop()
