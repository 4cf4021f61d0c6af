"""Numbers for ids, as registers and conjunctions hold them. Pure.

The same set of ids has the same numbers, in whatever order it came: a restart changes nothing without anything being remembered.
Ids whose hashes are the same are told apart by their order.
"""

from __future__ import annotations

from zlib import crc32

_HOMES = (1 << 27) - 1
_RANKS = 8  # ids of one hash; more than that do not happen, and those beyond have no number


class Tokens:
    """Each id that was put has a number of its own above 0 and below 2^30."""

    def __init__(self) -> None:
        self._homes: dict[int, list[str]] = {}

    def put(self, id: str) -> bool:
        """Give it a number; whether others may have got another one by it."""
        ids = self._homes.setdefault(_home(id), [])
        if id in ids:
            return False
        ids.append(id)
        ids.sort()
        return len(ids) > 1

    def drop(self, id: str) -> bool:
        """Take its number away; whether others may have got another one by it."""
        home = _home(id)
        ids = self._homes.get(home, [])
        if id not in ids:
            return False
        ids.remove(id)
        if not ids:
            del self._homes[home]
        return bool(ids)

    def of(self, id: str) -> int:
        """Its number, 0 for none."""
        home = _home(id)
        ids = self._homes.get(home, [])
        rank = ids.index(id) if id in ids else _RANKS
        return home * _RANKS + rank if rank < _RANKS else 0


def _home(id: str) -> int:
    return crc32(id.encode()) % _HOMES + 1
