"""Values to JSON and back, by their type hints; the one canonical text of a value. Pure."""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from libs.codec.hints import PLAIN, reader_of

T = TypeVar("T")
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


@cache
def names_of(cls: Any) -> tuple[str, ...]:
    """The field names of a dataclass."""
    return tuple(one.name for one in fields(cls))


def to_json(value: Any) -> Any:
    """`value` (dataclasses, tuples, mappings, plain values, nested) as what `json.dumps` takes. Raises TypeError on anything else."""
    kind: Any = type(value)
    if kind in PLAIN:
        return value
    if is_dataclass(value):
        return {name: to_json(getattr(value, name)) for name in names_of(kind)}
    if isinstance(value, tuple | list):
        return [to_json(one) for one in value]
    if isinstance(value, Mapping):
        return {key: to_json(one) for key, one in value.items()}
    if isinstance(value, PLAIN):
        return value
    raise TypeError(f"{kind.__name__} has no JSON form")


def from_json(cls: type[T], data: Any) -> T:
    """A `cls` from what `to_json` gave. Unknown fields are ignored, absent ones take their default.

    Raises ValueError when a value does not fit its type hint or a field without default is missing.
    """
    hint: Any = cls
    return typing.cast(T, reader_of(hint)(data))


def canonical(value: Any) -> str:
    """The one JSON text of `value`: sorted keys, no spaces, ASCII. Raises ValueError for a number that JSON has not (NaN)."""
    return _CANONICAL.encode(to_json(value))


def canonical_json(data: Any) -> str:
    """The same of what `to_json` gave."""
    return _CANONICAL.encode(data)
