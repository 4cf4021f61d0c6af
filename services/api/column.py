"""One attribute of a kind in SQL, and how the usual sorts of it are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from services.api.schemas.fields import to_address, to_bool, to_int, to_text


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute in SQL; of an array any element is meant. `order` is what it is sorted by, never null, empty when it is no sort
    key. `plain`: `sql` is a column that holds the body's very value, so that a projection need not read the body. parse: a filter's
    text to a bound value."""

    sql: str
    type: str = "text"
    parse: Callable[[Any], Any] = to_text
    order: str = ""
    plain: bool = False


def forgiving(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`convert`, or the text itself where it does not fit: it then matches nothing, as in Neutron."""

    def parse(value: Any) -> Any:
        try:
            return convert(value)
        except ValidationError:
            return to_text(value)

    return parse


def text(name: str, sort: bool = True, nullable: bool = False) -> Column:
    """A text; sort: it is a sort key, `nullable`: none is sorted as an empty one."""
    order = "" if not sort else f"coalesce({name}, '')" if nullable else name
    return Column(name, order=order, plain=True)


def flag(name: str, sort: bool = True) -> Column:
    """A boolean."""
    return Column(name, "boolean", to_bool, name if sort else "", True)


def number(name: str, sort: bool = True) -> Column:
    """A whole number."""
    return Column(name, "integer", to_int, name if sort else "", True)


def number_or_none(name: str) -> Column:
    """A whole number; none is sorted before all."""
    return Column(name, "integer", to_int, f"coalesce({name}, -1)", True)


def address(name: str, plain: bool = False) -> Column:
    """An address; empty for none when it is not `plain`."""
    return Column(name, parse=forgiving(to_address), order=name, plain=plain)


def inside(name: str, sort: bool = False) -> Column:
    """An attribute that only the body holds."""
    sql = f"((body::json)->>'{name}')"
    return Column(sql, order=f"coalesce({sql}, '')" if sort else "")


def inside_flag(name: str) -> Column:
    """A boolean that only the body holds."""
    return Column(f"((body::json)->>'{name}')::boolean", "boolean", to_bool)
