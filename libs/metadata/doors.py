"""Listening sockets inside namespaces, served from this process: one door for each router or network. Runs in the child only."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from libs.http.connection import Connection
from libs.http.door import Door
from libs.http.limits import Limits
from libs.kernel.inside import FOLDER, inside
from libs.metadata.asking import BODY_BYTES, Guest
from libs.metadata.proxy import Nova, Proxy

LOG = logging.getLogger(__name__)
LIMITS = Limits(
    headers_bytes=16384,
    headers=64,
    body_bytes=BODY_BYTES,
    bulk_bytes=BODY_BYTES,
    header_seconds=10.0,
    body_seconds=10.0,
    idle_seconds=15.0,
    write_seconds=30.0,
    connections=256,
    connections_per_address=10,
    loopback_exempt=False,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a door is: `namespace` (empty: here), its `identity` (a namespace made anew under the same name is another), address
    and TCP port in it."""

    namespace: str
    identity: int
    address: str
    port: int


def place(namespace: str, address: str, port: int) -> Place:
    """The place as it is now. Raises OSError when there is no such namespace."""
    return Place(namespace, os.stat(f"{FOLDER}/{namespace}").st_ino if namespace else 0, address, port)


class MetadataDoor:
    """Listens at one place until `close`, a thread for each connection."""

    def __init__(self, where: Place, nova: Nova, guests: Mapping[str, Guest]) -> None:
        self.where, self.proxy = where, Proxy(nova, guests)
        self._door: Door[Connection] = Door(LIMITS)
        self._lock = threading.Lock()
        self._sock = inside(where.namespace, lambda: socket.create_server((where.address, where.port), backlog=64))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """The TCP port that it listens on."""
        return int(self._sock.getsockname()[1])

    def close(self) -> None:
        """Listen no longer; what is being answered is answered."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        with self._lock:
            for connection in self._door.inside():
                connection.retire()

    def _accept(self) -> None:
        while True:
            try:
                sock, peer = self._sock.accept()
            except OSError:
                return
            self._welcome(sock, str(peer[0]))

    def _welcome(self, sock: socket.socket, address: str) -> None:
        with self._lock:
            if not self._door.admits(address):
                sock.close()
                return
            connection = Connection(sock, address, self.proxy, LIMITS)
            self._door.enter(connection, address)
        threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                self._door.leave(connection)
