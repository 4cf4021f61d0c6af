"""nameko's WebServer with our own accept loop: a socket that costs too much is closed, a broken client never ends the service."""

from __future__ import annotations

import errno
import logging
import resource
import socket
import time
from dataclasses import replace
from functools import partial
from typing import Any

import eventlet
from nameko.web.server import WebServer

from libs.http.connection import Application, Connection
from libs.http.door import Door
from libs.http.limits import Limits

LOG = logging.getLogger(__name__)
_BACKLOG = 1024
_GRACE_SECONDS = 2.0
_KEPT = 64


def _within_descriptors(limits: Limits) -> Limits:
    """`limits` with no more connections than this process may have files open, some kept for the database and the broker."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limits if soft < 0 else replace(limits, connections=max(1, min(limits.connections, soft - _KEPT)))


class HttpServer(WebServer):  # type: ignore[misc]
    """Serves the WSGI `app` of its one provider on settings api_host and api_port, within the provider's `limits`."""

    def __init__(self) -> None:
        super().__init__()
        self._limits, self._listening = Limits(), False
        self._door: Door[Connection] = Door(self._limits)
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
        self._app, self._limits = self.get_wsgi_app(), _within_descriptors(provider.limits)
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
        """Accept no more, let what is being answered be answered (at most 2 s), close the rest."""
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
