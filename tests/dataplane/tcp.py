"""TCP between namespaces: a server that says who it is and who asks, and those who ask."""

from __future__ import annotations

import contextlib
import socket
import threading

from libs.kernel.inside import inside

PORT = 7000


def serve(namespace: str, name: str) -> socket.socket:
    """A server in that namespace, until it is closed: it says `<name> <asked by>`, then echoes."""
    server = inside(namespace, lambda: socket.create_server(("", PORT)))
    threading.Thread(target=_accept, args=(server, name), daemon=True).start()
    return server


def dial(namespace: str, address: str, seconds: float = 2.0) -> tuple[socket.socket, str]:
    """A connection from that namespace, and what the server said. Raises OSError."""
    link = inside(namespace, lambda: socket.create_connection((address, PORT), seconds))
    link.settimeout(1.0)
    return link, link.recv(100).decode()


def ask(namespace: str, address: str, seconds: float = 2.0) -> str:
    """What the server there says to that namespace. Raises OSError."""
    link, said = dial(namespace, address, seconds)
    link.close()
    return said


def answer(namespace: str, address: str, seconds: float = 0.3) -> str:
    """As `ask`; empty when nobody answers."""
    try:
        return ask(namespace, address, seconds)
    except OSError:
        return ""


def _accept(server: socket.socket, name: str) -> None:
    with contextlib.suppress(OSError):
        while True:
            link, peer = server.accept()
            link.sendall(f"{name} {peer[0]}".encode())
            threading.Thread(target=_echo, args=(link,), daemon=True).start()


def _echo(link: socket.socket) -> None:
    with contextlib.suppress(OSError), link:
        while data := link.recv(100):
            link.sendall(data)


def echoes(link: socket.socket) -> bool:
    """Whether a connection still carries data both ways."""
    try:
        link.sendall(b"x")
        return link.recv(1) == b"x"
    except OSError:
        return False
