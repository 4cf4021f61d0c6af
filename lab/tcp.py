"""TCP between namespaces: a server that says who it is and who asks, and those who ask; their sockets are made inside."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading

from libs.kernel.inside import inside

PORT = 7000


class Server:
    """Serves in that namespace until `stop`: it says `<name> <asked by>`, then echoes. Side effect: a thread for each connection."""

    def __init__(self, namespace: str, name: str) -> None:
        self._name, self._links = name, list[socket.socket]()
        self._door = inside(namespace, lambda: socket.create_server(("", PORT)))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Shut the door and cut every connection: an open one would keep its namespace alive. Safe to repeat."""
        for one in (self._door, *self._links):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, peer = self._door.accept()
                _closing_at_once(link)
                self._links.append(link)
                threading.Thread(target=self._serve, args=(link, peer[0]), daemon=True).start()

    def _serve(self, link: socket.socket, peer: str) -> None:
        with contextlib.suppress(OSError), link:
            link.sendall(f"{self._name} {peer}".encode())
            while data := link.recv(100):
                link.sendall(data)


def dial(namespace: str, address: str, seconds: float = 2.0) -> tuple[socket.socket, str]:
    """A connection from that namespace, and what the server said. Raises OSError."""
    link = connect(namespace, address, PORT, seconds)
    link.settimeout(1.0)
    return link, link.recv(100).decode()


def connect(namespace: str, address: str, port: int, seconds: float) -> socket.socket:
    """A connection from that namespace. Raises OSError."""
    link = inside(namespace, lambda: socket.create_connection((address, port), seconds))
    _closing_at_once(link)
    return link


def _closing_at_once(link: socket.socket) -> None:
    """Closing resets. Who waits for a peer that is gone keeps a namespace alive for minutes, without its name."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answer(namespace: str, address: str, seconds: float = 0.3) -> str:
    """What the server there says to that namespace; empty when nobody answers within this time."""
    try:
        link, said = dial(namespace, address, seconds)
    except OSError:
        return ""
    link.close()
    return said


def echoes(link: socket.socket) -> bool:
    """Whether a connection still carries data both ways."""
    try:
        link.sendall(b"x")
        return link.recv(1) == b"x"
    except OSError:
        return False


def fetch(namespace: str, address: str, path: str, seconds: float = 5.0) -> tuple[int, str]:
    """(status, text) of an HTTP GET from that namespace; status 0 and the reason when nobody answers."""
    try:
        with contextlib.closing(http.client.HTTPConnection(address, timeout=seconds)) as asking:
            asking.sock = connect(namespace, address, 80, seconds)
            asking.request("GET", path)
            reply = asking.getresponse()
            return reply.status, reply.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error)
