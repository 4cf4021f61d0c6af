"""What must happen so that `actual` becomes `wanted`. Pure; serves flows, rows, files and links alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Plan(Generic[K, V]):
    """Keys that are missing, differ, or are there without being wanted; `remove` keeps what is there now."""

    create: Mapping[K, V] = field(default_factory=dict)
    change: Mapping[K, V] = field(default_factory=dict)
    remove: Mapping[K, V] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.create or self.change or self.remove)

    def __len__(self) -> int:
        """How many operations this plan is."""
        return len(self.create) + len(self.change) + len(self.remove)


def _same(wanted: V, actual: V) -> bool:
    return wanted == actual


def diff(
    wanted: Mapping[K, V],
    actual: Mapping[K, V],
    *,
    only: Iterable[K] | None = None,
    same: Callable[[V, V], bool] = _same,
) -> Plan[K, V]:
    """The plan from `actual` to `wanted`, for the keys in `only` (default: all). Linear in the keys looked at.

    same(wanted, actual): whether two values of one key mean the same to the kernel.
    """
    if only is None:
        only = [*wanted, *(key for key in actual if key not in wanted)]
    create: dict[K, V] = {}
    change: dict[K, V] = {}
    remove: dict[K, V] = {}
    for key in only:
        if key not in wanted:
            if key in actual:
                remove[key] = actual[key]
        elif key not in actual:
            create[key] = wanted[key]
        elif not same(wanted[key], actual[key]):
            change[key] = wanted[key]
    return Plan(create, change, remove)
