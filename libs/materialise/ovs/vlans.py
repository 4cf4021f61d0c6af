"""Local VLANs: the number that stands for a network inside one host. Pure.

The choice is remembered in OVSDB (Bridge br-int, external_ids `nl-vlan-<network>`), so that a restart changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from zlib import crc32

DEAD_VLAN = 4095
_COUNT = 4094
MARK = "nl-vlan-"


def remembered(external_ids: Mapping[str, str]) -> dict[str, int]:
    """{network_id: local VLAN} from the marks on br-int; damaged and doubled marks are left out."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    for key in sorted(external_ids):
        value = external_ids[key]
        if key.startswith(MARK) and value.isdecimal() and 0 < int(value) <= _COUNT and int(value) not in taken:
            found[key.removeprefix(MARK)] = int(value)
            taken.add(int(value))
    return found


def choose(network_id: str, taken: Iterable[int]) -> int | None:
    """A free local VLAN, None when all 4,094 are taken. Starts at a hash of the id, so that a host that lost its marks chooses the
    same number again, whatever the order in which its networks come."""
    used = set(taken)
    start = crc32(network_id.encode())
    return next((n for n in ((start + step) % _COUNT + 1 for step in range(_COUNT)) if n not in used), None)


class LocalVlans:
    """The local VLANs of one host. `of`: {network_id: local VLAN}."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def remember(self, external_ids: Mapping[str, str]) -> set[str]:
        """Believe the marks of an earlier life, never over what is in use now; returns every network that has or had one."""
        marks, taken = remembered(external_ids), set(self.of.values())
        self.of.update({id: vlan for id, vlan in marks.items() if id not in self.of and vlan not in taken})
        return marks.keys() | self.of.keys()

    def assign(self, networks: Iterable[str], local: Callable[[str], bool]) -> set[str]:
        """Free those of these networks that are not local, choose for those that are; returns the networks that changed."""
        needed = {id: local(id) for id in sorted(networks)}
        changed = {id for id, need in needed.items() if not need and self.of.pop(id, None) is not None}
        taken = set(self.of.values())
        for id in (id for id, need in needed.items() if need and id not in self.of):
            vlan = choose(id, taken)
            if vlan is not None:
                self.of[id] = vlan
                taken.add(vlan)
                changed.add(id)
        return changed

    def marks(self, networks: Iterable[str], now: Mapping[str, str]) -> list[tuple[str, str | None]]:
        """(key, value) for the marks of these networks that differ from `now`; None: take it out."""
        wanted = {MARK + id: str(self.of[id]) if id in self.of else None for id in sorted(networks)}
        return [(key, value) for key, value in wanted.items() if now.get(key) != value]
