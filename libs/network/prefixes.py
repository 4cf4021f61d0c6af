"""Arithmetic of sets of prefixes: the fewest CIDRs of a set, what is left of it, which free one fits best. All of one IP version.

Rules: Neutron 29's ipam/subnet_alloc.py, which keeps its sets compact and takes the smallest free block that is large enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from libs.network.addresses import overlap, prefix_length, span, text

Interval = tuple[int, int]
"""First and last address."""


def size_of(prefix: str) -> int:
    """How many addresses a prefix holds."""
    first, last, _ = span(prefix)
    return last - first + 1


def merged(prefixes: Iterable[str]) -> tuple[str, ...]:
    """The fewest prefixes that hold the same addresses, in order."""
    given = tuple(prefixes)
    return _cidrs(_joined(given), given)


def without(prefixes: Iterable[str], removed: Iterable[str]) -> tuple[str, ...]:
    """What is left of a set, as the fewest prefixes, in order."""
    given = tuple(prefixes)
    return _cidrs(_gaps(_joined(given), _joined(removed)), given)


def holds(prefixes: Iterable[str], others: Iterable[str]) -> bool:
    """Whether every address of `others` is in the set."""
    return not list(_gaps(_joined(others), _joined(prefixes)))


def meet(prefixes: Iterable[str], others: Iterable[str]) -> bool:
    """Whether the two sets share addresses."""
    mine = tuple(prefixes)
    return any(overlap(one, other) for other in others for one in mine)


def best_fit(free: Iterable[str], length: int) -> str | None:
    """The first prefix of this length in the smallest free block that is large enough (the lowest of equal ones), None for none."""
    block = max((one for one in free if prefix_length(one) <= length), key=prefix_length, default=None)
    return None if block is None else f"{block.rpartition('/')[0]}/{length}"


def _joined(prefixes: Iterable[str]) -> list[Interval]:
    """Sorted intervals, those that touch made one."""
    out: list[Interval] = []
    for first, last in sorted(span(one)[:2] for one in prefixes):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return out


def _gaps(whole: list[Interval], holes: list[Interval]) -> Iterator[Interval]:
    """The parts of sorted intervals that no sorted hole covers."""
    place = 0
    for first, last in whole:
        while place < len(holes) and holes[place][1] < first:
            place += 1
        at = place
        while at < len(holes) and holes[at][0] <= last:
            if first < holes[at][0]:
                yield first, holes[at][0] - 1
            first = holes[at][1] + 1
            at += 1
        if first <= last:
            yield first, last


def _cidrs(intervals: Iterable[Interval], like: tuple[str, ...]) -> tuple[str, ...]:
    """The fewest prefixes of these intervals, in the IP version of `like`."""
    version = span(like[0])[2] if like else 4
    return tuple(
        f"{text(first, version)}/{length}" for first, length in _blocks(intervals, 32 if version == 4 else 128)
    )


def _blocks(intervals: Iterable[Interval], bits: int) -> Iterator[tuple[int, int]]:
    """(first address, prefix length) of the largest aligned blocks, one after the other."""
    for start, last in intervals:
        first = start
        while first <= last:
            size = first & -first or 1 << bits
            while size > last - first + 1:
                size >>= 1
            yield first, bits - size.bit_length() + 1
            first += size
