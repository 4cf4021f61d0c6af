"""Who carries what: which networks or routers each host serves. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable


class Loads:
    """{host: ids}; putting or dropping twice does no harm, so the same facts may come again."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._carried: dict[str, set[str]] = defaultdict(set)
        for host, id in pairs:
            self.put(host, id)

    def put(self, host: str, id: str) -> None:
        """The host carries it from now on."""
        self._carried[host].add(id)

    def drop(self, host: str, id: str) -> None:
        """The host carries it no longer."""
        carried = self._carried.get(host)
        if carried is not None:
            carried.discard(id)
            if not carried:
                del self._carried[host]

    def number(self, host: str) -> int:
        """How many the host carries."""
        return len(self._carried.get(host, ()))

    def on(self, hosts: Collection[str]) -> set[str]:
        """What these hosts carry."""
        return {id for host in hosts for id in self._carried.get(host, ())}
