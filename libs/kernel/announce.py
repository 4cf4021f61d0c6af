"""Tell the neighbours where an address is now: gratuitous ARP and unsolicited neighbour advertisements. Runs in the hands child only.

Neighbours of a router keep an old MAC address for minutes otherwise. Frames go out at once and again a little later, from a thread
of this process: a port that was plugged just now is not wired yet.
"""

from __future__ import annotations

import heapq
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from libs.kernel.addresses import present
from libs.kernel.inside import inside
from libs.kernel.names import checked_device, checked_namespace

Item = Mapping[str, Any]
_ETHERNET, _IPV4, _IPV6, _ARP = 1, 0x0800, 0x86DD, 0x0806
_REQUEST, _REPLY = 1, 2
_AGAIN_SECONDS = (0.1, 0.4, 1.0, 2.0)  # a port is wired some 50 ms after it was plugged, on a busy host later
_BROADCAST = b"\xff" * 6
_ALL_NODES, _ALL_NODES_MAC = socket.inet_pton(socket.AF_INET6, "ff02::1"), bytes.fromhex("333300000001")
_ADVERTISEMENT, _ROUTER_OVERRIDE, _ICMPV6 = 136, 0xA0000000, 58


def frames(mac: bytes, address: str) -> list[bytes]:
    """The Ethernet frames that tell that `address` is at `mac`. Raises OSError when it is no address."""
    if ":" in address:
        return [_advertisement(mac, socket.inet_pton(socket.AF_INET6, address))]
    raw = socket.inet_pton(socket.AF_INET, address)
    header = _BROADCAST + mac + struct.pack("!H", _ARP)
    body = [(_REQUEST, bytes(6)), (_REPLY, mac)]  # some hosts heed only the one, some only the other
    return [header + struct.pack("!HHBBH", _ETHERNET, _IPV4, 6, 4, way) + mac + raw + to + raw for way, to in body]


def _advertisement(mac: bytes, raw: bytes) -> bytes:
    """RFC 4861 section 4.4, with the flags of a router and to override."""
    body = struct.pack("!BBHI", _ADVERTISEMENT, 0, 0, _ROUTER_OVERRIDE) + raw + b"\x02\x01" + mac
    pseudo = raw + _ALL_NODES + struct.pack("!II", len(body), _ICMPV6)
    body = body[:2] + struct.pack("!H", _checksum(pseudo + body)) + body[4:]
    header = struct.pack("!IHBB", 6 << 28, len(body), _ICMPV6, 255)
    return _ALL_NODES_MAC + mac + struct.pack("!H", _IPV6) + header + raw + _ALL_NODES + body


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send(namespace: str, device: str, addresses: Sequence[str]) -> None:
    """Announce these addresses of a device now. Raises OSError.

    Those that are not on it are left out: what is told late must not draw traffic that has moved on.
    """

    def work() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
            link.bind((device, 0))
            mac = link.getsockname()[4]
            here = present(socket.if_nametoindex(device))
            for frame in [frame for address in addresses if address in here for frame in frames(mac, address)]:
                link.send(frame)

    inside(namespace, work)


class Announcer:
    """Announces now, and again after each of `again_seconds`, from a thread of its own."""

    def __init__(self, again_seconds: Sequence[float]) -> None:
        self._again_seconds = tuple(again_seconds)
        self._due: list[tuple[float, int, Item]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._work, daemon=True).start()

    def announce(self, items: Sequence[Item]) -> list[dict[str, Any]]:
        """Item: {"namespace", "device", "addresses": [address]}: they are at that device's MAC address.

        Answer, one per item: {"changes": [], "error": text or None}; that nobody's state changed here is no change.
        """
        answers = [self._now(item) for item in items]
        now = time.monotonic()
        with self._changed:
            for item, later in itertools.product(items, self._again_seconds):
                heapq.heappush(self._due, (now + later, next(self._numbers), item))
            self._changed.notify()
        return answers

    def _now(self, item: Item) -> dict[str, Any]:
        try:
            send(checked_namespace(item["namespace"]), checked_device(item["device"]), item["addresses"])
        except (OSError, ValueError) as error:
            return {"changes": [], "error": f"{item['namespace']} {item['device']}: {error}"}
        return {"changes": [], "error": None}

    def _work(self) -> None:
        while True:
            self._now(self._next())

    def _next(self) -> Item:
        """The next item, when it is due."""
        with self._changed:
            while True:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)


def make_verbs(emit: Callable[[dict[str, Any]], None]) -> dict[str, Callable[..., Any]]:
    """The verb; nothing is told unasked."""
    return {"arp.announce": Announcer(_AGAIN_SECONDS).announce}
