"""Cut connections that the kernel keeps track of, by address. Runs in the hands child only.

For a few IPv4 addresses the kernel filters (Linux 5.8; 4 ms each, however many entries there are). Otherwise all entries of the
namespace are read once: its filter for IPv6 gives the wrong ones (tried: 6.18).
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from libs.kernel.netlink import NESTED, Message, Netlink, attribute, attributes

_NETFILTER = 12
_GET, _DELETE = 0x101, 0x102  # of the conntrack subsystem, 1
_ORIGINAL, _REPLY, _ID, _ZONE, _FILTER = 1, 2, 12, 18, 25
_ADDRESSES = 1
_FEW = 16
_HEADER = struct.Struct("=BBH")


@dataclass(frozen=True, slots=True)
class _Match:
    """Entries whose tuple of this direction has this address in that attribute (1, 2: IPv4 source, destination; 3, 4: IPv6)."""

    direction: int
    kind: int
    raw: bytes

    def filter(self) -> bytes:
        flag = struct.pack("=I", 1 if self.kind == 1 else 2)
        wanted = attribute(self.direction | NESTED, attribute(_ADDRESSES | NESTED, attribute(self.kind, self.raw)))
        flags = [attribute(way, flag if way == self.direction else bytes(4)) for way in (_ORIGINAL, _REPLY)]
        return _HEADER.pack(socket.AF_INET, 0, 0) + wanted + attribute(_FILTER | NESTED, b"".join(flags))


def cut(items: Sequence[tuple[str, str]]) -> int:
    """Delete the entries with these addresses; how many there were.

    Item: (side, address); side is `orig-src`, `orig-dst`, `reply-src` or `reply-dst`: in which direction's packets it is where.
    Acts in the calling thread's namespace. Raises OSError, ValueError.
    """
    matches = {_match(side, address) for side, address in items}
    if not matches:
        return 0
    with Netlink(_NETFILTER) as netlink:
        found = {body for dump in _dumps(matches) for body in _find(netlink, dump, matches)}
        answers = netlink.batch([Message(_DELETE, body) for body in sorted(found)])
    for number in answers:
        if number not in (0, errno.ENOENT):
            raise OSError(number, f"conntrack: {os.strerror(number)}")
    return answers.count(0)


def _match(side: str, address: str) -> _Match:
    way, _, end = side.partition("-")
    if way not in ("orig", "reply") or end not in ("src", "dst"):
        raise ValueError(f"no side {side!r}")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = (1 if end == "src" else 2) + (2 if family == socket.AF_INET6 else 0)
    return _Match(_ORIGINAL if way == "orig" else _REPLY, kind, socket.inet_pton(family, address))


def _dumps(matches: Set[_Match]) -> list[bytes]:
    """The requests whose answers hold every entry that matches."""
    if len(matches) <= _FEW and all(match.kind in (1, 2) for match in matches):
        return [match.filter() for match in matches]
    return [_HEADER.pack(family, 0, 0) for family in (socket.AF_INET, socket.AF_INET6)]


def _find(netlink: Netlink, dump: bytes, matches: Set[_Match]) -> Iterator[bytes]:
    """For each entry that matches, the request to delete it."""
    for body in netlink.dump(Message(_GET, dump)):
        entry = attributes(body[_HEADER.size :])
        if not matches.isdisjoint(_ends(entry)):
            parts = [attribute(_ORIGINAL | NESTED, entry[_ORIGINAL]), attribute(_ID, entry[_ID])]
            parts += [attribute(_ZONE, entry[_ZONE])] if _ZONE in entry else []
            yield body[: _HEADER.size] + b"".join(parts)


def _ends(entry: dict[int, bytes]) -> Iterator[_Match]:
    """All that an entry matches."""
    for direction in (_ORIGINAL, _REPLY):
        for kind, raw in attributes(attributes(entry[direction])[_ADDRESSES]).items():
            yield _Match(direction, kind, raw)
