"""JSON text to values within limits: what a parser in front or behind would read otherwise is refused. Pure."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import Any

from libs.errors import Refusal, bad_request
from libs.http.limits import Limits

_INVALID = "Body contains invalid data"


def parse_json(data: bytes, limits: Limits, bulk: bool = False) -> Any:
    """The value of `data`. Raises Refusal 400: not UTF-8, not JSON, NaN, a key twice, numbers too long, too deep, too many keys
    (json_keys, for `bulk` bulk_keys), half a surrogate or NUL in a string."""
    keys = limits.bulk_keys if bulk else limits.json_keys
    try:
        text = data.decode("utf-8")
        if text.count("{") > keys:  # no sound text holds so many; to parse them first would cost a second
            raise _Refused(_too_many(keys))
        value = (_decoder(limits.integer_digits) if _UNUSUAL.search(text) else _PLAIN).decode(text)
    except RecursionError:
        raise _too_deep(limits) from None
    except ValueError as error:
        if isinstance(error, _Refused):
            raise bad_request(str(error)) from None
        raise bad_request(_INVALID) from None
    _check(text, value, limits, keys)
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


_UNUSUAL = re.compile(r"\d{19}|[eE]\+?\d{3}")
"""What a number that is too large cannot do without; to ask for each number would cost as much as all the rest."""

_PLAIN = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


@lru_cache(maxsize=4)
def _decoder(digits: int) -> json.JSONDecoder:
    """A decoder that refuses integers of more digits, and floats beyond what a double holds."""

    def _integer(text: str) -> int:
        if len(text.lstrip("-")) > digits:
            raise _Refused("Body contains a number that is too large")
        return int(text)

    return json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer)


def _check(text: str, value: Any, limits: Limits, keys: int) -> None:
    """Walk the value only when its text could break a limit: nearly every body is spared it."""
    deep = text.count("{") + text.count("[") > limits.json_depth
    if deep or text.count(":") > keys or "\\u" in text:
        _walk(value, limits, keys)


def _walk(value: Any, limits: Limits, most: int) -> None:
    """Level by level, without recursion. Raises Refusal 400."""
    level, depth, keys = [value], 0, 0
    while level:
        containers = [one for one in level if isinstance(one, dict | list)]
        depth += 1
        if containers and depth > limits.json_depth:
            raise _too_deep(limits)
        keys += sum(len(one) for one in containers if isinstance(one, dict))
        if keys > most:
            raise bad_request(_too_many(most))
        texts = [one for one in level if isinstance(one, str)]
        _check_texts([*texts, *(key for one in containers if isinstance(one, dict) for key in one)])
        level = [item for one in containers for item in (one.values() if isinstance(one, dict) else one)]


def _check_texts(texts: list[str]) -> None:
    """UTF-8 and PostgreSQL know neither half a surrogate pair nor NUL."""
    for text in texts:
        if "\0" in text or (not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)):
            raise bad_request(_INVALID)


def _too_many(keys: int) -> str:
    return f"Body contains more than {keys} attributes"


def _too_deep(limits: Limits) -> Refusal:
    return bad_request(f"Body is nested deeper than {limits.json_depth} levels")
