"""Values as they may be sent: one function each, from JSON to what commands hold, and the marshmallow field that applies it.

A value that does not fit raises ValidationError with the text that Neutron gives as the reason. Conversions that Neutron makes before
it validates (booleans, integers, CIDRs) refuse in its other form, InvalidInput. Source: neutron_lib.api.validators and converters.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, fields, missing

from libs.errors import invalid_input
from libs.model import canonical_cidr, canonical_ip, canonical_mac, is_printable

_TRUE = frozenset(("1", "t", "true", "on", "y", "yes"))
_FALSE = frozenset(("0", "f", "false", "off", "n", "no"))
_HEX = re.compile(r"[0-9a-fA-F]{12}")
_DIGITS, _MOST = 20, 2**31 - 1


class Value(fields.Field[Any]):
    """A field whose value is what `convert` makes of the one that was sent, null included. post, put: where it may be sent."""

    def __init__(
        self,
        convert: Callable[[Any], Any],
        data_key: str | None = None,
        required: bool = False,
        post: bool = True,
        put: bool = True,
    ):
        super().__init__(data_key=data_key, required=required, metadata={"post": post, "put": put})
        self.convert = convert

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **_: Any) -> Any:
        """The converted value. Raises ValidationError or Refusal 400."""
        return value if value is missing else self.convert(value)


class ReadOnly(fields.Field[Any]):
    """An attribute that nobody can send."""

    def __init__(self, data_key: str | None = None) -> None:
        super().__init__(data_key=data_key, dump_only=True)


def shown(value: object) -> str:
    """A bad value as an error may repeat it: never more than 500 characters of it."""
    text = str(value)
    return text if len(text) <= 500 else f"{text[:500]}..."


def text(limit: int = 255, is_clean: Callable[[str], bool] = is_printable) -> Callable[[Any], str]:
    """Strings of at most `limit` characters without controls."""

    def convert(value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"'{shown(value)}' is not a valid string")
        if len(value) > limit:
            raise ValidationError(f"'{shown(value)}' exceeds maximum length of {limit}")
        if not value.isprintable() and not is_clean(value):
            raise ValidationError(f"'{shown(value)}' is not a valid string")
        return value

    return convert


to_text = text()
"""A string of at most 255 characters without controls."""


def as_it_is(value: Any) -> Any:
    """Whatever was sent."""
    return value


def _is_name(value: str) -> bool:
    kinds = {unicodedata.category(char) for char in value}
    return not any(kind[0] == "C" or kind in ("Zl", "Zp") for kind in kinds)


_to_name_text = text(255, _is_name)


def to_name(value: Any) -> str:
    """A name: printable, without blanks at its ends (Neutron's name_string)."""
    name = _to_name_text(value)
    if name != name.strip():
        raise ValidationError(f"'{shown(value)}' is not a valid string")
    return name


def to_bool(value: Any) -> bool:
    """True, "true", "yes", 1, ... as oslo accepts them. Raises Refusal 400."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise invalid_input(f"'{shown(value)}' cannot be converted to boolean")


def to_int(value: Any) -> int:
    """A whole number, also as a string. Raises Refusal 400."""
    try:
        if (isinstance(value, str) and len(value) > _DIGITS) or (isinstance(value, float) and value != int(value)):
            raise ValueError
        number = int(value)
    except (ValueError, TypeError, OverflowError):
        raise invalid_input(f"'{shown(value)}' is not an integer") from None
    if abs(number) > _MOST:
        raise ValidationError(f"'{number}' is too large - must be no larger than '{_MOST}'")
    return number


def to_natural(value: Any) -> int:
    """A whole number from 0."""
    number = to_int(value)
    if number < 0:
        raise ValidationError(f"'{number}' should be non-negative")
    return number


def to_ip_version(value: Any) -> int:
    """4 or 6."""
    return int(one_of(4, 6)(to_int(value)))


def one_of(*values: Any) -> Callable[[Any], Any]:
    """One of these values."""

    def convert(value: Any) -> Any:
        if not isinstance(value, str | int | None) or value not in values:
            raise ValidationError(f"{shown(value)} is not in valid_values")
        return value

    return convert


def to_uuid(value: Any) -> str:
    """The canonical text of a UUID in any of its spellings."""
    try:
        if not isinstance(value, str) or len(value) > 45:
            raise ValueError
        return str(uuid.UUID(value))
    except ValueError:
        raise ValidationError(f"'{shown(value)}' is not a valid UUID") from None


def to_uuid_or_none(value: Any) -> str | None:
    """A UUID; null is none."""
    return None if value is None else to_uuid(value)


def to_address(value: Any) -> str:
    """The canonical text of an IP address."""
    try:
        return canonical_ip(value if isinstance(value, str) and len(value) <= 64 else "")
    except ValueError:
        raise ValidationError(f"'{shown(value)}' is not a valid IP address") from None


def to_address_or_none(value: Any) -> str | None:
    """An IP address; null is none."""
    return None if value is None else to_address(value)


def to_cidr_or_none(value: Any) -> str | None:
    """A subnet's range, host bits cleared; null leaves it to a subnet pool. Raises Refusal 400."""
    if value is None:
        return None
    try:
        return canonical_cidr(value if isinstance(value, str) and len(value) <= 64 else "")
    except ValueError:
        raise invalid_input(f"{shown(value)} is not in a CIDR format") from None


def to_mac(value: Any) -> str:
    """A unicast MAC address in any of the usual spellings as six lower-case pairs with colons."""
    try:
        given = value if isinstance(value, str) and len(value) <= 32 else ""
        bare = re.sub(r"[:.\-]", "", given)
        if _HEX.fullmatch(bare):
            given = ":".join(bare[at : at + 2] for at in range(0, 12, 2))
        return canonical_mac(given)
    except ValueError:
        raise ValidationError(f"'{shown(value)}' is not a valid MAC address") from None


def to_mac_or_none(value: Any) -> str | None:
    """A MAC address; null is for a fresh one."""
    return None if value is None else to_mac(value)
