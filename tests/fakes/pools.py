"""Allocation pools as the fakes count through them."""

from __future__ import annotations

from collections.abc import Iterable

from libs.model import AddressRange
from libs.network.addresses import pool_span, text, version_of


def nth(pools: Iterable[AddressRange], index: int) -> str:
    """The address at `index` when pools are laid end to end. Raises IndexError."""
    for pool in pools:
        low, high = pool_span(pool)
        if index <= high - low:
            return text(low + index, version_of(pool.start))
        index -= high - low + 1
    raise IndexError(index)
