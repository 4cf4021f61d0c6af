"""Who may connect: counts open connections, in all and by address, and makes room when the house is full."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import Generic, Protocol, TypeVar

from libs.http.limits import Limits


class Guest(Protocol):
    """What the door knows of a connection."""

    @property
    def busy(self) -> bool:
        """Whether a request is being worked on."""
        ...

    def retire(self) -> None:
        """End as soon as possible."""
        ...


G = TypeVar("G", bound=Guest)


def is_loopback(address: str) -> bool:
    """Whether `address` is this machine's own (127.0.0.0/8, ::1, also mapped into IPv6); a name never is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback


def is_address(text: str) -> bool:
    """Whether `text` is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Door(Generic[G]):
    """Admits connections within `limits`."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._inside = limits, dict[G, str]()
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._inside)

    def admits(self, address: str) -> bool:
        """Whether one more from there may come in. When all places are taken the one that has been idle for longest is retired, so
        that silent connections keep nobody out for long; the newcomer is turned away until it is gone."""
        if len(self._inside) >= self._limits.connections:
            idle = next((one for one in self._inside if not one.busy), None)
            if idle is not None:
                idle.retire()
            return False
        if self._limits.loopback_exempt and is_loopback(address):
            return True
        return address not in self._by_address or self._by_address[address] < self._limits.connections_per_address

    def enter(self, guest: G, address: str) -> None:
        """Count it in."""
        self._inside[guest] = address
        self._by_address[address] += 1

    def leave(self, guest: G) -> None:
        """Count it out; nothing stays behind."""
        address = self._inside.pop(guest)
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]

    def inside(self) -> list[G]:
        """Those that are open now."""
        return list(self._inside)
