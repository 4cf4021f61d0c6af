"""Readers made from type hints: JSON to our dataclasses, everything checked, since what comes in may come from anywhere. Pure."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

PLAIN = (str, int, float, bool, type(None))
"""The types that JSON has itself."""

Reader = Callable[[Any], Any]


@cache
def reader_of(hint: Any) -> Reader:
    """A function from JSON to a value of `hint`, made once per type; it raises ValueError for what does not fit.

    Raises TypeError for a hint that has no JSON form.
    """
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return lambda data: data
    if isinstance(hint, type) and is_dataclass(hint):
        return _read_dataclass(hint)
    if origin in (typing.Union, types.UnionType):
        return _read_optional(args)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return _read_items(reader_of(args[0]))
    if origin is tuple:
        return _read_fixed(tuple(reader_of(one) for one in args))
    if origin is not None and issubclass(origin, Mapping):
        return _read_mapping(reader_of(args[1]))
    if hint in PLAIN:
        return _read_plain(hint)
    raise TypeError(f"no way to read {hint}")


def _read_plain(hint: type) -> Reader:
    allowed = (int, float) if hint is float else (hint,)

    def read(data: Any) -> Any:
        if type(data) not in allowed:
            raise ValueError(f"expected {hint.__name__}, got {type(data).__name__}")
        return data

    return read


def _read_optional(args: tuple[Any, ...]) -> Reader:
    readers = [reader_of(one) for one in args if one is not type(None)]
    if len(readers) == 1:
        return lambda data: None if data is None else readers[0](data)
    allowed = tuple(one for one in args if one in PLAIN)

    def read(data: Any) -> Any:
        if type(data) not in allowed:
            raise ValueError(f"expected one of {args}")
        return data

    return read


def _read_items(item: Reader) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not list:
            raise ValueError(f"expected a list, got {type(data).__name__}")
        return tuple(item(one) for one in data)

    return read


def _read_fixed(items: tuple[Reader, ...]) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not list or len(data) != len(items):
            raise ValueError(f"expected a list of {len(items)}")
        return tuple(item(one) for item, one in zip(items, data, strict=True))

    return read


def _read_mapping(item: Reader) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not dict:
            raise ValueError(f"expected an object, got {type(data).__name__}")
        return {key: item(one) for key, one in data.items()}

    return read


def _read_dataclass(cls: type) -> Reader:
    hints = typing.get_type_hints(cls)
    wanted = [
        (one.name, reader_of(hints[one.name]), one.default is MISSING and one.default_factory is MISSING)
        for one in fields(cls)
    ]

    def read(data: Any) -> Any:
        if type(data) is not dict:
            raise ValueError(f"{cls.__name__}: expected an object")
        values = {}
        for name, reader, required in wanted:
            if name in data:
                values[name] = reader(data[name])
            elif required:
                raise ValueError(f"{cls.__name__}.{name} is missing")
        return cls(**values)

    return read
