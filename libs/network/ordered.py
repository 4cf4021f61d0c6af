"""Free-form JSON in bodies has one order: the log stores facts with sorted keys, and a rebuild must give the same text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def ordered(value: Any) -> Any:
    """A JSON value whose objects, at any depth, have their keys sorted; lists keep their order."""
    if isinstance(value, Mapping):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [ordered(item) for item in value]
    return value
