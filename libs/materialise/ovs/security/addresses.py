"""Which sets (a security group's ports, an address group) an address or CIDR belongs to, and by what facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network

Entry = tuple[str, str]  # set id, address


class Addresses:
    """Several sources may put the same address into the same set; it is in as long as one of them does."""

    def __init__(self) -> None:
        self._of_source: dict[str, Mapping[Entry, int]] = {}
        self._sets: dict[str, dict[str, dict[str, int]]] = {}  # {address: {set: {source: position}}}
        self._members: dict[str, set[str]] = {}

    def put(self, source: str, entries: Mapping[Entry, int]) -> set[str]:
        """All that a source (a port, an address group) puts in from now on: {(set, address): position}. Addresses that changed."""
        before = self._of_source.pop(source, {})
        if entries:
            self._of_source[source] = entries
        changed = {entry for entry in before.keys() | entries.keys() if before.get(entry) != entries.get(entry)}
        for entry in changed:
            self._settle(source, entry, entries.get(entry))
        return {address for _, address in changed}

    def sets_of(self, address: str) -> dict[str, int]:
        """{set: position of the latest fact that put the address in}."""
        return {id: max(sources.values()) for id, sources in self._sets.get(address, {}).items()}

    def of(self, set_id: str) -> set[str]:
        """The addresses of a set."""
        return self._members.get(set_id, set())

    def _settle(self, source: str, entry: Entry, position: int | None) -> None:
        set_id, address = entry
        sources = self._sets.setdefault(address, {}).setdefault(set_id, {})
        if position is not None:
            sources[source] = position
            self._members.setdefault(set_id, set()).add(address)
            return
        sources.pop(source, None)
        if not sources:
            del self._sets[address][set_id]
            self._members[set_id].discard(address)
        if not self._sets[address]:
            del self._sets[address]
        if not self._members[set_id]:
            del self._members[set_id]


def canonical(address: str) -> str:
    """`10.0.0.5/32`, `2001:db8::/64`: host bits cleared. Raises ValueError."""
    return str(ip_network(address, strict=False))
