"""A name server as Compose's own: a service's name gives the addresses of its running replicas."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

A, NO_ERROR, ANSWER = 1, 0x8580, b"\xc0\x0c"


class NameServer:
    """Answers A queries on a UDP port of 127.0.0.1 by `addresses(name)`; other types and names have no records."""

    def __init__(self, addresses: Callable[[str], Sequence[str]]) -> None:
        self._addresses = addresses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if not query:
                return
            self._socket.sendto(self._reply(query), client)

    def _reply(self, query: bytes) -> bytes:
        """RFC 1035 4.1: the header, the question again, an answer for each address."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        (kind,) = struct.unpack_from("!H", query, at + 1)
        found = self._addresses(".".join(labels)) if kind == A else ()
        head = query[:2] + struct.pack("!HHHHH", NO_ERROR, 1, len(found), 0, 0)
        records = [ANSWER + struct.pack("!HHIH", A, 1, 1, 4) + socket.inet_aton(one) for one in found]
        return head + query[12 : at + 5] + b"".join(records)
