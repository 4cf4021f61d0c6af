"""Which hosts are in which scopes while a batch is walked through, and were in any moment of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping


class Presence:
    """counts: {scope: {host: number of members there}} as of now. was_in, was_out: {scope: hosts that were in it, or out of it, at
    any moment of the batch}; hosts in no count were out all the time."""

    def __init__(self, before: Mapping[str, Mapping[str, int]]) -> None:
        self.counts: dict[str, dict[str, int]] = {scope: dict(hosts) for scope, hosts in before.items()}
        self.was_in = defaultdict(set, {scope: set(hosts) for scope, hosts in before.items()})
        self.was_out: dict[str, set[str]] = defaultdict(set)

    def add(self, scope: str, host: str) -> bool:
        """One member more; whether it is the first there."""
        counts = self.counts.setdefault(scope, {})
        number = counts.get(host, 0)
        (self.was_in if number else self.was_out)[scope].add(host)
        counts[host] = number + 1
        return number == 0

    def drop(self, scope: str, host: str) -> bool:
        """One member less; whether it was the last there."""
        counts = self.counts.setdefault(scope, {})
        number = counts.pop(host, 0)
        (self.was_in if number else self.was_out)[scope].add(host)
        if number > 1:
            counts[host] = number - 1
        return number == 1

    def present(self, scope: str) -> set[str]:
        """Hosts that are in it now."""
        return set(self.counts.get(scope, ()))

    def fresh(self, scope: str) -> set[str]:
        """Hosts that are in it now and were out at some moment."""
        return self.present(scope) & self.was_out[scope]
