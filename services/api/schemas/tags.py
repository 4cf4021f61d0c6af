"""Tags as they may be sent: strings of at most 255 characters, each once; case and blanks count.

Source: neutron.extensions.tagging (validate_tag, validate_tags).
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from libs.errors import Refusal, invalid_input
from services.api.schemas.fields import shown, to_text


def to_tags(value: Any) -> tuple[str, ...]:
    """A list of tags. How many something may have is the decision's."""
    if not isinstance(value, list):
        raise ValidationError(f"'{shown(value)}' is not a list")
    tags = tuple(to_text(one) for one in value)
    twice = [tag for tag, count in _counted(tags).items() if count > 1]
    if twice:
        raise ValidationError(f"Duplicate items in the list: '{shown(', '.join(twice))}'")
    return tags


def to_tag(text: str) -> str:
    """One tag of a path. Raises Refusal 400."""
    try:
        return to_text(text)
    except ValidationError as error:
        raise _refused(error) from None


def to_tags_body(body: Any) -> tuple[str, ...]:
    """The tags of `{"tags": [..]}`. Raises Refusal 400."""
    if not isinstance(body, dict) or "tags" not in body:
        raise invalid_input("Invalid tags body")
    try:
        return to_tags(body["tags"])
    except ValidationError as error:
        raise _refused(error) from None


def _counted(tags: tuple[str, ...]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for tag in tags:
        counts[tag] = counts.get(tag, 0) + 1
    return counts


def _refused(error: ValidationError) -> Refusal:
    return invalid_input(str(error.messages[0]))
