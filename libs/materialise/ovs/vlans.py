"""Local VLANs: the number that stands for a network inside one host. Pure.

The choice is remembered in OVSDB (Bridge br-int, external_ids `nl-vlan-<network>`), so that a restart changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
