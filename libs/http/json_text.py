"""JSON text to values within limits: what a parser in front or behind would read otherwise is refused. Pure."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Any

from libs.errors import Refusal, bad_request
from libs.http.limits import Limits

_INVALID = "Body contains invalid data"


def parse_json(data: bytes, limits: Limits) -> Any:
    """The value of `data`. Raises Refusal 400: not UTF-8, not JSON, NaN, a key twice, numbers too long, too deep, too many keys,
    half a surrogate or NUL in a string."""
    try:
        text = data.decode("utf-8")
        value = _decoder(limits.integer_digits).decode(text)
    except RecursionError:
        raise _too_deep(limits) from None
    except ValueError as error:
        if isinstance(error, _Refused):
            raise bad_request(str(error)) from None
        raise bad_request(_INVALID) from None
    _check(text, value, limits)
    return value


class _Refused(ValueError):
    """A ValueError with a text for the client."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise _Refused("Body contains an attribute twice")
    return out


def _constant(name: str) -> None:
    raise _Refused(f"Body contains invalid data: {name}")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Refused("Body contains a number that is too large")
    return number


@lru_cache(maxsize=4)
def _decoder(digits: int) -> json.JSONDecoder:
    """A decoder that refuses integers of more digits."""

    def _integer(text: str) -> int:
        if len(text.lstrip("-")) > digits:
            raise _Refused("Body contains a number that is too large")
        return int(text)

    return json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer)


def _check(text: str, value: Any, limits: Limits) -> None:
    """Walk the value only when its text could break a limit: nearly every body is spared it."""
    deep = text.count("{") + text.count("[") > limits.json_depth
    if deep or text.count(":") > limits.json_keys or "\\u" in text:
        _walk(value, limits)


def _walk(value: Any, limits: Limits) -> None:
    level: list[Any] = [value]
    depth = keys = 0
    while level:
        depth += 1
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                keys += len(one)
                below += one.values()
                for key in one:
                    _check_text(key)
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str):
                _check_text(one)
        if depth > limits.json_depth and below:
            raise _too_deep(limits)
        if keys > limits.json_keys:
            raise bad_request(f"Body contains more than {limits.json_keys} attributes")
        level = below


def _check_text(text: str) -> None:
    """UTF-8 and PostgreSQL know neither half a surrogate pair nor NUL."""
    if "\0" in text or not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise bad_request(_INVALID)


def _too_deep(limits: Limits) -> Refusal:
    return bad_request(f"Body is nested deeper than {limits.json_depth} levels")
