"""Many addresses of a device in one netlink batch: 1,000 in about 15 ms. Runs in the hands child only."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.kernel.inside import inside
from libs.kernel.names import checked_device, checked_namespace
from libs.kernel.netlink import Message, Netlink, attribute, attributes

_ROUTE = 0
_NEW, _DELETE, _GET = 20, 21, 22
_CREATE, _EXCLUSIVE = 0x400, 0x200
_ADDRESS, _LOCAL = 1, 2
_NODAD = 0x02  # usable at once
_HEADER = struct.Struct("=BBBBi")
_LINK_SCOPE = 253
_FINE = {_NEW: {0, errno.EEXIST}, _DELETE: {0, errno.EADDRNOTAVAIL}}


@dataclass(frozen=True, slots=True)
class Change:
    """CIDRs that came and went."""

    added: list[str]
    removed: list[str]

    def texts(self, device: str) -> list[str]:
        """A line for each."""
        removed = [f"address {cidr} {device} removed" for cidr in self.removed]
        return removed + [f"address {cidr} {device} added" for cidr in self.added]


def add(index: int, cidrs: Iterable[str]) -> list[str]:
    """Add these to the device of that index; those that were not there, in order. Raises OSError for the first that failed."""
    return _send(_NEW, _CREATE | _EXCLUSIVE, index, list(cidrs))


def remove(index: int, cidrs: Iterable[str]) -> list[str]:
    """Remove these; as `add`, for those that were there."""
    return _send(_DELETE, 0, index, list(cidrs))


def read(index: int) -> list[str]:
    """The addresses of the device of that index as CIDRs, link-local ones left out."""
    return [cidr for cidr, scope in _dump(index) if scope != _LINK_SCOPE]


def present(index: int) -> set[str]:
    """The addresses of the device of that index, without prefix lengths, link-local ones too."""
    return {cidr.partition("/")[0] for cidr, _ in _dump(index)}


def ensure(index: int, actual: Sequence[str], wanted: Sequence[str]) -> Change:
    """Make the addresses of that device, which has `actual`, these; new ones in this order, after stale ones went."""
    removed = remove(index, sorted(set(actual) - set(wanted)))
    here = set(read(index) if removed else actual)  # a subnet's first IPv4 address takes its others along
    return Change(add(index, [cidr for cidr in wanted if cidr not in here]), removed)


def change(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add and remove addresses of devices that are there.

    Item: {"namespace", "device", "add": [CIDR], "remove": [CIDR]}. Answer, one per item: {"changes": [text], "error": text or
    None, "addresses": [[device, CIDR]]}: the last are those that were added.
    """
    return [_each(item) for item in items]


def _each(item: Mapping[str, Any]) -> dict[str, Any]:
    device = item["device"]
    try:
        done = inside(checked_namespace(item["namespace"]), lambda: _change(item))
    except (OSError, ValueError) as error:
        return {"changes": [], "error": f"{item['namespace']} {device}: {error}", "addresses": []}
    return {"changes": done.texts(device), "error": None, "addresses": [[device, cidr] for cidr in done.added]}


def _change(item: Mapping[str, Any]) -> Change:
    index = socket.if_nametoindex(checked_device(item["device"]))
    actual = read(index)
    gone = set(item["remove"]) - set(item["add"])
    kept = [cidr for cidr in actual if cidr not in gone]
    return ensure(index, actual, [*kept, *(cidr for cidr in item["add"] if cidr not in actual)])


def _dump(index: int) -> Iterator[tuple[str, int]]:
    """(CIDR, scope) of each address of that device."""
    with Netlink(_ROUTE) as netlink:
        for body in netlink.dump(Message(_GET, bytes(_HEADER.size))):
            family, length, _, scope, owner = _HEADER.unpack_from(body)
            if owner == index:
                told = attributes(body[_HEADER.size :])
                yield f"{socket.inet_ntop(family, told.get(_LOCAL) or told[_ADDRESS])}/{length}", scope


def _send(kind: int, flags: int, index: int, cidrs: list[str]) -> list[str]:
    if not cidrs:
        return []
    with Netlink(_ROUTE) as netlink:
        answers = netlink.batch([Message(kind, _body(index, cidr), flags) for cidr in cidrs])
    for cidr, number in zip(cidrs, answers, strict=True):
        if number not in _FINE[kind]:
            raise OSError(number, f"address {cidr}: {os.strerror(number)}")
    return [cidr for cidr, number in zip(cidrs, answers, strict=True) if number == 0]


def _body(index: int, cidr: str) -> bytes:
    address, _, length = cidr.partition("/")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    raw = socket.inet_pton(family, address)
    flags = _NODAD if family == socket.AF_INET6 else 0
    header = _HEADER.pack(family, int(length), flags, 0, index)
    return header + attribute(_LOCAL, raw) + attribute(_ADDRESS, raw)


VERBS = {"addresses.change": change}
